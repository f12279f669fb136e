/** The folder of a model: what it holds, how a whole model is written into it, and read. See model-paths.ts for its files. */
import { existsSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { option, sentence, UserError } from "../errors.js";
import { configJson, type ModelConfig, parseModelConfig } from "../model/config.js";
import { writeFileAtomic } from "./atomic-file.js";
import { checkUnlocked, lockFolder } from "./folder-lock.js";
import { makeFolder, removeEmptyFolder } from "./make-folder.js";
import { checkClaim, notFolder } from "./model-claim.js";
import { MAX_CONFIG_BYTES, type StoredModel } from "./model-files.js";
import { modelPaths, stagePaths } from "./model-paths.js";
import { beginStage, commitStage, currentPaths, dropStage, removeEmptyFolders } from "./model-stage.js";
import { readRegularFile } from "./regular-file.js";
import { readJsonFile, writeJsonFile } from "./json-file.js";
import { checkWeights, expectedWeights, usableWeights } from "./model-weights.js";
import { readSafetensors, writeSafetensors } from "./safetensors-file.js";
import type { NamedTensor } from "./safetensors.js";
import { fileError, systemErrorCode } from "./system-error.js";

export { type ModelPaths, modelPaths } from "./model-paths.js";

/** The content of a folder that matters to a new run. */
export interface FolderContent {
  /** There is a folder. */
  readonly exists: boolean;
  /** It has a whole model's files, or at least their names. */
  readonly model: boolean;
  /** It has weights, whole model or not. */
  readonly weights: boolean;
  /** It has a checkpoint from which a run can go on. */
  readonly checkpoint: boolean;
}

/** Looks at a folder that may not exist. @throws UserError when it is a file, or cannot be read */
export async function inspectModelFolder(folder: string): Promise<FolderContent> {
  const kind = await kindOf(folder);
  if (kind === "file") throw notFolder(folder);
  const paths = currentPaths(folder);
  const [config, tokenizer, weights, checkpoint] = await Promise.all(
    [paths.config, paths.tokenizer, paths.weights, paths.checkpoint].map(isFile),
  );
  return {
    exists: kind === "folder",
    model: config! && tokenizer! && weights!,
    weights: weights!,
    checkpoint: checkpoint!,
  };
}

/** A new model, to be written. */
export interface NewModel {
  readonly config: ModelConfig;
  readonly tokenizerJson: unknown;
  readonly weights: Iterable<NamedTensor>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** A file with the record of the training, if it is there. */
  readonly metrics?: string;
}

/**
 * Writes a whole model that is not trained here, in the place of the one that is there, if any. Files that are not of a
 * model stay.
 * @throws UserError where the folder has files of these names that recurra did not write, another run has it, or it
 *   cannot be written: what was there is then as it was
 */
export async function writeModelFolder(folder: string, model: NewModel): Promise<void> {
  checkUnlocked(modelPaths(folder).lock, folder);
  checkClaim(folder);
  const made = makeFolder(folder);
  const unlock = lockMade(folder, made);
  try {
    const stage = beginStage(folder);
    try {
      await writeJsonFile(stage.config, configJson(model.config));
      await writeJsonFile(stage.tokenizer, model.tokenizerJson);
      if (model.metrics !== undefined && existsSync(model.metrics)) {
        await writeFileAtomic(stage.metrics, await readRegularFile(model.metrics, Infinity));
      }
      await writeSafetensors(stage.weights, model.weights, model.metadata);
      commitStage(folder);
    } catch (error) {
      dropStage(folder);
      throw error;
    }
  } finally {
    unlock();
    removeEmptyFolders(folder, made);
  }
}

/**
 * Locks a folder.
 * @param made the folders that were made for it; removed where it cannot be locked
 * @returns what gives the lock back
 * @throws UserError as `lockFolder`
 */
export function lockMade(folder: string, made: readonly string[]): () => void {
  try {
    return lockFolder(modelPaths(folder).lock, folder);
  } catch (error) {
    made.toReversed().forEach(removeEmptyFolder);
    throw error;
  }
}

/**
 * Reads a model's folder.
 * @throws UserError: missing, not a folder, not of a model (which file is missing), newer, damaged (what and where)
 */
export async function readModelFolder(folder: string): Promise<StoredModel> {
  if (typeof folder !== "string" || folder === "")
    throw new UserError("No model was named; give the folder that train wrote.");
  const kind = await kindOf(folder);
  if (kind === "absent")
    throw new UserError(`There is no model at ${folder}: no such folder; check the path.`);
  if (kind === "file") throw notFolder(folder);
  const identity = () => {
    const { config, tokenizer } = currentPaths(folder);
    return fingerprint([config, tokenizer]);
  };
  for (let tries = 1; ; tries++) {
    const before = identity();
    const changed = () => tries < 3 && identity() !== before;
    try {
      const model = await readFiles(folder);
      // Another model may have taken its place meanwhile: its files do not belong to those that were read before.
      if (!changed()) return model;
    } catch (error) {
      if (!changed()) throw error;
    }
  }
}

/**
 * Identifies files, which need not exist, so that a replacement can be noticed.
 * @throws UserError where the system refuses to, as for links in a circle
 */
export function fingerprint(paths: readonly string[]): string {
  const statuses = paths.map((path) => {
    try {
      return statSync(path, { throwIfNoEntry: false });
    } catch (error) {
      throw fileError(error, "read", path);
    }
  });
  return JSON.stringify(statuses.map((status) => status && [status.ino, status.mtimeMs, status.size]));
}

async function readFiles(folder: string): Promise<StoredModel> {
  const paths = currentPaths(folder);
  if (!(await isFile(paths.config))) {
    if (await isFile(stagePaths(folder, "next").config)) {
      throw new UserError({
        problem: `The model in ${folder} is not complete yet: its training has not saved its first weights`,
        advice: sentence`wait for it, or let it go on with ${option("resume")}`,
      });
    }
    throw new UserError(
      `${folder} is not a model's folder: it has no config.json; give the folder that "train" wrote.`,
    );
  }
  const config = await readConfig(paths.config);
  for (const [path, name] of [
    [paths.tokenizer, "tokenizer.json"],
    [paths.weights, "model.safetensors"],
  ] as const) {
    if (await isFile(path)) continue;
    // A run that goes on writes weights, and needs the tokenizer.
    throw missingFile(folder, name, path === paths.weights && (await isFile(paths.checkpoint)));
  }
  const tokenizerJson = await readJsonFile(paths.tokenizer);
  // A file that is not of this config is refused before room is made for its data.
  const { tensors, metadata } = await readSafetensors(paths.weights, (stored) =>
    checkWeights(stored, expectedWeights(config), paths.weights),
  );
  return { config, tokenizerJson, weights: usableWeights(tensors, paths.weights), metadata };
}

/** The error where a model lacks a file. @param resumable whether its run, when it goes on, writes the file anew */
export function missingFile(folder: string, name: string, resumable: boolean): UserError {
  const again = sentence`train the model again with ${option("overwrite")}`;
  return new UserError({
    problem: `The model in ${folder} is not whole: ${name} is missing`,
    advice: resumable
      ? sentence`let its training go on with ${option("resume")}, for longer where it had ended, or ${again}`
      : sentence`restore it from a copy, or ${again}`,
  });
}

/** Reads and checks a config.json. @throws UserError */
export async function readConfig(path: string): Promise<ModelConfig> {
  return parseModelConfig(await readJsonFile(path, MAX_CONFIG_BYTES), path);
}

async function kindOf(path: string): Promise<"absent" | "folder" | "file"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "absent";
    throw fileError(error, "read", path);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await kindOf(path)) === "file";
}
