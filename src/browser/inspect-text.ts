/** A text as a model reads it: how surprised it is by each token, what it expected, and what its units do. */
import type { LoadedModel } from "../apps/loaded-model.js";
import { Turns } from "../breathe.js";
import { beginningOf } from "../generate/beginning.js";
import type { RecurrentState } from "../model/state.js";
import { greatest, probabilities } from "./next-tokens.js";
import type { InspectedToken, Inspection } from "./protocol.js";

/** Tokens that are looked into at most: a page of so many coloured pieces is as much as a browser shows smoothly. */
export const MOST_TOKENS = 4000;
const EXPECTED = 6;

/** Reads the text from the state of a new line. Stops early, with what it has, when the signal is aborted. */
export async function inspectText(
  loaded: LoadedModel,
  text: string,
  signal: AbortSignal,
): Promise<Inspection> {
  const { model, tokenizer, config } = loaded;
  const all = tokenizer.encode(text);
  const ids = all.subarray(0, MOST_TOKENS);
  const units = config.layers * config.hidden;
  const activations = new Float32Array(ids.length * units);
  const tokens: InspectedToken[] = [];
  const decoder = tokenizer.decodeStream();
  const state = model.zeroState(1);
  const beginning = beginningOf(tokenizer);
  let p =
    beginning === undefined ? undefined : probabilities(model.logits(Int32Array.of(beginning), state), 1);
  const turns = new Turns();
  for (const [n, id] of ids.entries()) {
    if (signal.aborted) break;
    tokens.push({
      id,
      token: tokenizer.display(id),
      text: decoder.push(id),
      surprisal: p ? -Math.log2(p[id]!) : null,
      expected: p
        ? greatest(p, EXPECTED).map((other) => ({ token: tokenizer.display(other), probability: p![other]! }))
        : [],
    });
    p = probabilities(model.logits(Int32Array.of(id), state), 1);
    keepState(state, activations, n * units);
    if (turns.due) await turns.give();
  }
  return { tokens, units, activations, leftOut: all.length - ids.length };
}

/** h of every layer, one after the other. */
function keepState(state: RecurrentState, into: Float32Array, at: number): void {
  for (const { h } of state.layers) {
    into.set(h, at);
    at += h.length;
  }
}
