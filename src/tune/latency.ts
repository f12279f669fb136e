/** How long a model takes for a token, as it writes: one after the other, alone. */
import type { Predictor } from "../model/predictor.js";

/** Tokens before it is measured: tables are made with the first. */
const WARM_UP = 8;
/** Tokens that are measured, at least and at most, and milliseconds after which it is enough. */
const TOKENS = { least: 16, most: 400 };
const ENOUGH = 300;

/** The median of milliseconds a token. It does not hang on the weights, so that a model need not be trained for it. */
export function measureLatency(model: Predictor): number {
  const state = model.zeroState(1);
  const ids = new Int32Array(1);
  const times: number[] = [];
  const begun = performance.now();
  for (let i = -WARM_UP; i < TOKENS.most; i++) {
    ids[0] = Math.abs(i * 7919) % model.vocabulary;
    const start = performance.now();
    model.logits(ids, state);
    if (i >= 0) times.push(performance.now() - start);
    if (times.length >= TOKENS.least && performance.now() - begun > ENOUGH) break;
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
