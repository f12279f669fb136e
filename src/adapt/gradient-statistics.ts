/**
 * How large each weight's gradient is: r = √(mean over windows of g²), g the gradient of a window's mean loss, at the
 * trained weights. Dynamic evaluation divides its steps by it (Krause et al., 2018, section 4).
 */
import { Turns } from "../breathe.js";
import type { Floats } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Batches } from "../text/windows/batches.js";
import type { Measuring } from "../train/evaluate.js";

/** r by a parameter's name, in the shape of the parameter. */
export type GradientStatistics = ReadonlyMap<string, Floats>;

/**
 * Reads windows as training does, without dropout and without changing a weight.
 * @param most tokens to read at most
 * @throws UserError for weights that are not trained; the signal's reason where that ended it
 */
export async function gatherStatistics(
  model: LanguageModel,
  batches: Batches,
  most: number,
  { onProgress, signal }: Measuring = {},
): Promise<GradientStatistics> {
  const { engine, parameters } = model;
  const squares = parameters.map(({ value }) => new Float32Array(value.length));
  const state = model.zeroState(batches.batchSize);
  const sums = engine.sums();
  const turns = new Turns();
  const total = Math.min(most, batches.targetsPerEpoch);
  let windows = 0;
  let tokens = 0;
  while (tokens < total && windows < batches.windows(0)) {
    const window = batches.window(0, windows++);
    if (window.fresh) state.reset();
    tokens += model.train(window, state, {}, sums);
    for (const [i, { grad }] of parameters.entries()) {
      const g = engine.read(grad);
      const sum = squares[i]!;
      for (let j = 0; j < sum.length; j++) sum[j]! += g[j]! * g[j]!;
    }
    onProgress?.(Math.min(tokens, total), total);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  for (const sum of squares) for (let j = 0; j < sum.length; j++) sum[j] = Math.sqrt(sum[j]! / windows);
  return new Map(parameters.map(({ name }, i) => [name, squares[i]!]));
}
