/** Makes a folder and those above it, and removes it when it is empty. */
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileError, systemErrorCode } from "./system-error.js";

/**
 * Step by step, as Node's own recursive mkdir never returns where the system refuses new folders with "no such file"
 * (as in /proc).
 * @returns the folders that were not there before, the outermost first
 * @throws UserError when it cannot be made
 */
export function makeFolder(path: string): string[] {
  try {
    mkdirSync(path);
    return [path];
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "EEXIST" && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
    const parent = dirname(path);
    const parentMissing =
      code === "ENOENT" && parent !== path && !statSync(parent, { throwIfNoEntry: false });
    if (!parentMissing) throw fileError(error, "make the folder", path);
    const made = makeFolder(parent);
    try {
      return [...made, ...makeFolder(path)];
    } catch (failure) {
      made.toReversed().forEach(removeEmptyFolder);
      throw failure;
    }
  }
}

/** Removes an empty folder; does nothing where it is not empty or does not exist. */
export function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}
