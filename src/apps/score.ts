/** Scoring: how probable a model finds given lines, token by token and in sum. */
import { notFinite } from "../model/not-finite.js";
import type { Predictor } from "../model/predictor.js";
import { beginningOf, lineIds } from "../generate/beginning.js";
import { lineState } from "./fresh-state.js";
import { READ_STEPS } from "../generate/prompt.js";
import { countCharacters } from "../text/characters.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

/** One token of a scored line. */
export interface TokenScore {
  /** As a person should see it. */
  readonly token: string;
  readonly id: number;
  /** ln p of the token after all before it, in nats; null for a first token that nothing predicts. */
  readonly logProbability: number | null;
  /** −log₂ p, in bits. */
  readonly surprisal: number | null;
}

/** A scored line: its tokens and their sums. */
export interface LineScore {
  readonly text: string;
  readonly scores: readonly TokenScore[];
  /** Tokens that were predicted. */
  readonly tokens: number;
  /** Σ −ln p over them. */
  readonly nats: number;
  /** Σ −log₂ p. */
  readonly bits: number;
  /** e to the mean of −ln p; null where nothing was predicted. */
  readonly perplexity: number | null;
  /**
   * Bits over the characters (code points) of the predicted tokens; `<eos>` counts as one, a newline. Null without any.
   */
  readonly bitsPerChar: number | null;
  /** Tokens that are `<unk>`. */
  readonly unknown: number;
}

/**
 * Scores one line, from the zero state. Models of lines score `<bos>` line `<eos>`, the end included. Models of running
 * text score the line as it would follow a newline, without one of its own at its end; where the vocabulary has no
 * newline its first token is read, but not scored. To a model that follows what it reads, lines that are scored one after
 * the other are one text. The line is taken in the normal form of Unicode that the vocabulary has.
 * @throws UserError where no finite figure comes out
 */
export function scoreLine(model: Predictor, tokenizer: Tokenizer, line: string): LineScore {
  const text = inKnownForm(tokenizer, line);
  const beginning = beginningOf(tokenizer);
  const end = tokenizer.bosId === undefined ? undefined : tokenizer.eosId;
  const own = tokenizer.encode(text);
  const ids = lineIds(tokenizer, text);
  const logProbabilities = logProbabilitiesOf(model, ids);
  const scores: TokenScore[] = [];
  if (beginning === undefined && ids.length > 0) {
    scores.push({ token: tokenizer.display(ids[0]!), id: ids[0]!, logProbability: null, surprisal: null });
  }
  let nats = 0;
  for (const [i, logProbability] of logProbabilities.entries()) {
    const id = ids[i + 1]!;
    nats -= logProbability;
    const surprisal = bitsOf(-logProbability);
    scores.push({ token: tokenizer.display(id), id, logProbability, surprisal });
  }
  const unscored = beginning === undefined && own.length > 0 ? tokenizer.decode(own.subarray(0, 1)) : "";
  const characters = countCharacters(text) - countCharacters(unscored) + (end === undefined ? 0 : 1);
  const tokens = logProbabilities.length;
  const perplexity = tokens > 0 ? Math.exp(nats / tokens) : null;
  if (perplexity !== null && !Number.isFinite(perplexity)) throw notFinite(model);
  return {
    text: line,
    scores,
    tokens,
    nats,
    bits: bitsOf(nats),
    perplexity,
    bitsPerChar: tokens > 0 && characters > 0 ? bitsOf(nats) / characters : null,
    unknown: own.reduce((count, id) => count + (id === tokenizer.unknownId ? 1 : 0), 0),
  };
}

/** ln p of every id but the first, after all before it. */
function logProbabilitiesOf(model: Predictor, ids: Int32Array): Float64Array {
  const all = new Float64Array(Math.max(0, ids.length - 1));
  const state = lineState(model);
  const window = new Float64Array(READ_STEPS);
  for (let from = 0; from < all.length; from += READ_STEPS) {
    const T = Math.min(READ_STEPS, all.length - from);
    const inputs = ids.subarray(from, from + T);
    const targets = ids.subarray(from + 1, from + 1 + T);
    const out = window.subarray(0, T);
    model.evaluate({ T, B: 1, inputs, targets }, state, out);
    all.set(out, from);
  }
  return all;
}

/** Nats in bits; −0 is 0. */
function bitsOf(nats: number): number {
  return nats / Math.LN2 + 0;
}
