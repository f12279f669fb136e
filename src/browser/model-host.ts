/** The models that a worker holds, and its engine. */
import { assembleModel, type ModelContent } from "../apps/assemble-model.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { Engine } from "../engine/engine.js";
import { UserError } from "../errors.js";
import { parseJson } from "../format/json.js";
import { decodeSafetensors } from "../format/safetensors.js";
import { parseModelConfig } from "../model/config.js";
import { createBrowserEngine } from "./browser-engine.js";
import { FILE_NAMES } from "./file-names.js";
import type { EngineInfo, EngineSource, ModelFiles, ModelInfo } from "./protocol.js";

/** A model and, made when asked for, its files. */
export interface HeldModel {
  readonly model: LoadedModel;
  readonly files: () => ModelFiles;
}

export class ModelHost {
  readonly #models = new Map<number, HeldModel>();
  #engine: Engine | undefined;

  /** Makes the engine; the first thing that is asked. */
  async start(source: EngineSource): Promise<EngineInfo> {
    this.#engine = await createBrowserEngine(source);
    const { name, isa, threads } = this.#engine;
    return { name, isa, threads };
  }

  get engine(): Engine {
    if (!this.#engine) throw new Error("the engine was not started");
    return this.#engine;
  }

  add(id: number, held: HeldModel): ModelInfo {
    this.#models.set(id, held);
    return infoOf(held.model);
  }

  remove(id: number): void {
    this.#models.delete(id);
  }

  get(id: number): HeldModel {
    const held = this.#models.get(id);
    if (!held) throw new UserError("This model was given back and cannot be used any more; load it again.");
    return held;
  }

  /** @throws UserError where files are missing, damaged or newer, or do not belong together */
  load(id: number, files: ModelFiles): ModelInfo {
    const model = assembleModel(this.engine, parseFiles(files), FILE_NAMES);
    return this.add(id, { model, files: () => copyOf(files) });
  }
}

export function infoOf({ config, parameterCount, tokenizer }: LoadedModel): ModelInfo {
  const { kind, size, bosId } = tokenizer;
  return { config, parameterCount, tokenizer: { kind, size, lines: bosId !== undefined } };
}

/** The content of a model's three files. @throws UserError */
export function parseFiles(files: ModelFiles): ModelContent {
  const { config, tokenizer, weights } = FILE_NAMES;
  return {
    config: parseModelConfig(parseJson(textOf(files, config), config), config),
    tokenizerJson: parseJson(textOf(files, tokenizer), tokenizer),
    weights: decodeSafetensors(fileOf(files, weights), weights).tensors,
  };
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

/** Copies, since what is answered is given away. */
export function copyOf(files: ModelFiles): ModelFiles {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes.slice()]));
}
