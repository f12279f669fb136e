/**
 * How strongly a prediction depends on what was read k tokens before: the norm of the loss's gradient by the embedded input,
 *
 *   n(k) = mean over places t of ‖∂(−ln p(x_t)) / ∂e_{t−k}‖₂,   k = 1, 2, …
 *
 * with e_i the embedding of token i. Where it falls to zero, training cannot learn a dependency from there.
 */
import { Turns } from "../../breathe.js";
import { Recording } from "../../layers/recording.js";
import type { LanguageModel } from "../../model/language-model.js";
import { type MeanAndError, meanAndError } from "./mean-and-error.js";
import type { Work } from "./row-losses.js";

/** Rows of a batch: few, as a pass back holds all of their tokens, and ends before anything else is heard. */
const BATCH = 16;

/**
 * n(1) … n(K), each with its standard error. The model's gradients are overwritten, its weights are not.
 * @param rows (K + 1) tokens each, of which the last is predicted
 * @throws the signal's reason where that ended it; UserError for weights that are not trained
 */
export async function inputGradients(
  model: LanguageModel,
  rows: readonly Int32Array[],
  { signal, onTokens }: Work = {},
): Promise<MeanAndError[]> {
  const K = rows[0]!.length - 1;
  const E = model.config.embedding;
  const norms = Array.from({ length: K }, () => new Float64Array(rows.length));
  const turns = new Turns();
  for (let first = 0; first < rows.length; first += BATCH) {
    const part = rows.slice(first, first + BATCH);
    const B = part.length;
    const inputs = new Int32Array(K * B);
    const targets = new Int32Array(K * B).fill(-1);
    for (const [b, row] of part.entries()) {
      for (let t = 0; t < K; t++) inputs[t * B + b] = row[t]!;
      targets[(K - 1) * B + b] = row[K]!;
    }
    const recording = new Recording({ inputGradient: true });
    const count = model.train(
      { T: K, B, inputs, targets },
      model.zeroState(B),
      { recording },
      model.engine.sums(),
    );
    const gradient = recording.inputGradient!;
    for (let t = 0; t < K; t++)
      for (let b = 0; b < B; b++) {
        let squares = 0;
        for (let e = 0; e < E; e++) squares += gradient[(t * B + b) * E + e]! ** 2;
        // The loss was the mean over `count` targets.
        norms[K - 1 - t]![first + b] = count * Math.sqrt(squares);
      }
    onTokens?.(K * B);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  return norms.map(meanAndError);
}
