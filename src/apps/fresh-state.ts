/**
 * The state before anything was read, for work that is done at once: the same one again and again. An engine's memory
 * comes back only when the garbage collector has had its turn, which it does not get within a loop over many lines.
 */
import type { Predictor, PredictorState } from "../model/predictor.js";

const states = new WeakMap<Predictor, PredictorState>();

/** A state of one sequence, the caller's own until this is called for the same predictor again. */
export function freshState(predictor: Predictor): PredictorState {
  const known = states.get(predictor);
  if (known) {
    known.reset();
    return known;
  }
  const state = predictor.zeroState(1);
  states.set(predictor, state);
  return state;
}
