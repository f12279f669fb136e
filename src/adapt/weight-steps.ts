/** The steps of dynamic evaluation over all weights of a model: of a large vocabulary's matrices, only rows with a gradient. */
import type { DynamicStepSettings, Engine, Tensor } from "../engine/engine.js";
import { KnownIds } from "../layers/known-ids.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Parameter } from "../model/parameter.js";
import type { GradientStatistics } from "./gradient-statistics.js";
import type { DynamicSettings } from "./settings.js";

/** One parameter: w, w0 and, with statistics, r. */
interface Adapted {
  readonly parameter: Parameter;
  readonly trained: Tensor;
  readonly rms: Tensor | undefined;
}

/** The rows of a segment whose gradient is other than zero, each once; undefined: all. */
export interface SegmentRows {
  readonly embedding: readonly Int32Array[] | undefined;
  readonly decoder: readonly Int32Array[] | undefined;
}

export class WeightSteps {
  readonly #engine: Engine;
  readonly #adapted: readonly Adapted[];
  #settings: DynamicStepSettings = { learningRate: 0, decay: 0, epsilon: 0 };
  /** r̄; 1 without statistics. */
  readonly #mean: number;
  readonly #rows: KnownIds;
  readonly #listed: Uint8Array;

  /**
   * @param model the copy that learns
   * @param trained the model that it was copied from
   * @throws RangeError where statistics are missing, or are of another model
   */
  constructor(
    model: LanguageModel,
    trained: LanguageModel,
    settings: DynamicSettings,
    statistics: GradientStatistics | undefined,
  ) {
    const { engine } = model;
    this.#engine = engine;
    this.#rows = new KnownIds(engine);
    this.#listed = new Uint8Array(model.vocabulary);
    const rms = settings.method === "rms";
    const used = rms ? statistics : undefined;
    if (rms && !used)
      throw new RangeError("the method rms needs statistics of the gradients; gather them, or take sgd");
    this.#adapted = model.parameters.map((parameter, i) => {
      const { value } = trained.parameters[i]!;
      const values = used?.get(parameter.name);
      if (used && values?.length !== value.length)
        throw new RangeError(`the statistics have no ${parameter.name} of ${value.length} weights`);
      const roots = values && engine.tensor(values.length);
      if (values) engine.write(values, roots!);
      return { parameter, trained: value, rms: roots };
    });
    this.#mean = used ? meanOf(used) : 1;
    this.set(settings);
  }

  set({ rate, decay, epsilon }: Pick<DynamicSettings, "rate" | "decay" | "epsilon">): void {
    const mean = this.#mean;
    this.#settings = { learningRate: rate, decay: decay / mean, epsilon: epsilon * mean };
  }

  /** One step; all gradients are zero afterwards. @param scale of the rate: 1 for a whole segment */
  step(scale: number, rows: SegmentRows): void {
    const engine = this.#engine;
    const settings = { ...this.#settings, learningRate: this.#settings.learningRate * scale };
    for (const { parameter, trained, rms } of this.#adapted) {
      const { name, shape, value, grad } = parameter;
      const own =
        name === "embedding.weight" ? rows.embedding : name === "decoder.weight" ? rows.decoder : undefined;
      if (own) {
        const count = this.#list(own);
        const ids = this.#rows.send(count);
        engine.dynamicStepRows(value, grad, trained, rms, ids, count, shape[1]!, settings);
      } else {
        engine.dynamicStep(value, grad, trained, rms, settings);
      }
    }
  }

  /** Each of the rows once. @returns how many */
  #list(lists: readonly Int32Array[]): number {
    const listed = this.#listed;
    const rows = this.#rows.reserve(lists.reduce((sum, list) => sum + list.length, 0));
    let count = 0;
    for (const list of lists) {
      for (const row of list) {
        if (listed[row] === 1) continue;
        listed[row] = 1;
        rows[count++] = row;
      }
    }
    for (let r = 0; r < count; r++) listed[rows[r]!] = 0;
    return count;
  }
}

function meanOf(statistics: GradientStatistics): number {
  let sum = 0;
  let count = 0;
  for (const values of statistics.values()) {
    for (const value of values) sum += value;
    count += values.length;
  }
  return sum > 0 ? sum / count : 1;
}
