/**
 * Gradient times input: what a piece did, to the first order (Denil, Demiraj and de Freitas, 2014, arXiv 1412.6815; Shrikumar
 * et al., 2016, arXiv 1605.01713). With e_i the embedding of the token x_i, E numbers, and the target y,
 *
 *   a_i = (∂ ln p(y | x) / ∂e_i) · e_i
 *
 * in nats, and of a piece the sum over its tokens. It is how much ln p(y) would fall if e_i were a little shorter, scaled up
 * to all of it: one pass back for all pieces, where erasure reads the text once for each.
 */
import type { Floats } from "../engine/engine.js";
import { Recording } from "../layers/recording.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Piece } from "./pieces.js";
import { joined, type Question } from "./question.js";

/**
 * By piece: Σ a_i, in nats. The model's gradients are overwritten, its weights are not.
 * @throws UserError for weights that are not trained; RangeError for ids outside the vocabulary
 */
export function gradientTimesInput(
  model: LanguageModel,
  { before, ids, target }: Question,
  pieces: readonly Piece[],
): number[] {
  const all = joined(before, ids, target);
  const T = all.length - 1;
  const inputs = all.subarray(0, T);
  // A row's target is the token after it; only those at the end count.
  const targets = Int32Array.from(inputs, (_, t) => (t + 1 >= all.length - target.length ? all[t + 1]! : -1));
  const recording = new Recording({ inputGradient: true });
  const count = model.train(
    { T, B: 1, inputs, targets },
    model.zeroState(1),
    { recording },
    model.engine.sums(),
  );
  // Of the mean of −ln p over `count` targets.
  return timesInput(model, recording.inputGradient!, inputs, -count, { pieces, from: before.length });
}

/** Σ scale · g_i · e_i over the tokens of each piece. @param gradient g (T, E) @param from where the pieces' first token stands */
export function timesInput(
  model: LanguageModel,
  gradient: Floats,
  inputs: Int32Array,
  scale: number,
  { pieces, from }: { readonly pieces: readonly Piece[]; readonly from: number },
): number[] {
  const E = model.config.embedding;
  const { embedding, engine } = model;
  return pieces.map(({ start, end }) => {
    let sum = 0;
    for (let t = from + start; t < from + end; t++) {
      const e = engine.read(embedding.slice(inputs[t]! * E, E));
      for (let i = 0; i < E; i++) sum += gradient[t * E + i]! * e[i]!;
    }
    return scale * sum + 0;
  });
}
