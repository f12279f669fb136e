/** Makes a folder and those above it. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileError, systemErrorCode } from "./system-error.js";

/**
 * Step by step, as Node's own recursive mkdir never returns where the system refuses new folders with "no such file"
 * (as in /proc).
 * @throws UserError when it cannot be made
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(path);
    const parentMissing =
      code === "ENOENT" && parent !== path && !statSync(parent, { throwIfNoEntry: false });
    if (!parentMissing) throw fileError(error, "make the folder", path);
    makeFolder(parent);
    makeFolder(path);
  }
}
