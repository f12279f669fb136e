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
  /** Another text in its place: what made the one more probable than the other. Of a language model. */
  readonly against?: string | undefined;
  /** Pieces: words, each with the white space before it, or tokens. */
  readonly by?: (typeof PIECES)[number] | undefined;
  /**
   * What is missing without a piece (explain/erasure.ts), gradient times input (explain/gradient-input.ts), or integrated gradients
   * (explain/integrated-gradients.ts).
   */
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
    against,
    by = EXPLAIN_OPTIONS.by.default,
    method = EXPLAIN_OPTIONS.method.default,
    context = EXPLAIN_OPTIONS.context.default,
    onProgress,
    signal,
  } = options;
  if (model instanceof Classifier) {
    if (against !== undefined)
      throw new UserError({
        option: "against",
        problem: sentence`${option("against", against)} is for what a language model expects, and this is a classifier`,
        advice: sentence`leave it out, and name a label with ${option("target")}`,
      });
    if (method !== "erasure")
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
  const pieces = piecesOf(tokenizer, ids, by);
  const other = against === undefined ? undefined : targetIds(model, joined(before, ids), against, "against");
  const told: Told[] = [];
  const targets = [follows, ...(other ? [other] : [])];
  for (const [n, one] of targets.entries())
    told.push(
      await effectsOf(predictor, { before, ids, target: one }, pieces, method, {
        signal,
        onProgress: (done) =>
          onProgress?.(Math.floor(((n + done) * pieces.length) / targets.length), pieces.length),
      }),
    );
  const [own, instead] = told as [Told, Told | undefined];
  const effects = own.effects.map((effect, n) => difference(effect, instead ? instead.effects[n]! : 0));
  const { logProbability } = own;
  if (
    ![logProbability, instead?.logProbability ?? 0].every(Number.isFinite) ||
    effects.some((effect) => effect !== null && !Number.isFinite(effect))
  )
    throw notFinite(predictor);
  const lead = beginningOf(tokenizer) === undefined ? 0 : 1;
  return {
    text: read,
    target: textOf(tokenizer, read, ids, follows),
    logProbability,
    probability: Math.exp(logProbability),
    ...(other && {
      against: { text: textOf(tokenizer, read, ids, other), logProbability: instead!.logProbability },
    }),
    method,
    ...(own.completeness && {
      completeness: {
        points: Math.max(own.completeness.points, instead?.completeness?.points ?? 0),
        gap: Math.max(own.completeness.gap, instead?.completeness?.gap ?? 0),
      },
    }),
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

/** What each piece did for one target. */
interface Told extends Pick<Explanation, "logProbability" | "completeness"> {
  readonly effects: readonly (number | null)[];
}

const difference = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a - b;

async function effectsOf(
  predictor: Predictor,
  question: Question,
  pieces: readonly Piece[],
  method: Explanation["method"],
  { signal, onProgress }: { signal: AbortSignal | undefined; onProgress: (done: number) => void },
): Promise<Told> {
  if (method === "erasure")
    return erasure(predictor, question, pieces, {
      signal,
      onProgress: (done) => onProgress(done / pieces.length),
    });
  const model = withGradients(predictor, method);
  if (method === "gradient") {
    const { logProbability } = await erasure(model, question, []);
    return { logProbability, effects: gradientTimesInput(model, question, pieces) };
  }
  const { integratedGradients } = await import("../explain/integrated-gradients.js");
  const { effects, logProbability, points, gap } = await integratedGradients(model, question, pieces, {
    signal,
    onProgress,
  });
  return { effects, logProbability, completeness: { points, gap } };
}

/** The tokens of the target: those of its text, or the most probable one. @throws UserError where the vocabulary has not all */
function targetIds(
  { model, tokenizer }: TextModel,
  after: Int32Array,
  target: string | undefined,
  name: "target" | "against" = "target",
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
    option: name,
    problem: sentence`${option(name, target)} has ${unknown.length === 0 ? "no token" : `${unknown.slice(0, 5).join(", ")} in it, which the vocabulary has not`}`,
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
function withGradients(predictor: Predictor, method: Explanation["method"]): LanguageModel {
  if (!(predictor instanceof LanguageModel))
    throw new UserError({
      option: "method",
      problem: sentence`${option("method", method)} is for a single model, and this is several joined`,
      advice: sentence`take ${option("method", "erasure")}`,
    });
  if (predictor.config.weights !== undefined)
    throw new UserError({
      option: "method",
      problem: sentence`${option("method", method)} takes gradients, and this model's ${predictor.config.weights} weights have none`,
      advice: sentence`take ${option("method", "erasure")}, or the model of floats that it was made from`,
    });
  return predictor;
}
