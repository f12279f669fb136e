/** The models that a service holds, and its engine. */
import { assembleModel } from "../apps/assemble-model.js";
import type { LoadedModel } from "../apps/loaded-model.js";
import type { Engine } from "../engine/engine.js";
import type { Completer } from "../generate/complete/completer.js";
import { UserError } from "../errors.js";
import { parseFiles } from "../format/parse-files.js";
import { copyOf, FILE_NAMES, type ModelFiles } from "../format/model-files.js";
import type { EngineInfo, ModelInfo } from "./protocol.js";

/** A model and its files, which are made when first needed. */
export interface HeldModel {
  readonly model: LoadedModel;
  readonly files: () => ModelFiles;
  /** Made when first asked; it remembers the text that it was asked about last. */
  completer?: Promise<Completer>;
}

export class ModelHost {
  readonly #models = new Map<number, HeldModel>();
  #engine: Engine | undefined;
  #memory = 0;

  /**
   * Computes with this engine from now on; before the first model.
   * @param memory bytes that a training run may take: those that the engine can address, or those of the machine
   */
  use(engine: Engine, memory: number): EngineInfo {
    this.#engine = engine;
    this.#memory = memory;
    const { name, isa, threads } = engine;
    return { name, isa, threads };
  }

  get engine(): Engine {
    if (!this.#engine) throw new Error("the engine was not started");
    return this.#engine;
  }

  get memory(): number {
    return this.#memory;
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
  async load(id: number, files: ModelFiles): Promise<ModelInfo> {
    const model = await assembleModel(this.engine, parseFiles(files), FILE_NAMES);
    return this.add(id, { model, files: () => copyOf(files) });
  }
}

export function infoOf({ config, parameterCount, tokenizer }: LoadedModel): ModelInfo {
  const { kind, size, bosId } = tokenizer;
  return { config, parameterCount, tokenizer: { kind, size, lines: bosId !== undefined } };
}
