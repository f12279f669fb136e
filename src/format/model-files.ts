/** The files of a model: their names below its folder, on a disk, in a zip and in a page; and their bytes by name. */
import { UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import type { StoredTensor } from "./safetensors.js";

export const FILE_NAMES = {
  config: "config.json",
  tokenizer: "tokenizer.json",
  weights: "model.safetensors",
  checkpoint: "training/checkpoint.safetensors",
  metrics: "training/metrics.jsonl",
} as const;
/** The files without which there is no model. */
export const NEEDED_FILES = [FILE_NAMES.config, FILE_NAMES.tokenizer, FILE_NAMES.weights] as const;

/** Longest config.json that is read. */
export const MAX_CONFIG_BYTES = 1e6;
/** Longest JSON file that is read; a tokenizer of a million tokens has some 50 MB. */
export const MAX_JSON_BYTES = 256e6;
/** Most bytes of tensors that a page can hold: what WebAssembly reaches. */
const MAX_TENSOR_BYTES = 2 ** 32;

/** How long a file of a model may be, by its name, when it is read from an untrusted source. */
export function mostBytes(name: string): number {
  if (name === FILE_NAMES.config) return MAX_CONFIG_BYTES;
  return name.endsWith(".safetensors") ? MAX_TENSOR_BYTES : MAX_JSON_BYTES;
}

/** The files of a model by their path in its folder: "config.json", "tokenizer.json", "model.safetensors", … */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

/** The content of a model's three files. */
export interface StoredModel {
  readonly config: ModelConfig;
  /** The parsed tokenizer.json, not yet checked. */
  readonly tokenizerJson: unknown;
  /** Exactly those of the config, all finite; F16 and BF16 as F32. */
  readonly weights: Map<string, StoredTensor>;
  /** The metadata of model.safetensors. */
  readonly metadata: Record<string, string>;
}

/** @throws UserError where the file is not there */
export function fileOf(files: ModelFiles, name: string): Uint8Array {
  const bytes = files[name];
  if (bytes) return bytes;
  throw new UserError(
    `This is not a whole model: ${name} is missing; give the folder that recurra wrote, with config.json, tokenizer.json and model.safetensors.`,
  );
}

/** @throws UserError where the file is not there or is not UTF-8 */
export function textOf(files: ModelFiles, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(fileOf(files, name));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is not UTF-8 text; the file is damaged, restore it from a copy.`, {
      cause: error,
    });
  }
}

/** Copies, since the bytes of an answer are transferred. */
export function copyOf(files: ModelFiles): ModelFiles {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.slice()]));
}
