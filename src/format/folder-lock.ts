/** One run at a time writes to a model's folder: a file there names the process that does. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { UserError } from "../errors.js";
import { fileError, systemErrorCode } from "./system-error.js";

/** Locks of this process. */
const held = new Set<string>();

/**
 * Takes the lock, also from a process that was killed with it.
 * @param path of the file; its folder is there
 * @param folder as messages name it
 * @returns what gives it back
 * @throws UserError where another run holds it
 */
export function lockFolder(path: string, folder: string): () => void {
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: "wx" });
      break;
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw fileError(error, "write", path);
    }
    const holder = readHolder(path);
    if (held.has(path) || (holder && isAlive(holder))) {
      throw new UserError(
        `Another run${holder ? ` (process ${holder.pid} on ${holder.host})` : ""} is training in ${folder}; wait for it, or name another folder with --out. If there is none, delete ${path}.`,
      );
    }
    rmSync(path, { force: true });
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Undefined where the file is gone, or was torn when its process was killed. */
function readHolder(path: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    return typeof pid === "number" && typeof host === "string" ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

/** Of another machine's process nothing is known: it may be. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
