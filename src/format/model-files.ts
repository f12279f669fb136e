/** The files of a model: their names below its folder, on a disk, in a zip and in a page; and their bytes by name. */
import { UserError } from "../errors.js";

export const FILE_NAMES = {
  config: "config.json",
  tokenizer: "tokenizer.json",
  weights: "model.safetensors",
  checkpoint: "training/checkpoint.safetensors",
  metrics: "training/metrics.jsonl",
} as const;

/** The files of a model by their path in its folder: "config.json", "tokenizer.json", "model.safetensors", … */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

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

/** Copies, since what is answered is given away. */
export function copyOf(files: ModelFiles): ModelFiles {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.slice()]));
}
