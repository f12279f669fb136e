/**
 * The folder of a model: which files it has, how it is begun, written and read.
 *
 *   config.json          architecture, with the format's version
 *   tokenizer.json       Hugging Face layout
 *   model.safetensors    the weights, by PyTorch's names
 *   training/            what a resumed run needs: checkpoint.safetensors, metrics.jsonl, ids/
 *
 * The weights are written last and removed first. A folder without them holds no model, so that what a killed run
 * leaves is never weights beside the config or tokenizer of another model.
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../errors.js";
import { type ModelConfig, parseModelConfig } from "../model/config.js";
import { syncFolder } from "./file-sync.js";
import { makeFolder } from "./make-folder.js";
import { FILE_NAMES } from "./model-files.js";
import { readJsonFile, writeJsonFile } from "./json-file.js";
import { checkWeights, expectedWeights, usableWeights } from "./model-weights.js";
import { readSafetensors, writeSafetensors } from "./safetensors-file.js";
import type { NamedTensor, StoredTensor } from "./safetensors.js";
import { fileError, systemErrorCode } from "./system-error.js";

/** Longest config.json that is read. */
const MAX_CONFIG_BYTES = 1e6;

/** Where the files of a model are. */
export interface ModelPaths {
  readonly folder: string;
  readonly config: string;
  readonly tokenizer: string;
  readonly weights: string;
  /** A folder. */
  readonly training: string;
  readonly checkpoint: string;
  readonly metrics: string;
  /** A folder: token ids of the corpora. */
  readonly ids: string;
  /** Names the process that trains here; see folder-lock.ts. */
  readonly lock: string;
}

/** The paths of a model's files; none of them need exist. */
export function modelPaths(folder: string): ModelPaths {
  const training = join(folder, "training");
  return {
    folder,
    config: join(folder, FILE_NAMES.config),
    tokenizer: join(folder, FILE_NAMES.tokenizer),
    weights: join(folder, FILE_NAMES.weights),
    training,
    checkpoint: join(folder, FILE_NAMES.checkpoint),
    metrics: join(folder, FILE_NAMES.metrics),
    ids: join(training, "ids"),
    lock: join(folder, ".lock"),
  };
}

/** A model as it lies in its folder. */
export interface StoredModel {
  readonly config: ModelConfig;
  /** The parsed tokenizer.json, not looked into. */
  readonly tokenizerJson: unknown;
  /** Exactly those of the config, all finite; F16 and BF16 as F32. */
  readonly weights: Map<string, StoredTensor>;
  /** The metadata of model.safetensors. */
  readonly metadata: Record<string, string>;
}

/** What is in the way of, or there for, a new run that wants to write into a folder. */
export interface FolderContent {
  /** There is a folder. */
  readonly exists: boolean;
  /** It has a whole model's files, or at least their names. */
  readonly model: boolean;
  /** It has a checkpoint from which a run can go on. */
  readonly checkpoint: boolean;
}

/** Looks at a folder that may or may not be there. @throws UserError when it is a file, or may not be looked into */
export async function inspectModelFolder(folder: string): Promise<FolderContent> {
  const paths = modelPaths(folder);
  const kind = await kindOf(folder);
  if (kind === "file") throw notFolder(folder);
  const [config, tokenizer, weights, checkpoint] = await Promise.all(
    [paths.config, paths.tokenizer, paths.weights, paths.checkpoint].map(isFile),
  );
  return { exists: kind === "folder", model: config! && tokenizer! && weights!, checkpoint: checkpoint! };
}

/**
 * Makes the folder ready for a new model: what an earlier one left is removed, its weights first, and config and
 * tokenizer are written. Files that are not of a model stay.
 * @throws UserError when the folder cannot be made or written
 */
export async function beginModelFolder(
  folder: string,
  config: ModelConfig,
  tokenizerJson: unknown,
): Promise<void> {
  const paths = modelPaths(folder);
  if ((await kindOf(folder)) === "file") throw notFolder(folder);
  try {
    makeFolder(folder);
    await rm(paths.weights, { force: true });
    await rm(paths.checkpoint, { force: true });
    syncFolder(folder);
    await rm(paths.training, { recursive: true, force: true });
    await mkdir(paths.training);
  } catch (error) {
    throw fileError(error, "write", folder);
  }
  await writeJsonFile(paths.config, config);
  await writeJsonFile(paths.tokenizer, tokenizerJson);
}

/** Writes the weights, whole or not at all. */
export async function writeModelWeights(
  folder: string,
  weights: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await writeSafetensors(modelPaths(folder).weights, weights, metadata);
}

/**
 * Reads a model's folder.
 * @throws UserError: missing, not a folder, not of a model (which file is missing), newer, damaged (what and where)
 */
export async function readModelFolder(folder: string): Promise<StoredModel> {
  if (typeof folder !== "string" || folder === "")
    throw new UserError("No model was named; give the folder that train wrote.");
  const paths = modelPaths(folder);
  const kind = await kindOf(folder);
  if (kind === "absent")
    throw new UserError(`There is no model at ${folder}: no such folder; check the path.`);
  if (kind === "file") throw notFolder(folder);
  if (!(await isFile(paths.config))) {
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
    throw new UserError(
      `The model in ${folder} is not whole: ${name} is missing; ${(await isFile(paths.checkpoint)) ? "let its training go on with --resume, or " : ""}train it again with --overwrite.`,
    );
  }
  const tokenizerJson = await readJsonFile(paths.tokenizer);
  // A file that is not of this config is refused before room is made for its data.
  const { tensors, metadata } = await readSafetensors(paths.weights, (stored) =>
    checkWeights(stored, expectedWeights(config), paths.weights),
  );
  return { config, tokenizerJson, weights: usableWeights(tensors, paths.weights), metadata };
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

function notFolder(folder: string): UserError {
  return new UserError(`${folder} is a file, not a model's folder; give the path of a folder.`);
}
