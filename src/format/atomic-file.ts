/**
 * Files that are whole or not there: written to a temporary name in the same folder, synced, renamed over the old one,
 * and the folder synced. A reader of the path sees the old content or the new, whenever the process dies.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../errors.js";
import { syncFolder } from "./file-sync.js";
import { fileError, systemErrorCode } from "./system-error.js";

/** A file's content: at once, or in chunks of bytes of which only one is held at a time. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

/** Largest number of bytes given to one system call. */
const SLICE = 1 << 26;

/**
 * Writes a file so that it is whole or unchanged.
 * @throws UserError when the disk is full, read-only, not permitted …: the file is then as it was, or still absent
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent | AsyncIterable<Uint8Array>,
): Promise<void> {
  const attempt = new Attempt(path);
  try {
    const file = await open(attempt.temporary, "wx");
    try {
      for await (const chunk of Symbol.asyncIterator in Object(content)
        ? (content as AsyncIterable<Uint8Array>)
        : chunks(content as FileContent)) {
        for (let at = 0; at < chunk.length;) {
          at += (await file.write(chunk, at, Math.min(SLICE, chunk.length - at))).bytesWritten;
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    attempt.commit();
  } catch (error) {
    throw attempt.abandon(error);
  }
}

/** As `writeFileAtomic`, without giving way to anything else meanwhile. */
export function writeFileAtomicSync(path: string, content: FileContent): void {
  const attempt = new Attempt(path);
  try {
    const descriptor = openSync(attempt.temporary, "wx");
    try {
      for (const chunk of chunks(content)) writeAllSync(descriptor, chunk);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    attempt.commit();
  } catch (error) {
    throw attempt.abandon(error);
  }
}

/** Writes all of `bytes`, however few a system call takes. @param position in the file; default: where it stands */
export function writeAllSync(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let at = 0; at < bytes.length;) {
    const place = position === undefined ? null : position + at;
    at += writeSync(descriptor, bytes, at, Math.min(SLICE, bytes.length - at), place);
  }
}

function* chunks(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === "string") yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** One attempt to replace a file: its temporary name, and what is to be done at each end. */
class Attempt {
  readonly temporary: string;
  readonly #path: string;
  readonly #target: string;
  readonly #existed: boolean;
  #renamed = false;

  constructor(path: string) {
    this.#path = path;
    this.#target = resolve(path);
    this.#existed = isReplaceable(path);
    const folder = dirname(this.#target);
    const name = basename(this.#target);
    removeLeftovers(folder, name);
    this.temporary = join(folder, `.${name}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  }

  /** The new content is on the disk: puts it in the old one's place. */
  commit(): void {
    renameSync(this.temporary, this.#target);
    this.#renamed = true;
    syncFolder(dirname(this.#target));
  }

  /** Removes the temporary file. @returns the error to throw */
  abandon(error: unknown): unknown {
    try {
      rmSync(this.temporary, { force: true });
    } catch {
      // The fault that stopped the write may stop this too; a later write removes the file.
    }
    let note: string | undefined;
    if (this.#renamed) note = "it has its new content, which a power cut could still undo";
    else if (this.#existed) note = "its earlier content is unchanged";
    return fileError(error, "write", this.#path, note);
  }
}

/** Whether there is an ordinary file. @throws UserError when something else is in the way */
function isReplaceable(path: string): boolean {
  let existing;
  try {
    existing = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw fileError(error, "write", path);
  }
  if (existing === undefined) return false;
  if (existing.isDirectory()) {
    throw new UserError(`Cannot write ${path}: it is a folder; give the path of a file.`);
  }
  // A rename would put an ordinary file in the place of a device such as /dev/null.
  if (!existing.isFile()) {
    throw new UserError(`Cannot write ${path}: it is a device or pipe; give the path of a file.`);
  }
  return true;
}

/** Removes the temporary files of this name that a killed process left, so that they do not fill the disk. */
export function removeLeftovers(folder: string, name: string): void {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return; // The write itself will say what is wrong with the folder.
  }
  for (const file of files) {
    if (!file.startsWith(`.${name}.`)) continue;
    const [, pid] = /^(\d+)-[0-9a-f]{8}\.tmp$/.exec(file.slice(name.length + 2)) ?? [];
    if (pid === undefined || isBeingWritten(Number(pid), join(folder, file))) continue;
    rmSync(join(folder, file), { force: true });
  }
}

/** Whether the process that made a temporary file still lives. */
function isBeingWritten(pid: number, temporary: string): boolean {
  if (pid === process.pid) {
    // Ours, perhaps another thread's; or that of a dead process whose number we were given.
    const started = Date.now() - 1000 * process.uptime();
    return (statSync(temporary, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= started;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== "ESRCH";
  }
}
