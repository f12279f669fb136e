/**
 * The state before anything was read, for work that is done at once: the same one again and again. An engine's memory
 * comes back only when the garbage collector has had its turn, which it does not get within a loop over many lines.
 */
import { beginLine, type Predictor, type PredictorState } from "../model/predictor.js";

const states = new WeakMap<Predictor, PredictorState>();

/** A state of one sequence, the caller's own until one is asked for by the same predictor again. */
export function freshState(predictor: Predictor): PredictorState {
  const state = knownState(predictor);
  state.reset();
  return state;
}

/** The same at the beginning of another line, of which a predictor may remember those before. */
export function lineState(predictor: Predictor): PredictorState {
  const state = knownState(predictor);
  beginLine(state);
  return state;
}

function knownState(predictor: Predictor): PredictorState {
  let state = states.get(predictor);
  if (!state) states.set(predictor, (state = predictor.zeroState(1)));
  return state;
}
