/** The tokens that a model finds most probable after a text. */
import { checkText } from "../argument-checks.js";
import { Greatest } from "../greatest.js";
import { notFinite } from "../model/not-finite.js";
import type { Predictor } from "../model/predictor.js";
import { checkValue } from "../options/check.js";
import { NEXT_OPTIONS } from "../options/sampling-options.js";
import { freshState } from "./fresh-state.js";
import type { TextPredictor } from "./text-predictor.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import { beginningOf, unwrittenTokens } from "../generate/beginning.js";
import { readPrompt } from "../generate/prompt.js";
import { softmaxInPlace } from "../generate/softmax.js";

/** A token that may come next. */
export interface NextToken {
  readonly id: number;
  /** As a person should see it. */
  readonly token: string;
  /** The text that it adds; empty where it adds none, as a part of a character; a newline for the end of a line. */
  readonly text: string;
  /** After temperature, before cuts. */
  readonly probability: number;
}

/** Characters of a text that are read at most: what stands further back hardly matters any more. */
const MOST_CHARACTERS = 2000;

/** As `softmaxInPlace`, in float64. @param model that gave the logits @throws UserError where there are none */
export function probabilities(
  logits: ArrayLike<number>,
  temperature: number,
  excluded: readonly number[] = [],
  model?: Pick<Predictor, "hazard">,
): Float64Array {
  const p = Float64Array.from(logits);
  if (!softmaxInPlace(p, excluded, temperature)) throw notFinite(model);
  return p;
}

/** The ids of the greatest, the greater first, of equals the lower id. */
export function greatest(p: Float64Array, count: number): number[] {
  const best = new Greatest<number>(count);
  for (let id = 0; id < p.length; id++) best.add(id, p[id]!);
  return best.found.map(({ item }) => item);
}

/**
 * The `count` most probable tokens after a text, as generation would begin after it as its prompt; a model of lines goes
 * on with the last of its lines.
 * @throws UserError where text, count or temperature is not valid
 */
export function nextTokens(
  { model, tokenizer }: TextPredictor,
  { text, count, temperature }: { text: string; count: number; temperature: number },
): NextToken[] {
  checkText("The text", text);
  checkValue("count", count, NEXT_OPTIONS.count);
  checkValue("temperature", temperature, NEXT_OPTIONS.temperature);
  const lines = tokenizer.bosId !== undefined;
  const read = lines ? text.slice(text.lastIndexOf("\n") + 1) : text;
  const latest = read.slice(-MOST_CHARACTERS).replace(/^[\udc00-\udfff]/, "");
  const own = tokenizer.encode(inKnownForm(tokenizer, latest));
  const beginning = beginningOf(tokenizer);
  const ids = beginning === undefined ? own : Int32Array.of(beginning, ...own);
  if (ids.length === 0) return [];
  const logits = readPrompt(model, ids, freshState(model));
  const p = probabilities(logits, temperature, unwrittenTokens(tokenizer), model);
  return greatest(p, count).map((id) => {
    const decoder = tokenizer.decodeStream();
    if (own.length > 0 && !/\s$/.test(read)) decoder.push(own.at(-1)!);
    const added = lines && id === tokenizer.eosId ? "\n" : decoder.push(id);
    return { id, token: tokenizer.display(id), text: added, probability: p[id]! };
  });
}
