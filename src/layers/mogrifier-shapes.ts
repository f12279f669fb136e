/**
 * Names and shapes of the weights that the rounds of a Mogrifier LSTM have: see mogrifier.ts. Letters and numbers are the
 * paper's: q1, r2, q3 …
 */

import type { Mogrification } from "../cells.js";

interface RoundShapes {
  /** Q (I, H) or R (H, I); or left and right. */
  readonly matrices: readonly { readonly name: string; readonly shape: readonly [n: number, k: number] }[];
  readonly bias: { readonly name: string; readonly shape: readonly [n: number] };
}

/** The weights of a layer's rounds, in their order. @param I, H widths of the layer's input and state */
export function roundShapes(
  layer: number,
  I: number,
  H: number,
  { rounds, rank }: Mogrification,
): readonly RoundShapes[] {
  return Array.from({ length: rounds }, (_, i) => {
    const [letter, n, m] = i % 2 === 0 ? ["q", I, H] : ["r", H, I];
    const name = (what: string, part = ""): string => `rnn.${what}_${letter}${i + 1}${part}_l${layer}`;
    const matrices =
      rank === 0
        ? [{ name: name("weight"), shape: [n, m] as const }]
        : [
            { name: name("weight", "_left"), shape: [n, rank] as const },
            { name: name("weight", "_right"), shape: [rank, m] as const },
          ];
    return { matrices, bias: { name: name("bias"), shape: [n] as const } };
  });
}

/** Weights of all rounds' matrices. */
export function roundWeights(I: number, H: number, mogrify: Mogrification): number {
  const matrices = roundShapes(0, I, H, mogrify).flatMap((round) => round.matrices);
  return matrices.reduce((sum, { shape: [n, k] }) => sum + n * k, 0);
}

/** Numbers of such a layer's working memory for each row of a window, in training. */
export function roundFloats(I: number, H: number, { rounds, rank }: Mogrification): number {
  const [odd, even] = [Math.ceil(rounds / 2), Math.floor(rounds / 2)];
  // s and y of each round; of low rank right v and its gradient; dX
  return 2 * (odd * I + even * H) + 2 * rounds * rank + I;
}

const ROUND_WEIGHT = /^rnn\.(weight|bias)_[qr]\d+(_left|_right)?_l\d+$/;

/**
 * The range of a round's initial weights, uniform in ±: 1/√k of a matrix (n, k), whatever its k, and 0 of a bias, so that
 * the gates begin near 1. Undefined for the name of another weight.
 */
export function initialRoundRange(name: string, shape: readonly number[]): number | undefined {
  if (!ROUND_WEIGHT.test(name)) return undefined;
  return shape.length === 1 ? 0 : 1 / Math.sqrt(shape[1]!);
}
