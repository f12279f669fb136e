/**
 * The vectors nearest to some queries, by the cosine of their angle: exact, by a product of the queries with every block.
 *
 *   s_qn = (q · v_n − q · μ) / ‖v'_n‖
 *
 * where q has the length 1 and nothing of the common part in it any more, and v' = P (v − μ) is v without its own
 * (common-part.ts): P is symmetric and leaves q as it is, so that q · v' = q · (v − μ).
 */
import { Turns } from "../breathe.js";
import type { Engine } from "../engine/engine.js";
import { Greatest } from "../greatest.js";
import { Workspace } from "../layers/layer.js";
import { dot, type VectorBlocks } from "./vector-blocks.js";

/** From so many queries on, packing a block for the product pays. */
const MANY_QUERIES = 6;

export interface Neighbour {
  /** Number of the vector, from 0. */
  readonly index: number;
  /** The cosine, from −1 to 1. */
  readonly score: number;
}

export interface SimilarOptions {
  /** How many to find at most. */
  readonly most: number;
  /** μ (D), where it was taken out of the queries. */
  readonly mean?: Float64Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Searches one after the other, in memory of the engine that is made once. */
export class SimilaritySearch {
  readonly #engine: Engine;
  readonly #queries: Workspace;
  readonly #block: Workspace;
  readonly #products: Workspace;

  constructor(engine: Engine) {
    this.#engine = engine;
    [this.#queries, this.#block, this.#products] = [1, 2, 3].map(() => new Workspace(engine)) as [
      Workspace,
      Workspace,
      Workspace,
    ];
  }

  /**
   * @param lengths ‖v'_n‖ (N); vectors of which nothing is left, whose length is 0, are not found
   * @param queries (Q, D), each of length 1 and without the common part
   * @returns for each query the nearest first; of equals the earlier
   * @throws the signal's reason where that ended it
   */
  async mostSimilar(
    vectors: VectorBlocks,
    lengths: Float32Array,
    queries: Float32Array,
    { most, mean, signal }: SimilarOptions,
  ): Promise<Neighbour[][]> {
    const engine = this.#engine;
    const D = vectors.width;
    const Q = queries.length / D;
    const best = Array.from({ length: Q }, () => new Greatest<number>(most));
    const shift = best.map((_, q) => (mean ? dot(queries.subarray(q * D, (q + 1) * D), mean) : 0));
    const q = this.#queries.take(Q * D);
    engine.write(queries, q);
    const turns = new Turns();
    let from = 0;
    for (const values of vectors.blocks()) {
      const n = values.length / D;
      const block = this.#block.take(n * D);
      const product = this.#products.take(Q * n);
      engine.write(values, block);
      if (Q < MANY_QUERIES) engine.linear(q, block, product, Q, D, n);
      else engine.linearMany(q, block, product, Q, D, n);
      const found = engine.read(product);
      for (const [i, one] of best.entries())
        for (let r = 0; r < n; r++) {
          const length = lengths[from + r]!;
          if (length > 0) one.add(from + r, clamped((found[i * n + r]! - shift[i]!) / length));
        }
      from += n;
      if (turns.due) {
        await turns.give();
        signal?.throwIfAborted();
      }
    }
    return best.map(({ found }) => found.map(({ item, score }) => ({ index: item, score })));
  }
}

/** Rounding may carry a cosine past its bounds. */
const clamped = (cosine: number): number => Math.max(-1, Math.min(1, cosine));
