/**
 * How a new model takes the place of an old one, so that a kill at any moment leaves one of them whole.
 *
 *   1. The new files are written into training/next. Nothing of the old model is touched.
 *   2. When the new model is whole, training/next is renamed to training/ready: from here on the new model counts.
 *      Readers take each file from training/ready, or, when it has been moved already, from its place.
 *   3. The old weights, checkpoint and metrics are removed. There are then no weights in their place, so
 *      that a program which does not know training/ready finds no model rather than a mixture.
 *   4. config.json is moved to its place, then tokenizer, checkpoint, metrics, and the weights last.
 *   5. training/ready is removed.
 *
 * A kill before 2 leaves the old model, with some of the new one beside it; after 2 the new one, and the next writer
 * completes 3 to 5. Step 3 is done only while config.json is still in training/ready: until then nothing of the new
 * model is in its place that it could remove.
 */
import { existsSync, readdirSync, renameSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { syncFolder } from "./file-sync.js";
import { makeFolder, removeEmptyFolder } from "./make-folder.js";
import { FILE_NAMES } from "./model-files.js";
import { type FilePaths, MODEL_FILES, modelPaths, type Stage, stagePaths } from "./model-paths.js";
import { fileError, systemErrorCode } from "./system-error.js";

/** In this order they are moved to their places. */
const MOVED = ["config", "tokenizer", "checkpoint", "metrics", "weights"] as const;

/** Where to read the files of the model that counts; some need not be there. */
export function currentPaths(folder: string): FilePaths {
  const places = modelPaths(folder);
  const ready = stagePaths(folder, "ready");
  if (!existsSync(ready.folder)) return places;
  if (existsSync(ready.config)) return ready;
  const paths = MODEL_FILES.map((file) => [file, existsSync(ready[file]) ? ready[file] : places[file]]);
  return Object.fromEntries(paths) as FilePaths;
}

/** Makes an empty training/next. Under the folder's lock. @returns where its files go, config.json first */
export function beginStage(folder: string): FilePaths {
  completeSwap(folder);
  dropStage(folder);
  const paths = stagePaths(folder, "next");
  makeFolder(paths.folder);
  return paths;
}

/** The new model is whole: puts it in the old one's place. Under the folder's lock. @throws UserError */
export function commitStage(folder: string): void {
  const { training } = modelPaths(folder);
  const next = stagePaths(folder, "next");
  const ready = stagePaths(folder, "ready");
  try {
    syncFolder(next.folder);
    renameSync(next.folder, ready.folder);
    syncFolder(training);
  } catch (error) {
    throw fileError(error, "write", ready.folder);
  }
  completeSwap(folder);
}

/** Completes a swap that a kill interrupted, if there is one. Under the folder's lock. @throws UserError */
export function completeSwap(folder: string): void {
  const places = modelPaths(folder);
  const ready = stagePaths(folder, "ready");
  if (!existsSync(ready.folder)) return;
  try {
    if (existsSync(ready.config)) {
      for (const file of ["weights", "checkpoint", "metrics"] as const) removeFile(places[file]);
      syncFolder(folder);
      syncFolder(places.training);
    }
    for (const file of MOVED) {
      if (!existsSync(ready[file])) continue;
      if (file === "weights") syncFolder(folder);
      renameSync(ready[file], places[file]);
    }
    syncFolder(places.training);
    syncFolder(folder);
    removeStage(folder, "ready");
  } catch (error) {
    throw fileError(error, "write", folder);
  }
}

/** Removes a new model that did not become whole. Under the folder's lock. @throws UserError */
export function dropStage(folder: string): void {
  try {
    removeStage(folder, "next");
  } catch (error) {
    throw fileError(error, "write", folder);
  }
}

/**
 * Removes the staged files, config.json last, since it shows that the others are recurra's; and the folder when it is
 * empty.
 */
function removeStage(folder: string, stage: Stage): void {
  const { folder: at, config } = stagePaths(folder, stage);
  if (!existsSync(at)) return;
  const names = readdirSync(at).filter((name) => isStaged(name) && name !== basename(config));
  for (const name of names) removeFile(join(at, name));
  removeFile(config);
  removeEmptyFolder(at);
}

const STAGED_NAMES: ReadonlySet<string> = new Set(Object.values(FILE_NAMES).map((path) => basename(path)));

/** Whether a file of this name was written into a stage: one of a model, or one that a killed process was writing. */
export function isStaged(name: string): boolean {
  return STAGED_NAMES.has(finalName(name));
}

/** The name that a file gets when it is whole; see atomic-file.ts for that of its temporary one. */
export function finalName(name: string): string {
  return /^\.(.+)\.\d+-[0-9a-f]{8}\.tmp$/.exec(name)?.[1] ?? name;
}

/**
 * Removes those of a model's folders in which nothing lies. Under the folder's lock, or just after it.
 * @param made what `makeFolder` made for it
 */
export function removeEmptyFolders(folder: string, made: readonly string[]): void {
  const { ids, training } = modelPaths(folder);
  const next = stagePaths(folder, "next").folder;
  for (const path of [ids, next, training, ...made.toReversed()]) removeEmptyFolder(path);
}

/** Removes one file, if it is there. @throws system errors, also where it is a folder */
function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}
