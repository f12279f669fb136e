/**
 * Averages of the weights over a run, beside the weights that are trained:
 *
 *   ema       a ← κ a + (1 − κ) w,  κ = e^(−Δp / h),  h = min(span, p / 10)
 *   tail      a ← a + (w − a) / n,  over the last `span` of the run
 *   nt-asgd   the same, from the validation on whose loss is above the lowest of all but the last `interval` ones
 *             (Merity et al., 2018)
 *
 * p, from 0 to 1, is how far the run has come, and Δp how far since the last time. Weights are added every `every`
 * updates: what lies between differs little from them, and so the average costs next to nothing. All rows are added,
 * touched or not. While the run is short the exponential one spans only the last tenth of it, as its decay rises from
 * update to update elsewhere.
 */
import type { Engine, Tensor } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import type { AVERAGES } from "../options/words.js";

/** The averages there are; none: weights are not averaged. */
export type AverageName = (typeof AVERAGES)[number];

export interface AverageSettings {
  readonly name: Exclude<AverageName, "none">;
  /** Part of the run, above 0 and up to 1: the time constant of ema; the last part, of tail. */
  readonly span?: number | undefined;
  /** Updates between the weights that are added. */
  readonly every: number;
  /** NT-ASGD: validations whose losses do not count, the last ones. */
  readonly interval?: number | undefined;
}

/** Where an average stands, besides its tensors. */
export interface AverageRecord {
  /** Weights that it has; 0: there is no average yet. */
  readonly count: number;
  /** p when the last of them were added. */
  readonly progress: number;
  /** NT-ASGD: whether it is to begin. */
  readonly triggered: boolean;
  /** NT-ASGD, until it begins: losses of the last validations, oldest first, and the lowest of all before. */
  readonly losses: readonly number[];
  readonly lowest?: number | undefined;
}

/** Other weights than those that are trained. */
export interface AveragedWeights {
  /** Whether there are any. */
  readonly on: boolean;
  /** To be called after every validation. @param loss of the weights that are trained */
  validated(loss: number): void;
  /** Does something while they stand in the model's place. */
  inPlace<Result>(model: { weightsChanged(): void }, work: () => Promise<Result>): Promise<Result>;
}

/** Part of the way so far that the exponential average spans at most. */
const PART_SO_FAR = 0.1;
/** Floats that change places at a time. */
const CHUNK = 1 << 16;

const NOTHING: AverageRecord = { count: 0, progress: 0, triggered: false, losses: [] };

export class WeightAverage implements AveragedWeights {
  /** To be kept with a checkpoint, and put back before its tensors are. */
  record: AverageRecord = NOTHING;
  readonly #engine: Engine;
  readonly #parameters: readonly Parameter[];
  readonly #settings: AverageSettings;
  /** Made with the first weights that are added. */
  #averages: readonly Tensor[] | undefined;
  /** Where weights wait while they change places. */
  #room: Tensor | undefined;

  constructor(engine: Engine, parameters: readonly Parameter[], settings: AverageSettings) {
    this.#engine = engine;
    this.#parameters = parameters;
    this.#settings = settings;
  }

  /** Whether there is an average. */
  get on(): boolean {
    return this.record.count > 0;
  }

  /** The averaged weights by the names of the parameters; none before there is an average. */
  get tensors(): { readonly name: string; readonly tensor: Tensor; readonly shape: readonly number[] }[] {
    if (!this.on) return [];
    const averages = this.#made();
    return this.#parameters.map(({ name, shape }, i) => ({ name, shape, tensor: averages[i]! }));
  }

  /** To be called after every update. @param progress p, with this update */
  updated(step: number, progress: number): void {
    if (step % this.#settings.every !== 0) return;
    const { count, progress: before } = this.record;
    const factor = this.#factor(progress, Math.max(0, progress - before));
    // A run that was given a longer way has its last part again before it.
    if (factor === undefined) {
      if (count > 0) this.record = { ...this.record, count: 0 };
      return;
    }
    const averages = this.#made();
    for (const [i, { value }] of this.#parameters.entries())
      this.#engine.addScaled(value, factor, averages[i]!, 1 - factor);
    this.record = { ...this.record, count: count + 1, progress };
  }

  /** The weights' factor in a ← (1 − factor) a + factor w; undefined where there is to be no average. */
  #factor(progress: number, passed: number): number | undefined {
    const { name, span = 1 } = this.#settings;
    const { count, triggered } = this.record;
    if (name === "tail" && progress < 1 - span) return undefined;
    if (name === "nt-asgd" && !triggered) return undefined;
    if (count === 0) return 1;
    if (name !== "ema") return 1 / (count + 1);
    return -Math.expm1(-passed / Math.min(span, progress * PART_SO_FAR));
  }

  validated(loss: number): void {
    const { interval = 0, name } = this.#settings;
    const { losses, lowest, triggered } = this.record;
    if (name !== "nt-asgd" || triggered || !Number.isFinite(loss)) return;
    if (lowest !== undefined && loss > lowest) {
      this.record = { ...this.record, triggered: true, losses: [], lowest: undefined };
      return;
    }
    const all = [...losses, loss];
    const older = all.length > interval ? all.shift()! : undefined;
    const lower = older === undefined ? lowest : Math.min(lowest ?? Infinity, older);
    this.record = { ...this.record, losses: all, lowest: lower };
  }

  async inPlace<Result>(model: { weightsChanged(): void }, work: () => Promise<Result>): Promise<Result> {
    this.#exchange(model);
    try {
      return await work();
    } finally {
      this.#exchange(model);
    }
  }

  #exchange(model: { weightsChanged(): void }): void {
    const engine = this.#engine;
    const averages = this.#made();
    const longest = Math.max(...averages.map(({ length }) => length));
    const room = (this.#room ??= engine.tensor(Math.min(CHUNK, longest)));
    for (const [i, { value }] of this.#parameters.entries()) {
      for (let at = 0; at < value.length; at += CHUNK) {
        const length = Math.min(CHUNK, value.length - at);
        const [w, a] = [value.slice(at, length), averages[i]!.slice(at, length)];
        engine.copy(w, room);
        engine.copy(a, w);
        engine.copy(room.slice(0, length), a);
      }
    }
    model.weightsChanged();
  }

  #made(): readonly Tensor[] {
    return (this.#averages ??= this.#parameters.map(({ value }) => this.#engine.tensor(value.length)));
  }
}
