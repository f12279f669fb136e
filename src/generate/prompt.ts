/** Reads a prompt: from the zero state, window by window, to the logits of what comes next. */
import type { Floats } from "../engine/engine.js";
import type { Predictor, PredictorState } from "../model/predictor.js";

/** Time steps of a window in which text is read that is not trained on. */
export const READ_STEPS = 64;

/**
 * Reads ids into the state of one sequence, in windows; `state` is advanced in place.
 * @param ids at least one
 * @returns (V) logits of the next token, valid until the model's next call
 */
export function readPrompt(model: Predictor, ids: Int32Array, state: PredictorState): Floats {
  const last = ids.length - 1;
  for (let from = 0; from < last; from += READ_STEPS) {
    const inputs = ids.subarray(from, Math.min(from + READ_STEPS, last));
    const T = inputs.length;
    model.evaluate({ T, B: 1, inputs, targets: new Int32Array(T).fill(-1) }, state);
  }
  return model.logits(ids.subarray(last), state);
}
