/** Turns what the operating system says about a file into one sentence that a person can act on. */
import { UserError } from "../errors.js";

const REASONS: Record<string, string> = {
  ENOSPC: "the disk is full; free some space, or write to another disk",
  EDQUOT: "your share of the disk is used up; free some space, or write to another disk",
  EACCES: "you have no right to; change the file's rights, or choose another place",
  EPERM: "the system does not permit it; change the file's rights, or choose another place",
  EROFS: "the disk can only be read; choose another place",
  EISDIR: "it is a folder; give the path of a file",
  EEXIST: "there is something else of that name; choose another place",
  ENOTDIR: "a part of its path is a file, not a folder; choose another place",
  ENOENT: "there is no such file or folder; check the path",
  ENAMETOOLONG: "its name is too long; choose a shorter one",
  EFBIG: "it would be larger than the disk or a limit allows; choose another place, or raise the limit",
  EIO: "the disk, or what stands behind the file, reports an error; check the disk, or leave the file out",
  EINVAL: "a file of this kind cannot be used like that; leave it out, or choose another",
  EMFILE: "too many files are open; close some, or raise the limit (ulimit -n)",
  ENFILE: "too many files are open on this machine; close some",
  ELOOP: "its links lead in a circle; choose another place",
  ENXIO: "it is a socket or a device; give the path of a file",
  // What Node says of a path that it does not give to the system.
  ERR_INVALID_ARG_VALUE: "its name has the character U+0000 in it; check the path",
  EBUSY: "another program is using it; close that program",
};

/** The code of a system error such as "ENOSPC"; undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof Error && typeof code === "string" ? code : undefined;
}

/**
 * The error to throw for what happened while `doing` ("read", "write") something with `path`: a `UserError` where the
 * system gave a reason that a person can remove, otherwise `error` unchanged.
 * @param note what else to know, put in brackets: "its earlier content is unchanged"
 */
export function fileError(error: unknown, doing: string, path: string, note?: string): unknown {
  const reason = REASONS[systemErrorCode(error) ?? ""];
  if (reason === undefined) return error;
  const aside = note === undefined ? "" : ` (${note})`;
  return new UserError(`Cannot ${doing} ${path}${aside}: ${reason}.`, { cause: error });
}
