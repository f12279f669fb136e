/**
 * One vector of the states of a text. With h_1 … h_n (H) what the output layer reads after each of its tokens w_1 … w_n,
 *
 *   last     h_n
 *   mean     Σ_t h_t / n
 *   max      max_t h_t, element by element
 *   concat   [h_n; max_t h_t; Σ_t h_t / n], 3H (Howard and Ruder, 2018, arXiv 1801.06146)
 *   sif      Σ_t a / (a + p(w_t)) h_t / n (Arora, Liang and Ma, 2017: "A simple but tough-to-beat baseline for sentence
 *            embeddings", there of vectors of words)
 *
 * with p(w) the probability of a token in some text. A text without tokens has the vector 0.
 */
import type { Floats } from "../engine/engine.js";
import type { POOLS } from "../options/words.js";

export { pooledWidth } from "../model/widths.js";

export type Pool = (typeof POOLS)[number];

export interface Pooling {
  readonly pool: Pool;
  /** By token: a / (a + p), of sif. */
  readonly weights?: Float64Array | undefined;
}

/** a / (a + p) by token. @param counts how often each occurs; of tokens that do not occur p is 0 */
export function sifWeights(counts: ArrayLike<number>, a: number): Float64Array {
  let total = 0;
  for (let id = 0; id < counts.length; id++) total += counts[id]!;
  return Float64Array.from(counts, (count) => a / (a + (total > 0 ? count / total : 0)));
}

/** Gathers the states of one text as they come. */
export class PooledText {
  readonly #pooling: Pooling;
  readonly #sum: Float64Array;
  readonly #greatest: Float64Array;
  readonly #last: Float64Array;
  #count = 0;

  /** @param hidden H */
  constructor(pooling: Pooling, hidden: number) {
    const { pool } = pooling;
    const all = pool === "concat";
    const room = (needed: boolean): Float64Array => new Float64Array(needed ? hidden : 0);
    this.#pooling = pooling;
    this.#sum = room(all || pool === "mean" || pool === "sif");
    this.#greatest = room(all || pool === "max");
    this.#last = room(all || pool === "last");
  }

  /** Begins another text. */
  begin(): void {
    this.#sum.fill(0);
    this.#greatest.fill(-Infinity);
    this.#count = 0;
  }

  /** @param h where the state after the token stands, from `at` on @param id of the token @param isLast of the text */
  add(h: Floats, at: number, id: number, isLast: boolean): void {
    const sum = this.#sum;
    const greatest = this.#greatest;
    const weight = this.#pooling.weights?.[id] ?? 1;
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * h[at + i]!;
    for (let i = 0; i < greatest.length; i++) if (!(h[at + i]! <= greatest[i]!)) greatest[i] = h[at + i]!;
    if (isLast) for (let i = 0; i < this.#last.length; i++) this.#last[i] = h[at + i]!;
    this.#count++;
  }

  /** Writes the vector of what was added, at least one state, to `into` (pooledWidth). */
  end(into: Float32Array): void {
    const n = this.#count;
    const { pool } = this.#pooling;
    if (pool === "last") return into.set(this.#last);
    if (pool === "max") return into.set(this.#greatest);
    const H = this.#sum.length;
    let at = 0;
    if (pool === "concat") {
      into.set(this.#last);
      into.set(this.#greatest, H);
      at = 2 * H;
    }
    for (let i = 0; i < H; i++) into[at + i] = this.#sum[i]! / n;
  }
}
