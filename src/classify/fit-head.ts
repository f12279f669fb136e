/**
 * The quick way to a classifier: a linear head on vectors of a model that stays as it is. Multinomial logistic regression
 * is fitted with weaker and weaker penalties, each from where the last one ended, and what was held out chooses among
 * them; it ends early where weaker ones have not been better for a while. Then all texts are learned from with the chosen
 * penalty; the temperature is fitted to the logits of the texts while they were held out (calibrate.ts).
 */
import { Turns } from "../breathe.js";
import type { Engine } from "../engine/engine.js";
import { type Folds, stratifiedFolds } from "./folds.js";
import { minimise } from "./lbfgs.js";
import { SoftmaxRegression } from "./softmax-regression.js";
import { standardise, unstandardised } from "./standardise.js";
import { nats } from "./temperature.js";

/** λ, from the strongest on. */
const PENALTIES = Array.from({ length: 12 }, (_, i) => 10 ** (1.5 - i / 2));
/** So many penalties in a row that are not better end the search. */
const PATIENCE = 3;
/** On the way a fit need not be exact. */
const ON_THE_WAY = { steps: 40, tolerance: 1e-4 };
const AT_THE_END = { steps: 400, tolerance: 1e-5 };

export interface FitSettings {
  /** (C): how much a text of each label counts. */
  readonly classWeights: readonly number[];
  readonly seed: number;
  /** One fold is held out to the end; else all texts are learned from once the penalty is chosen. */
  readonly keepOut?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with how many of the penalties were tried, at most `total`. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface FittedHead {
  /** (C, D) and (C), of vectors as they were. */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  /** λ on standardised vectors. */
  readonly penalty: number;
  /** Of the texts, which were held out, in order; and their logits (n, C) while they were. */
  readonly heldOut: readonly number[];
  readonly logits: Float64Array;
}

/**
 * @param blocks vectors (n, D) each, in order: changed in place
 * @param rowLabels (N): the number of each text's label
 * @param C how many labels there are
 * @throws the signal's reason where that ended it
 */
export async function fitHead(
  engine: Engine,
  blocks: readonly Float32Array[],
  D: number,
  rowLabels: Int32Array,
  C: number,
  settings: FitSettings,
): Promise<FittedHead> {
  const standard = standardise(blocks, D);
  const regression = new SoftmaxRegression(engine, blocks, rowLabels, { C, D });
  const drawn = stratifiedFolds(rowLabels, C, settings.seed);
  const folds = settings.keepOut ? { ...drawn, held: 1 } : drawn;
  const search = new PenaltySearch(regression, rowLabels, folds, settings);
  const { penalty, logits } = await search.run();
  const heldOut = Array.from(rowLabels.keys()).filter((n) => folds.of[n]! < folds.held);
  const theta = await search.last(penalty, settings.keepOut ? 0 : undefined);
  return {
    ...unstandardised(theta, standard, C),
    penalty,
    heldOut,
    logits: Float64Array.from(heldOut.flatMap((n) => Array.from(logits.subarray(n * C, (n + 1) * C)))),
  };
}

/** The penalty with which what is held out is told best. */
class PenaltySearch {
  readonly #regression: SoftmaxRegression;
  readonly #labels: Int32Array;
  readonly #folds: Folds;
  readonly #settings: FitSettings;
  readonly #gradient: Float64Array;
  readonly #turns = new Turns();

  constructor(regression: SoftmaxRegression, labels: Int32Array, folds: Folds, settings: FitSettings) {
    this.#regression = regression;
    this.#labels = labels;
    this.#folds = folds;
    this.#settings = settings;
    this.#gradient = new Float64Array(regression.size);
  }

  /** The best λ, and the logits (N, C) of every row that was held out as it was then. */
  async run(): Promise<{ readonly penalty: number; readonly logits: Float64Array }> {
    const { held } = this.#folds;
    const { N, C, size } = this.#regression;
    const thetas = Array.from({ length: held }, () => new Float64Array(size));
    let best = { penalty: PENALTIES[0]!, logits: new Float64Array(N * C), loss: Infinity, at: 0 };
    for (const [at, penalty] of PENALTIES.entries()) {
      if (at - best.at > PATIENCE) break;
      this.#settings.signal?.throwIfAborted();
      this.#settings.onProgress?.(at, PENALTIES.length);
      const logits = new Float64Array(N * C);
      let loss = 0;
      for (const [fold, theta] of thetas.entries()) loss += await this.#heldOut(fold, theta, penalty, logits);
      if (loss < best.loss) best = { penalty, logits, loss, at };
    }
    this.#settings.onProgress?.(PENALTIES.length, PENALTIES.length);
    return best;
  }

  /** What is learned of all rows; or of all but those of a fold. */
  async last(penalty: number, fold: number | undefined): Promise<Float64Array> {
    const theta = new Float64Array(this.#regression.size);
    await this.#fit(theta, this.#weights(fold), penalty, AT_THE_END);
    return theta;
  }

  /**
   * Learns from all rows but those of a fold, whose logits are written.
   * @param theta where to begin; what was learned, in place
   * @returns Σ −ln p of the fold's labels, each as it counts
   */
  async #heldOut(fold: number, theta: Float64Array, penalty: number, logits: Float64Array): Promise<number> {
    const regression = this.#regression;
    const { C } = regression;
    const weights = this.#weights(fold);
    await this.#fit(theta, weights, penalty, ON_THE_WAY);
    // The last step tried need not be the one that was taken.
    regression.evaluate(theta, weights, penalty, this.#gradient);
    let loss = 0;
    for (const [n, label] of this.#labels.entries()) {
      if (this.#folds.of[n] !== fold) continue;
      const row = regression.logits.subarray(n * C, (n + 1) * C);
      logits.set(row, n * C);
      loss += this.#settings.classWeights[label]! * nats(row, Int32Array.of(label), C);
    }
    return loss;
  }

  async #fit(
    theta: Float64Array,
    weights: Float64Array,
    penalty: number,
    settings: typeof ON_THE_WAY,
  ): Promise<void> {
    const regression = this.#regression;
    const objective = (x: Float64Array, g: Float64Array): number =>
      regression.evaluate(x, weights, penalty, g);
    for (const _ of minimise(objective, theta, settings)) {
      if (!this.#turns.due) continue;
      await this.#turns.give();
      this.#settings.signal?.throwIfAborted();
    }
  }

  /** How much each row counts; those of the fold not at all. */
  #weights(fold?: number): Float64Array {
    return Float64Array.from(this.#labels, (label, n) =>
      this.#folds.of[n] === fold ? 0 : this.#settings.classWeights[label]!,
    );
  }
}
