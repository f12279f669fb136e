/**
 * Integrated gradients (Sundararajan, Taly and Yan, 2017, arXiv 1703.01365): the gradient of ln p(y | x) by each embedding e_i, in the
 * mean over a straight way from no embedding at all to the whole of it, times the embedding:
 *
 *   a_i = e_i · ∫₀¹ ∂ ln p(y | α e) / ∂(α e_i) dα,        Σ_i a_i = ln p(y | e) − ln p(y | 0)
 *
 * in nats. The way begins at embeddings of zero: that is what a model reads where a token is dropped whole (dropout of words), and
 * it is the same for every model and text. The integral is a sum over m points in the middle of equal parts; m is doubled until the
 * sum of the a_i, which is known, is right to one hundredth.
 */
import { Turns } from "../breathe.js";
import type { Engine, Tensor } from "../engine/engine.js";
import { type WeightMatrix, Workspace } from "../layers/layer.js";
import type { Pass } from "../layers/pass.js";
import { Recording } from "../layers/recording.js";
import type { LayerState, RecurrentLayer, StateGradient } from "../layers/recurrent.js";
import { copyWithLayers } from "../model/copy-with-layers.js";
import type { LanguageModel } from "../model/language-model.js";
import { timesInput } from "./gradient-input.js";
import type { Piece } from "./pieces.js";
import { joined, type Question } from "./question.js";

/** Points at first and at last, and rows of a window. */
const FEWEST = 16;
const MOST = 1024;
const WINDOW = 8192;
const TOLERANCE = 0.01;

export interface Integrated {
  /** By piece: Σ a_i, in nats. */
  readonly effects: readonly number[];
  /** ln p(y | e) and ln p(y | 0), in nats: with the pieces' embeddings, and with zero in their place. */
  readonly logProbability: number;
  readonly baseline: number;
  /** m, and how far Σ a_i is from the difference of the two, in parts of it. */
  readonly points: number;
  readonly gap: number;
}

/**
 * @param model of weights that are trained; its own gradients stay as they are
 * @param onProgress called with the part that is done, if it need not go on further
 * @throws UserError for weights that are not trained; RangeError for ids outside the vocabulary; the signal's reason
 */
export async function integratedGradients(
  model: LanguageModel,
  { before, ids, target }: Question,
  pieces: readonly Piece[],
  {
    signal,
    onProgress,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number) => void) | undefined;
  } = {},
): Promise<Integrated> {
  const all = joined(before, ids, target);
  const part = { from: before.length, to: before.length + ids.length };
  const path = await Path.of(model, all, target.length, part);
  const [logProbability, baseline] = [path.logProbability(1), path.logProbability(0)];
  const difference = logProbability - baseline;
  const turns = new Turns();
  for (let m = FEWEST; ; m *= 2) {
    const gradient = new Float64Array((all.length - 1) * model.config.embedding);
    for (let first = 0; first < m; first += path.most) {
      const alphas = Array.from({ length: Math.min(path.most, m - first) }, (_, i) => (first + i + 0.5) / m);
      path.addGradients(alphas, gradient);
      onProgress?.((first + alphas.length) / m);
      if (turns.due) await turns.give();
      signal?.throwIfAborted();
    }
    const effects = timesInput(model, gradient, all.subarray(0, -1), 1 / m, { pieces, from: part.from });
    const sum = effects.reduce((total, effect) => total + effect, 0);
    const gap = difference === 0 ? Math.abs(sum) : Math.abs(sum - difference) / Math.abs(difference);
    if (gap <= TOLERANCE || m === MOST) return { effects, logProbability, baseline, points: m, gap };
  }
}

/** The texts on the way, a row each: a copy of the model whose first layer reads some embeddings only in part. */
class Path {
  /** Rows at a time. */
  readonly most: number;
  readonly #model: LanguageModel;
  readonly #scaling: ScalingLayer;
  readonly #ids: Int32Array;
  readonly #count: number;

  private constructor(model: LanguageModel, scaling: ScalingLayer, ids: Int32Array, count: number) {
    this.#model = model;
    this.#scaling = scaling;
    this.#ids = ids;
    this.#count = count;
    this.most = Math.max(1, Math.floor(WINDOW / ids.length));
  }

  static async of(
    model: LanguageModel,
    ids: Int32Array,
    count: number,
    part: { readonly from: number; readonly to: number },
  ): Promise<Path> {
    let scaling: ScalingLayer | undefined;
    const copy = await copyWithLayers(model, (layer, { index, input }, engine) =>
      index === 0 ? (scaling = new ScalingLayer(engine, layer, input, part)) : layer,
    );
    return new Path(copy, scaling!, ids, count);
  }

  /** ln p(y | α e) */
  logProbability(alpha: number): number {
    const { window, state } = this.#rows([alpha]);
    return -this.#model.evaluate(window, state, undefined, new Recording({ inputGradient: true })).nats;
  }

  /** Adds the gradients of ln p by the scaled embeddings, summed over the rows, to `sum` (T, E). */
  addGradients(alphas: readonly number[], sum: Float64Array): void {
    const { window, state } = this.#rows(alphas);
    const recording = new Recording({ inputGradient: true });
    const count = this.#model.train(window, state, { recording }, this.#model.engine.sums());
    const gradient = recording.inputGradient!;
    const B = alphas.length;
    const E = this.#model.config.embedding;
    // Of the mean of −ln p over `count` targets.
    for (let n = 0; n < window.T * B; n++)
      for (let e = 0, at = Math.floor(n / B) * E; e < E; e++, at++) sum[at]! -= count * gradient[n * E + e]!;
  }

  #rows(alphas: readonly number[]) {
    const B = alphas.length;
    const T = this.#ids.length - 1;
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    for (let t = 0; t < T; t++) {
      inputs.fill(this.#ids[t]!, t * B, (t + 1) * B);
      if (t + 1 > T - this.#count) targets.fill(this.#ids[t + 1]!, t * B, (t + 1) * B);
    }
    this.#scaling.alphas = alphas;
    return { window: { T, B, inputs, targets }, state: this.#model.zeroState(B) };
  }
}

/** A layer of whose input some steps come in part: α_b x_t of row b. Its gradient is by α_b x_t. */
class ScalingLayer implements RecurrentLayer {
  alphas: readonly number[] = [];
  readonly #engine: Engine;
  readonly #layer: RecurrentLayer;
  readonly #I: number;
  readonly #part: { readonly from: number; readonly to: number };
  readonly #x: Workspace;

  constructor(
    engine: Engine,
    layer: RecurrentLayer,
    I: number,
    part: { readonly from: number; readonly to: number },
  ) {
    this.#engine = engine;
    this.#layer = layer;
    this.#I = I;
    this.#part = part;
    this.#x = new Workspace(engine);
  }

  get weights(): readonly WeightMatrix[] {
    return this.#layer.weights;
  }

  weightsChanged(): void {
    this.#layer.weightsChanged();
  }

  forward(x: Tensor, T: number, B: number, state: LayerState, pass: Pass): Tensor {
    const I = this.#I;
    const values = this.#engine.read(x).slice();
    for (let t = this.#part.from; t < Math.min(T, this.#part.to); t++)
      for (let b = 0; b < B; b++)
        for (let i = 0, at = (t * B + b) * I; i < I; i++, at++) values[at]! *= this.alphas[b]!;
    const scaled = this.#x.take(T * B * I);
    this.#engine.write(values, scaled);
    return this.#layer.forward(scaled, T, B, state, pass);
  }

  backward(dY: Tensor, dX: Tensor | undefined, last?: StateGradient): StateGradient {
    return this.#layer.backward(dY, dX, last);
  }
}
