/** Surprisal beside entropy: the mean surprisal of the tokens of which the model expected about as much. */

/** Width of a bin, in bits. */
const WIDTH = 0.5;

export interface EntropyBin {
  readonly tokens: number;
  /** Means, in bits, and the standard error of the surprisal. */
  readonly entropy: number;
  readonly surprisal: number;
  readonly error: number;
}

export class EntropyBins {
  readonly #bins: { count: number; entropy: number; bits: number; squares: number }[] = [];

  add(entropy: number, surprisal: number): void {
    const at = Math.floor(entropy / WIDTH);
    while (this.#bins.length <= at) this.#bins.push({ count: 0, entropy: 0, bits: 0, squares: 0 });
    const bin = this.#bins[at]!;
    bin.count++;
    bin.entropy += entropy;
    bin.bits += surprisal;
    bin.squares += surprisal * surprisal;
  }

  data(): EntropyBin[] {
    return this.#bins
      .filter(({ count }) => count > 0)
      .map(({ count, entropy, bits, squares }) => {
        const mean = bits / count;
        const variance = count > 1 ? Math.max(0, squares - count * mean * mean) / (count - 1) : 0;
        return {
          tokens: count,
          entropy: entropy / count,
          surprisal: mean,
          error: Math.sqrt(variance / count),
        };
      });
  }
}
