/**
 * The neural cache of Grave et al. (2017, "Improving neural language models with a continuous cache"): what came after
 * places like this one, among the last W,
 *
 *   p_cache(w) = Σ_{i = t−W … t−1} e^{θ h_t · h_i} [x_{i+1} = w] / Σ_i e^{θ h_t · h_i}
 *   p(w) = (1 − λ) p_model(w) + λ p_cache(w)
 *
 * h is what the output layer reads, of which nothing is dropped: the last layer's output, or, where that is projected, the
 * projection. The cache is as long as the text so far, from the second token on; at the first, p is the model's. Nothing
 * is trained.
 */
import type { Tensor } from "../engine/engine.js";
import { Workspace } from "../layers/layer.js";
import type { UserErrorParts } from "../errors.js";
import type { ModelWindow } from "../model/check-window.js";
import { beginLine, type PredictedRows, type PredictorState, type RowPredictor } from "../model/predictor.js";
import { CachedText } from "./cached-text.js";
import { CacheMass } from "./cache-mass.js";
import { normaliser, ROWS_AT_A_TIME, RowReader } from "./row-reader.js";
import type { CacheSettings } from "./settings.js";

/** The state of what stands inside, and a cache for each sequence. */
class CacheState implements PredictorState {
  readonly batch: number;
  readonly inner: PredictorState;
  readonly texts: readonly CachedText[];

  constructor(inner: PredictorState, makeText: () => CachedText) {
    this.batch = inner.batch;
    this.inner = inner;
    this.texts = Array.from({ length: inner.batch }, makeText);
    this.#makeText = makeText;
  }

  readonly #makeText: () => CachedText;

  copy(): CacheState {
    const copy = new CacheState(this.inner.copy(), this.#makeText);
    for (const [b, text] of copy.texts.entries()) text.copyFrom(this.texts[b]!);
    return copy;
  }

  reset(): void {
    this.inner.reset();
    for (const text of this.texts) text.clear();
  }

  beginLine(): void {
    beginLine(this.inner);
  }

  copyRow(source: CacheState, from: number, to: number): void {
    this.inner.copyRow(source.inner, from, to);
    this.texts[to]!.copyFrom(source.texts[from]!);
  }
}

export class NeuralCache extends RowReader {
  readonly settings: CacheSettings;
  readonly #inner: RowPredictor;
  readonly #mass: CacheMass;
  readonly #products: Workspace;

  /** @throws RangeError for settings out of their range */
  constructor(inner: RowPredictor, settings: CacheSettings) {
    super(inner.engine, inner.vocabulary);
    const { window, theta, lambda } = settings;
    if (!(Number.isSafeInteger(window) && window >= 1))
      throw new RangeError(`the cache's window is ${window}; it has to be a whole number from 1 on`);
    if (!(theta >= 0 && theta < Infinity)) throw new RangeError(`theta is ${theta}; it has to be from 0 on`);
    if (!(lambda >= 0 && lambda < 1))
      throw new RangeError(`lambda is ${lambda}; it has to be from 0 on and below 1`);
    this.settings = settings;
    this.#inner = inner;
    this.#mass = new CacheMass(inner.engine, inner.vocabulary, settings);
    this.#products = new Workspace(inner.engine);
  }

  /** A cache goes through lines one after the other. */
  get hazard(): UserErrorParts | undefined {
    return this.#inner.hazard;
  }

  get follows(): true {
    return true;
  }

  zeroState(batch: number): CacheState {
    // A group of rows is added before the first of them is looked up.
    const capacity = this.settings.window + ROWS_AT_A_TIME;
    return new CacheState(this.#inner.zeroState(batch), () => new CachedText(this.engine, capacity));
  }

  readRows(window: ModelWindow, state: CacheState, show: (rows: PredictedRows) => void): void {
    const { B, inputs, targets } = window;
    // The token after row n: its target, or, where none is given, what is read next.
    const next = (n: number): number => (targets[n]! >= 0 ? targets[n]! : (inputs[n + B] ?? -1));
    this.#follow(inputs, state);
    this.#inner.readRows(window, state.inner, (rows) => this.#through(rows, state, next, show));
  }

  stepRows(ids: Int32Array, state: CacheState, show: (rows: PredictedRows) => void): void {
    this.#follow(ids, state);
    this.#inner.stepRows(ids, state.inner, (rows) => this.#through(rows, state, () => -1, show));
  }

  /** The first ids that are read come after the last places. */
  #follow(ids: Int32Array, { texts }: CacheState): void {
    for (const [b, text] of texts.entries()) text.follow(ids[b]!);
  }

  /** Shows the mixture for rows that what is inside shows, and remembers them. */
  #through(
    rows: PredictedRows,
    { texts, batch }: CacheState,
    next: (n: number) => number,
    show: (rows: PredictedRows) => void,
  ): void {
    const H = rows.hidden.length / rows.count;
    for (let first = 0; first < rows.count; first += ROWS_AT_A_TIME) {
      const count = Math.min(ROWS_AT_A_TIME, rows.count - first);
      const hidden = rows.hidden.slice(first * H, count * H);
      const places = new Int32Array(count);
      for (let r = 0; r < count; r++) {
        const n = rows.from + first + r;
        const text = texts[n % batch]!;
        places[r] = text.count;
        text.add(hidden.slice(r * H, H), next(n));
      }
      const logits = (from: number, n: number): Tensor => {
        const x = rows.logits(first + from, n);
        this.#mix(x, rows.scale, (r) => texts[(rows.from + first + from + r) % batch]!, {
          hidden: hidden.slice(from * H, n * H),
          places: places.subarray(from, from + n),
        });
        return x;
      };
      show({ from: rows.from + first, count, hidden, scale: rows.scale, logits });
    }
  }

  /** Turns the logits of n rows into those of the mixture, in place. */
  #mix(
    logits: Tensor,
    scale: number,
    textOf: (r: number) => CachedText,
    { hidden, places }: { readonly hidden: Tensor; readonly places: Int32Array },
  ): void {
    const { engine, vocabulary: V } = this;
    const n = places.length;
    const H = hidden.length / n;
    for (let r = 0; r < n;) {
      // Rows of one text go through one product with its keys.
      const text = textOf(r);
      let end = r + 1;
      while (end < n && textOf(end) === text) end++;
      const { slots } = text;
      const products = this.#products.take((end - r) * slots);
      const operands = [hidden.slice(r * H, (end - r) * H), text.keys, products, end - r, H, slots] as const;
      if (end - r > 1) engine.linearMany(...operands);
      else engine.linear(...operands);
      for (let row = r; row < end; row++) {
        const x = logits.slice(row * V, V);
        const likeness = products.slice((row - r) * slots, slots);
        this.#mass.mix(x, scale, normaliser(engine, x, scale).logSum, likeness, text, places[row]!);
      }
      r = end;
    }
  }
}
