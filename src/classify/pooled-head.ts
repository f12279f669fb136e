/**
 * A classifier's head as an output layer, so that its gradient goes through pooling into the recurrent layers. Of a text
 * with rows h_1 … h_n (H) of the window, and what was pooled of it before the window,
 *
 *   v = [h_n; max_t h_t; Σ_t h_t / n],   z = W (v ⊙ m) + b,   loss = −Σ_texts a ln softmax(z)[label] / Σ a
 *   dz = a (p − [label]) / Σ a,   dW += dz (v ⊙ m)ᵀ,   db += dz,   dv = Wᵀ dz ⊙ m
 *   dh_t = [t = n] dv_last + [h_t is the first greatest] dv_max + dv_mean / n   element by element
 *
 * with m a mask of dropout over the vector. Nothing goes back to what came before the window (truncated backpropagation,
 * as Howard and Ruder, 2018, have it for texts longer than a window). Everything here is summed in float64.
 */
import type { Engine, Floats, LossSums, Sums, Tensor } from "../engine/engine.js";
import { dropoutBits, dropoutKeys, dropoutThreshold, seedOf } from "../engine/random.js";
import type { KnownIds } from "../layers/known-ids.js";
import { hostFloats, type Parameter, parameter } from "../layers/layer.js";
import type { OutputLayer } from "../layers/output-layer.js";
import type { Draw, Pass } from "../layers/pass.js";
import type { ClassifierPool } from "../model/config.js";
import { pooledWidth } from "../model/widths.js";

/** Tells the masks of vectors from those of a body's places. */
const OWN_STREAM = 0x706f6f6c;

/** What was pooled of a text before the window. */
export interface EarlierRows {
  readonly count: number;
  /** (H) Σ h, and the greatest. */
  readonly sum: Float64Array;
  readonly greatest: Float64Array;
}

/** A text whose last rows a window has. */
export interface PooledRow {
  /** Rows t·B + b of the text: from `first` on, `count` of them, at least one. */
  readonly first: number;
  readonly count: number;
  readonly label: number;
  /** a */
  readonly weight: number;
  readonly earlier?: EarlierRows | undefined;
}

/** The texts of a window, side by side. */
export interface PooledWindow {
  /** B of them. */
  readonly texts: readonly PooledRow[];
}

/** Where the parts of v begin; undefined where there is none. */
interface Parts {
  readonly last: number | undefined;
  readonly max: number | undefined;
  readonly mean: number | undefined;
}

function partsOf(pool: ClassifierPool, H: number): Parts {
  if (pool === "concat") return { last: 0, max: H, mean: 2 * H };
  const at = (name: ClassifierPool): number | undefined => (pool === name ? 0 : undefined);
  return { last: at("last"), max: at("max"), mean: at("mean") };
}

export class PooledHead implements OutputLayer {
  /** (C, D) */
  readonly weight: Parameter;
  /** (C) */
  readonly bias: Parameter;
  /** Probability that an element of v is dropped, of passes with a draw. */
  dropout = 0;
  /** To be set before each window. */
  window: PooledWindow | undefined;
  /** The loss of the last window. */
  lastLoss = 0;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #C: number;
  readonly #D: number;
  readonly #parts: Parts;
  #h: Floats = new Float32Array(0);

  /** @param hidden H @param labels C */
  constructor(engine: Engine, hidden: number, labels: number, pool: ClassifierPool) {
    this.#engine = engine;
    this.#H = hidden;
    this.#C = labels;
    this.#D = pooledWidth(pool, hidden);
    this.#parts = partsOf(pool, hidden);
    this.weight = parameter(engine, "classifier.weight", [labels, this.#D]);
    this.bias = parameter(engine, "classifier.bias", [labels]);
  }

  get weights(): readonly Parameter[] {
    return [this.weight, this.bias];
  }

  weightsChanged(): void {}

  zeroGradient(): void {
    for (const { grad } of this.weights) this.#engine.fill(grad, 0);
  }

  logits(): Floats {
    throw new TypeError("a classifier's head has no tokens to predict");
  }

  loss(): LossSums {
    throw new TypeError("a classifier's head has no tokens to predict");
  }

  /** @param sums gets nothing: the loss is `lastLoss` */
  lossAndGradient(
    h: Tensor,
    targets: KnownIds,
    N: number,
    _scale: number,
    dH: Tensor,
    pass: Pass,
    _sums: Sums,
  ): void {
    const engine = this.#engine;
    const { texts } = this.window!;
    const [H, C, D] = [this.#H, this.#C, this.#D];
    const rows = (this.#h = hostFloats(engine, this.#h, N * H));
    engine.read(h, rows);
    const w = engine.read(this.weight.value).slice();
    const b = engine.read(this.bias.value).slice();
    const dRows = new Float64Array(N * H);
    const dW = new Float64Array(C * D);
    const dB = new Float64Array(C);
    const places = placesOf(texts, targets, N);
    const total = texts.reduce((sum, { weight }) => sum + weight, 0);
    this.lastLoss = 0;
    for (const [i, text] of texts.entries()) {
      const own = places[i]!;
      const { v, winners } = this.#pooled(rows, own, text.earlier);
      const mask = this.#mask(pass.draw, i);
      for (let d = 0; d < D; d++) v[d]! *= mask[d]!;
      const { loss, dz } = lossOf(w, b, v, text, total, C);
      this.lastLoss += loss;
      const dv = new Float64Array(D);
      for (let c = 0; c < C; c++) {
        dB[c]! += dz[c]!;
        for (let d = 0; d < D; d++) {
          dW[c * D + d]! += dz[c]! * v[d]!;
          dv[d]! += w[c * D + d]! * dz[c]! * mask[d]!;
        }
      }
      this.#spread(dv, own, winners, text.earlier?.count ?? 0, dRows);
    }
    addTo(engine, dW, this.weight.grad);
    addTo(engine, dB, this.bias.grad);
    engine.write(dRows, dH);
  }

  /** v, and of each element the row (of `own`) where it is greatest; −1 where that was before the window. */
  #pooled(
    rows: Floats,
    own: readonly number[],
    earlier: EarlierRows | undefined,
  ): { readonly v: Float64Array; readonly winners: Int32Array } {
    const H = this.#H;
    const { last, max, mean } = this.#parts;
    const v = new Float64Array(this.#D);
    const winners = new Int32Array(max === undefined ? 0 : H).fill(-1);
    const count = (earlier?.count ?? 0) + own.length;
    for (let j = 0; j < H; j++) {
      let sum = earlier?.sum[j] ?? 0;
      let most = earlier?.greatest[j] ?? -Infinity;
      for (const r of own) {
        const x = rows[r * H + j]!;
        sum += x;
        if (x > most) {
          most = x;
          if (max !== undefined) winners[j] = r;
        }
      }
      if (last !== undefined) v[last + j] = rows[own.at(-1)! * H + j]!;
      if (max !== undefined) v[max + j] = most;
      if (mean !== undefined) v[mean + j] = sum / count;
    }
    return { v, winners };
  }

  #spread(
    dv: Float64Array,
    own: readonly number[],
    winners: Int32Array,
    earlier: number,
    dRows: Float64Array,
  ): void {
    const H = this.#H;
    const { last, max, mean } = this.#parts;
    const count = earlier + own.length;
    for (let j = 0; j < H; j++) {
      if (last !== undefined) dRows[own.at(-1)! * H + j]! += dv[last + j]!;
      if (max !== undefined && winners[j]! >= 0) dRows[winners[j]! * H + j]! += dv[max + j]!;
      if (mean !== undefined) for (const r of own) dRows[r * H + j]! += dv[mean + j]! / count;
    }
  }

  /** 1 / (1 − p), or 0 where an element is dropped. */
  #mask(draw: Draw | undefined, text: number): Float64Array {
    const p = this.dropout;
    if (!draw || p === 0) return new Float64Array(this.#D).fill(1);
    const keys = dropoutKeys(seedOf(draw.seed, OWN_STREAM), draw.step);
    const threshold = dropoutThreshold(p);
    return Float64Array.from({ length: this.#D }, (_, d) =>
      dropoutBits(keys, text * this.#D + d) < threshold ? 0 : 1 / (1 - p),
    );
  }
}

/** Of each text, its rows among those that the head is given. */
function placesOf(texts: readonly PooledRow[], { values }: KnownIds, N: number): number[][] {
  const B = texts.length;
  const places: number[][] = texts.map(() => []);
  const steps = Math.max(...texts.map(({ first, count }) => first + count));
  // Where all rows are given, also those without a target, a row's place is its number.
  const all = values.subarray(0, N).includes(-1) || N === steps * B;
  let next = 0;
  for (let t = 0; t < steps; t++)
    for (const [b, { first, count }] of texts.entries())
      if (t >= first && t < first + count) places[b]!.push(all ? t * B + b : next++);
  return places;
}

function lossOf(
  w: Floats,
  b: Floats,
  v: Float64Array,
  { label, weight }: PooledRow,
  total: number,
  C: number,
): { readonly loss: number; readonly dz: Float64Array } {
  const D = v.length;
  const z = new Float64Array(C);
  for (let c = 0; c < C; c++) {
    z[c] = b[c]!;
    for (let d = 0; d < D; d++) z[c]! += w[c * D + d]! * v[d]!;
  }
  const most = z.reduce((a, one) => Math.max(a, one), -Infinity);
  let sum = 0;
  for (let c = 0; c < C; c++) sum += Math.exp(z[c]! - most);
  const a = weight / total;
  const dz = z.map((one, c) => a * (Math.exp(one - most) / sum - (c === label ? 1 : 0)));
  return { loss: a * (most + Math.log(sum) - z[label]!), dz };
}

function addTo(engine: Engine, values: Float64Array, grad: Tensor): void {
  const before = engine.read(grad);
  engine.write(
    values.map((value, i) => value + before[i]!),
    grad,
  );
}
