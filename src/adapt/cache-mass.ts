/** One row's mixture of a model and a cache: the cache's mass by token, added to the model's probabilities. */
import type { Engine, Floats, Tensor } from "../engine/engine.js";
import { Workspace } from "../layers/layer.js";
import type { CachedText } from "./cached-text.js";
import type { CacheSettings } from "./settings.js";

/** A range of slots. */
type Range = readonly [from: number, length: number];

/** Slots of the places from `begin` to `end`, exclusive: two ranges where they go over the ring's end. */
export function slotRanges(text: CachedText, begin: number, end: number): readonly Range[] {
  if (end <= begin) return [];
  const from = text.slotOf(begin);
  const length = end - begin;
  const toEnd = text.next.length - from;
  return length <= toEnd
    ? [[from, length]]
    : [
        [from, toEnd],
        [0, length - toEnd],
      ];
}

export class CacheMass {
  readonly #engine: Engine;
  readonly #window: number;
  readonly #theta: number;
  /** λ / (1 − λ) */
  readonly #odds: number;
  /** By token: Σ e^{θ (h_t·h_i − max)} over its places; zero between calls. */
  readonly #mass: Float64Array;
  readonly #seen: Int32Array;
  readonly #weights: Workspace;
  readonly #row: Floats;

  constructor(engine: Engine, vocabulary: number, { window, theta, lambda }: CacheSettings) {
    this.#engine = engine;
    this.#window = window;
    this.#theta = theta;
    this.#odds = lambda / (1 - lambda);
    this.#mass = new Float64Array(vocabulary);
    this.#seen = new Int32Array(vocabulary);
    this.#weights = new Workspace(engine);
    this.#row = engine.precision === "f64" ? new Float64Array(vocabulary) : new Float32Array(vocabulary);
  }

  /**
   * The logits x (V) of p_model become those of the mixture: of a token that the cache has not, x stays, up to the constant
   * ln(1 − λ); of one that it has, scale · x = ln(p_model + λ / (1 − λ) p_cache) + ln Σ e^{scale · x}.
   * @param logSum ln Σ e^{scale · x}
   * @param likeness h_t · h_i by slot; overwritten
   * @param place t; the cache's places are those before it
   */
  mix(x: Tensor, scale: number, logSum: number, likeness: Tensor, text: CachedText, place: number): void {
    const engine = this.#engine;
    const ranges = slotRanges(text, Math.max(0, place - this.#window), place);
    if (ranges.length === 0 || this.#odds === 0) return;
    const parts = ranges.map(([from, length]) => likeness.slice(from, length));
    const greatest = Math.max(...parts.map((part) => engine.greatest(part)));
    const mass = this.#mass;
    const seen = this.#seen;
    let tokens = 0;
    let sum = 0;
    for (const [i, part] of parts.entries()) {
      const weights = this.#weights.take(part.length);
      engine.sumOfExponentials(part, greatest, this.#theta, weights);
      const e = engine.read(weights);
      const [from] = ranges[i]!;
      for (let slot = 0; slot < e.length; slot++) {
        const token = text.next[from + slot]!;
        // What came after the last token of a line is not known; what is too unlike weighs nothing.
        if (token < 0 || e[slot] === 0) continue;
        if (mass[token] === 0) seen[tokens++] = token;
        mass[token]! += e[slot]!;
        sum += e[slot]!;
      }
    }
    if (sum > 0) {
      const row = engine.read(x, this.#row);
      for (let i = 0; i < tokens; i++) {
        const token = seen[i]!;
        const p = Math.exp(scale * row[token]! - logSum) + (this.#odds * mass[token]!) / sum;
        row[token] = (Math.log(p) + logSum) / scale;
      }
      engine.write(row, x);
    }
    for (let i = 0; i < tokens; i++) mass[seen[i]!] = 0;
  }
}
