/**
 * Draws from a fixed discrete distribution in constant time: the alias method (Walker, 1977) as Vose (1991) builds it.
 * Cell i holds token i with probability `own[i]` and its alias otherwise; every cell is as likely as any other.
 */
import type { Random } from "../engine/random.js";

export class AliasTable {
  readonly #own: Float64Array;
  readonly #alias: Int32Array;

  /** @param weights not negative, at least one above zero; they need not sum to 1 */
  constructor(weights: Float64Array) {
    const n = weights.length;
    const total = weights.reduce((a, b) => a + b, 0);
    if (!(total > 0 && total < Infinity))
      throw new RangeError(`the weights of a distribution sum to ${total}`);
    const own = weights.map((weight) => (weight * n) / total);
    const alias = Int32Array.from({ length: n }, (_, i) => i);
    const less: number[] = [];
    const more: number[] = [];
    for (let i = 0; i < n; i++) (own[i]! < 1 ? less : more).push(i);
    while (less.length > 0 && more.length > 0) {
      const poor = less.pop()!;
      const rich = more.at(-1)!;
      alias[poor] = rich;
      own[rich]! -= 1 - own[poor]!;
      if (own[rich]! < 1) less.push(more.pop()!);
    }
    // Cells that are left over because of rounding are full.
    for (const i of [...less, ...more]) own[i] = 1;
    this.#own = own;
    this.#alias = alias;
  }

  draw(random: Random): number {
    const cell = random.below(this.#own.length);
    return random.next() < this.#own[cell]! ? cell : this.#alias[cell]!;
  }
}
