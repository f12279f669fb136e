/** The best trial's model beside the trials, where it goes on to its end. */
import { cpSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { NEEDED_FILES } from "../format/model-files.js";
import { fileError } from "../format/system-error.js";
import { syncFolder } from "../format/file-sync.js";
import type { StudyPaths } from "./study-file.js";

/** Copies a trial's folder into the place of the best model, whole or not at all. @throws UserError */
export function copyBest({ folder, best, trial }: StudyPaths, number: number): void {
  const next = join(folder, ".best.model.next");
  const old = join(folder, ".best.model.old");
  try {
    rmSync(next, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
    cpSync(trial(number), next, { recursive: true });
    if (existsSync(best)) renameSync(best, old);
    renameSync(next, best);
    syncFolder(folder);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    throw fileError(error, "write", best);
  }
}

/** Bytes of a model's files, without the record of its training. */
export function bytesOf(folder: string): number {
  return NEEDED_FILES.reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
