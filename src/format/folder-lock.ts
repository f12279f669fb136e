/**
 * One run at a time writes to a model's folder: a lock file there names its process by number and start time.
 *
 * The file appears with all its content (as a hard link to a file written before), so it is never read half-written.
 * One whose process is dead is replaced by exactly one of those who want it. Removing it first would not do: of two
 * that saw the dead one, the slower could remove what the faster has just put there. So whoever replaces a record R
 * first takes the lock of R's succession, a file named after R's content, and looks again: only its holder may put
 * another record in R's place. A process that dies while it holds that lock leaves a lock like any other, with a
 * succession of its own.
 */
import { createHash, randomBytes } from "node:crypto";
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { UserError, option, sentence } from "../errors.js";
import { processStatus } from "./process-identity.js";
import { fileError, systemErrorCode } from "./system-error.js";

/** Locks of this process, by their path. */
const held = new Set<string>();
/** Longest record that is ours. */
const MAX_BYTES = 4096;
/** Replacing a record takes another process less than a millisecond; after this many it is taken for a run. */
const PATIENCE = 2000;
const PAUSE = 2;

/**
 * Takes the lock, also from a process that was killed with it.
 * @param path of the file; its folder is there
 * @param folder as messages name it
 * @returns what gives it back
 * @throws UserError where another run holds it, or the file was not written by recurra
 */
export function lockFolder(path: string, folder: string): () => void {
  const record = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    start: processStatus(process.pid).start,
    token: randomBytes(8).toString("hex"),
  });
  const holder = held.has(path) ? ownHolder() : take(path, record, Date.now() + PATIENCE);
  if (holder) throw anotherRun(holder, path, folder);
  held.add(path);
  return () => {
    if (held.delete(path) && readRecord(path) === record) rmSync(path, { force: true });
  };
}

/** Checks whether `lockFolder` would succeed, without locking. @throws UserError as `lockFolder` */
export function checkUnlocked(path: string, folder: string): void {
  const found = readRecord(path);
  const holder = found === undefined || found === "" ? undefined : parseHolder(found, path);
  if (holder && (held.has(path) || isAlive(holder))) throw anotherRun(holder, path, folder);
}

function anotherRun({ pid, host }: Holder, path: string, folder: string): UserError {
  return new UserError({
    option: "out",
    problem: `Another run (process ${pid} on ${host}) is training in ${folder}`,
    advice: sentence`wait for it, or name another folder with ${option("out")}. If there is none, delete ${path}`,
  });
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly start?: string | undefined;
}

const ownHolder = (): Holder => ({ pid: process.pid, host: hostname() });

/** Puts the record at `path`. @returns undefined, or the record of the process that holds the lock */
function take(path: string, record: string, until: number): Holder | undefined {
  for (;;) {
    if (create(path, record)) return undefined;
    const found = readRecord(path);
    if (found === undefined) continue;
    if (found === "" && Date.now() < until) {
      pause(); // Where there are no hard links, its content comes a moment later.
      continue;
    }
    const holder = parseHolder(found, path);
    if (holder && isAlive(holder)) return holder;
    const succession = `${path}-after-${createHash("sha256").update(found).digest("hex").slice(0, 16)}`;
    const busy = take(succession, record, until);
    if (!busy) {
      try {
        if (readRecord(path) === found) {
          replace(path, record);
          return undefined;
        }
      } finally {
        rmSync(succession, { force: true });
      }
    } else if (Date.now() > until) {
      return busy;
    } else {
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}

/** Makes the file with its content at once. @returns false where there is one already */
function create(path: string, record: string): boolean {
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, record, { flag: "wx" });
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (systemErrorCode(error) === "EEXIST") throw error;
      // A file system without hard links, such as FAT: the name is still taken by one only, its content comes after.
      writeFileSync(path, record, { flag: "wx" });
    }
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw fileError(error, "write", path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function replace(path: string, record: string): void {
  const temporary = temporaryName(path);
  try {
    writeFileSync(temporary, record, { flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileError(error, "write", path);
  }
}

const temporaryName = (path: string): string =>
  `${path}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;

/** The content of the file; undefined where there is no file. @throws UserError where it cannot be a record */
function readRecord(path: string): string | undefined {
  try {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (!status) return undefined;
    if (!status.isFile() || status.size > MAX_BYTES) throw foreign(path);
    return readFileSync(path, "utf8");
  } catch (error) {
    // ENOTDIR: what is to be the folder is a file, which others tell.
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw fileError(error, "read", path);
  }
}

/** Undefined where an earlier version was killed while it wrote the record. @throws UserError where it is none */
function parseHolder(record: string, path: string): Holder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    if (record.startsWith('{"pid":')) return undefined;
    throw foreign(path);
  }
  const { pid, host, start } = (value ?? {}) as Partial<Record<keyof Holder, unknown>>;
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0 || typeof host !== "string") throw foreign(path);
  return { pid: pid as number, host, start: typeof start === "string" ? start : undefined };
}

function foreign(path: string): UserError {
  return new UserError({
    option: "out",
    problem: `${path} is in the way: it is not a lock that recurra wrote`,
    advice: sentence`remove it if nothing needs it, or name another folder with ${option("out")}`,
  });
}

/** A process of another machine cannot be looked up, and counts as alive. */
function isAlive({ pid, host, start }: Holder): boolean {
  if (host !== hostname()) return true;
  const now = processStatus(pid);
  if (!now.alive) return false;
  if (start !== undefined && now.start !== undefined) return start === now.start;
  // Its start is not known. If it has this process's number, it is an earlier one: this one's locks are known.
  return pid !== process.pid;
}
