/** A text as a model reads it: how surprised it is by each token, what it expected, and what its units do. */
import { checkText } from "../argument-checks.js";
import { Turns } from "../breathe.js";
import { beginningOf } from "../generate/beginning.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { greatest, probabilities } from "./next-tokens.js";
import type { TextPredictor } from "./text-predictor.js";

/** One token of an inspected text. */
export interface InspectedToken {
  readonly id: number;
  /** As a person should see it, and the text that it stands for: of a model of lines, a newline for each line's end. */
  readonly token: string;
  readonly text: string;
  /** −log₂ p of the token after all before it, in bits; null where nothing predicts it. */
  readonly surprisal: number | null;
  /** The tokens that the model found most probable in its place. */
  readonly expected: readonly { readonly token: string; readonly probability: number }[];
}

/** A text as the model reads it. */
export interface Inspection {
  readonly tokens: readonly InspectedToken[];
  /** H of all layers together: the units of the first layer, then of the next. */
  readonly units: number;
  /** (tokens, units): h of every layer after it read the token; zeros where a line is over and its state with it. */
  readonly activations: Float32Array;
  /** Tokens at the end that were not inspected, since there is a limit. */
  readonly leftOut: number;
}

/** Tokens inspected at most: a browser does not show more coloured pieces smoothly. */
export const MOST_TOKENS = 4000;
const EXPECTED = 6;

/** Reads the text from the state of a new line. Stops early, with what it has, when the signal is aborted. @throws UserError */
export async function inspectText(
  { model, tokenizer }: TextPredictor,
  text: string,
  signal: AbortSignal,
): Promise<Inspection> {
  checkText("The text to look into", text);
  const all = idsOf(tokenizer, inKnownForm(tokenizer, text));
  const ids = all.slice(0, MOST_TOKENS);
  const state = model.zeroState(1);
  const units = state.units ?? 0;
  const activations = new Float32Array(ids.length * units);
  const tokens: InspectedToken[] = [];
  const beginning = beginningOf(tokenizer);
  const after = (id: number) => probabilities(model.logits(Int32Array.of(id), state), 1, [], model);
  const begin = () => (beginning === undefined ? undefined : after(beginning));
  let decoder = tokenizer.decodeStream();
  let p = begin();
  const turns = new Turns();
  for (const [n, id] of ids.entries()) {
    if (signal.aborted) break;
    const lineEnds = tokenizer.bosId !== undefined && id === tokenizer.eosId;
    tokens.push({
      id,
      token: tokenizer.display(id),
      text: lineEnds ? "\n" : decoder.push(id),
      surprisal: p ? -Math.log2(p[id]!) : null,
      expected: p
        ? greatest(p, EXPECTED).map((other) => ({ token: tokenizer.display(other), probability: p![other]! }))
        : [],
    });
    if (lineEnds) {
      state.reset();
      decoder = tokenizer.decodeStream();
      p = begin();
    } else {
      p = after(id);
      state.readUnits?.(activations.subarray(n * units, (n + 1) * units));
    }
    if (turns.due) await turns.give();
  }
  return { tokens, units, activations, leftOut: all.length - ids.length };
}

/** For a model of lines each newline is the end of one. */
function idsOf(tokenizer: Tokenizer, text: string): readonly number[] {
  const { bosId, eosId } = tokenizer;
  if (bosId === undefined || eosId === undefined) return Array.from(tokenizer.encode(text));
  return text
    .split("\n")
    .flatMap((line, number) => [...(number > 0 ? [eosId] : []), ...tokenizer.encode(line)]);
}
