/** Which words decided: what each piece of a text did for the probability of what follows it. */
import { checkText, refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { erasure } from "../explain/erasure.js";
import type { Explanation } from "../explain/explanation.js";
import { gradientTimesInput } from "../explain/gradient-input.js";
import { type Piece, piecesOf } from "../explain/pieces.js";
import { joined, type Question } from "../explain/question.js";
import { beginningOf, unwrittenTokens } from "../generate/beginning.js";
import { decoderAfter } from "../generate/decoder-after.js";
import { readPrompt } from "../generate/prompt.js";
import { LanguageModel } from "../model/language-model.js";
import { notFinite } from "../model/not-finite.js";
import type { Predictor } from "../model/predictor.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { EXPLAIN_OPTIONS } from "../options/explain-options.js";
import type { EXPLAIN_METHODS, PIECES } from "../options/words.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { greatest, probabilities } from "./next-tokens.js";
import { Classifier } from "./classifier.js";
import { explainLabel } from "./explain-label.js";
import { TextModel } from "./text-model.js";

/** Ranges and defaults are those of options/explain-options.ts. */
export interface ExplainOptions {
  /** The text that follows, whose probability is explained; a classifier's label. Default: the most probable token or label. */
  readonly target?: string | undefined;
  /** Pieces: words, each with the white space before it, or tokens. */
  readonly by?: (typeof PIECES)[number] | undefined;
  /** What is missing without a piece (explain/erasure.ts), or gradient times input (explain/gradient-input.ts). */
  readonly method?: (typeof EXPLAIN_METHODS)[number] | undefined;
  /** The last tokens of the text, whose pieces are looked at; so many earlier ones are read at most, too. */
  readonly context?: number | undefined;
  /** Called with the pieces that are done, of how many. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What each piece of a text did for what follows it, or for a classifier's label: by erasure; read as generation reads its prompt; of a model of lines, the last line.
 * @throws UserError for options that make no sense, a text without tokens, a target that the vocabulary has not, a model that
 * follows what it reads, and gradients of int8 weights or of what is no single model; the signal's reason where that ended it
 */
export async function explain(
  model: TextModel | Classifier,
  text: string,
  options: ExplainOptions = {},
): Promise<Explanation> {
  if (!(model instanceof TextModel) && !(model instanceof Classifier))
    refuseArgument("The model", model, "give one that load returned, or a classifier");
  checkText("The text to explain", text);
  checkOptions("explain", options, EXPLAIN_OPTIONS);
  checkBelonging(options, EXPLAIN_OPTIONS);
  const {
    target,
    by = EXPLAIN_OPTIONS.by.default,
    method = EXPLAIN_OPTIONS.method.default,
    context = EXPLAIN_OPTIONS.context.default,
    onProgress,
    signal,
  } = options;
  if (model instanceof Classifier) {
    if (method === "gradient")
      throw new UserError({
        option: "method",
        problem: sentence`${option("method", method)} is for what a language model expects, and this is a classifier`,
        advice: sentence`take ${option("method", "erasure")}`,
      });
    const told = await explainLabel(model, text, { target, by, context, signal });
    onProgress?.(told.pieces.length, told.pieces.length);
    return told;
  }
  const { model: predictor, tokenizer } = model;
  if (predictor.follows)
    throw new UserError(
      "A model that follows what it reads reads one text once, and cannot read it again without a word; give the model itself.",
    );
  const { read, before, ids } = textToExplain(tokenizer, text, context);
  const follows = targetIds(model, joined(before, ids), target);
  const question: Question = { before, ids, target: follows };
  const pieces = piecesOf(tokenizer, ids, by);
  const { logProbability, effects } =
    method === "erasure"
      ? await erasure(predictor, question, pieces, {
          signal,
          onProgress: (done) => onProgress?.(done, pieces.length),
        })
      : await withGradient(predictor, question, pieces);
  if (
    !Number.isFinite(logProbability) ||
    effects.some((effect) => effect !== null && !Number.isFinite(effect))
  )
    throw notFinite(predictor);
  const lead = beginningOf(tokenizer) === undefined ? 0 : 1;
  return {
    text: read,
    target: textOf(tokenizer, read, ids, follows),
    logProbability,
    probability: Math.exp(logProbability),
    method,
    pieces: pieces.map((piece, n) => ({ text: piece.text, effect: effects[n]! })),
    earlier: before.length - lead,
  };
}

interface TextToExplain {
  /** The text, or the line of it, as it is read. */
  readonly read: string;
  /** The token before the text, and the text's earlier tokens. */
  readonly before: Int32Array;
  /** Its last tokens. */
  readonly ids: Int32Array;
}

/** @throws UserError where the text has no tokens */
function textToExplain(tokenizer: Tokenizer, text: string, context: number): TextToExplain {
  const read = tokenizer.bosId === undefined ? text : text.slice(text.lastIndexOf("\n") + 1);
  const own = tokenizer.encode(inKnownForm(tokenizer, read));
  if (own.length === 0)
    throw new UserError("There is no word in the text, so none can have decided; give a text with some.");
  const beginning = beginningOf(tokenizer);
  const lead = beginning === undefined ? [] : [beginning];
  const from = Math.max(0, own.length - context);
  const earlier = own.subarray(Math.max(0, from - context), from);
  return { read, before: Int32Array.of(...lead, ...earlier), ids: own.subarray(from) };
}

/** The tokens of the target: those of its text, or the most probable one. @throws UserError where the vocabulary has not all */
function targetIds(
  { model, tokenizer }: TextModel,
  after: Int32Array,
  target: string | undefined,
): Int32Array {
  if (target === undefined) {
    const p = probabilities(
      readPrompt(model, after, model.zeroState(1)),
      1,
      unwrittenTokens(tokenizer),
      model,
    );
    return Int32Array.from(greatest(p, 1));
  }
  const known = inKnownForm(tokenizer, target);
  const ids = tokenizer.encode(known);
  const unknown = tokenizer.unknowns(known);
  if (ids.length > 0 && unknown.length === 0) return ids;
  throw new UserError({
    option: "target",
    problem: sentence`${option("target", target)} has ${unknown.length === 0 ? "no token" : `${unknown.slice(0, 5).join(", ")} in it, which the vocabulary has not`}`,
    advice: "give a text that the model can write",
  });
}

/** The text of a target, as it is written after those tokens. */
function textOf(tokenizer: Tokenizer, read: string, ids: Int32Array, target: Int32Array): string {
  const decoder = decoderAfter(tokenizer, read, ids);
  const texts = Array.from(target, (id) =>
    tokenizer.bosId !== undefined && id === tokenizer.eosId ? "\n" : decoder.push(id),
  );
  return texts.join("") + decoder.end();
}

/** @throws UserError where there is no gradient */
async function withGradient(
  predictor: Predictor,
  question: Question,
  pieces: readonly Piece[],
): Promise<{ logProbability: number; effects: number[] }> {
  if (!(predictor instanceof LanguageModel))
    throw new UserError({
      option: "method",
      problem: sentence`${option("method", "gradient")} is for a single model, and this is several joined`,
      advice: sentence`take ${option("method", "erasure")}`,
    });
  if (predictor.config.weights !== undefined)
    throw new UserError({
      option: "method",
      problem: sentence`${option("method", "gradient")} takes gradients, and this model's ${predictor.config.weights} weights have none`,
      advice: sentence`take ${option("method", "erasure")}, or the model of floats that it was made from`,
    });
  const { logProbability } = await erasure(predictor, question, []);
  return { logProbability, effects: gradientTimesInput(predictor, question, pieces) };
}
