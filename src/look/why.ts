/**
 * Why this word: what each piece of a text's end did for what follows it, or for one text and not another, by three methods side by
 * side (src/explain/), so that one sees where they disagree.
 */
import { erasure } from "../explain/erasure.js";
import { gradientTimesInput } from "../explain/gradient-input.js";
import { integratedGradients } from "../explain/integrated-gradients.js";
import { type Piece, piecesOf } from "../explain/pieces.js";
import type { Question } from "../explain/question.js";
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { unwrittenTokens } from "../generate/beginning.js";
import type { LanguageModel } from "../model/language-model.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { LookText } from "./look-text.js";

/** Tokens whose pieces are looked at, and as many that are read before them. */
const LOOKED_AT = 48;

export interface WhyPiece {
  readonly text: string;
  /** In nats, by method; null where nothing would be left to predict from, or the weights have no gradients. */
  readonly erasure: number | null;
  readonly gradient: number | null;
  readonly integrated: number | null;
}

export interface Why {
  readonly target: string;
  readonly probability: number;
  /** The text in whose place the target is explained. */
  readonly against: { readonly text: string; readonly probability: number } | null;
  readonly pieces: readonly WhyPiece[];
  /** Spearman's rank correlation of the effects by two methods; null where one has none. */
  readonly agreement: {
    readonly erasureAndGradient: number | null;
    readonly erasureAndIntegrated: number | null;
  };
  /** Of integrated gradients: how far their sum is from what it should be, in parts of that; null without gradients. */
  readonly gap: number | null;
}

export interface WhyOptions {
  /** Default: the most probable token. */
  readonly target?: string | undefined;
  readonly against?: string | undefined;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UserError for a text that the vocabulary has not; the signal's reason where that ended it */
export async function why(
  model: LanguageModel,
  { ids, starts, beginning }: LookText,
  tokenizer: Tokenizer,
  { target, against, onProgress, signal }: WhyOptions = {},
): Promise<Why> {
  // Of a model of lines the last one that has not ended, without its end.
  const start = starts.at(-1)!;
  const end = tokenizer.eosId !== undefined && tokenizer.bosId !== undefined ? ids.length - 1 : ids.length;
  const from = Math.max(start, end - LOOKED_AT);
  const lead = beginning === undefined ? [] : [beginning];
  const before = Int32Array.of(...lead, ...ids.subarray(Math.max(start, from - LOOKED_AT), from));
  const own = ids.subarray(from, end);
  if (own.length === 0)
    throw new UserError("The text's last line is empty, so that nothing explains what follows.");
  const pieces = piecesOf(tokenizer, own, "word");
  const wanted =
    target === undefined ? [mostProbable(model, tokenizer, before, own)] : encoded(tokenizer, target);
  const other = against === undefined ? undefined : encoded(tokenizer, against);
  const targets = [wanted, ...(other ? [other] : [])].map((each) => Int32Array.from(each));
  const found: ByMethod[] = [];
  for (const [n, each] of targets.entries()) {
    found.push(await byMethod(model, { before, ids: own, target: each }, pieces, signal));
    onProgress?.(n + 1, targets.length);
  }
  const [one, instead] = found as [ByMethod, ByMethod | undefined];
  const effect = (method: "erasure" | "gradient" | "integrated", n: number): number | null => {
    const a = one[method]?.[n] ?? null;
    if (!instead) return a;
    const b = instead[method]?.[n] ?? null;
    return a === null || b === null ? null : a - b;
  };
  const told = pieces.map(({ text }, n) => ({
    text,
    erasure: effect("erasure", n),
    gradient: effect("gradient", n),
    integrated: effect("integrated", n),
  }));
  const written = (each: Int32Array): string =>
    tokenizer.kind === "word"
      ? tokenizer.decode(each)
      : Array.from(each, (id) => tokenizer.display(id)).join("");
  return {
    target: target ?? written(targets[0]!),
    probability: Math.exp(one.logProbability),
    against: instead ? { text: against!, probability: Math.exp(instead.logProbability) } : null,
    pieces: told,
    agreement: {
      erasureAndGradient: agreement(told, "gradient"),
      erasureAndIntegrated: agreement(told, "integrated"),
    },
    gap: one.gap === null ? null : Math.max(one.gap, instead?.gap ?? 0),
  };
}

interface ByMethod {
  readonly logProbability: number;
  readonly erasure: readonly (number | null)[];
  readonly gradient: readonly number[] | null;
  readonly integrated: readonly number[] | null;
  readonly gap: number | null;
}

async function byMethod(
  model: LanguageModel,
  question: Question,
  pieces: readonly Piece[],
  signal: AbortSignal | undefined,
): Promise<ByMethod> {
  const { logProbability, effects } = await erasure(model, question, pieces, { signal });
  const told = { logProbability, erasure: effects };
  if (model.config.weights !== undefined) return { ...told, gradient: null, integrated: null, gap: null };
  const integrated = await integratedGradients(model, question, pieces, { signal });
  return {
    ...told,
    gradient: gradientTimesInput(model, question, pieces),
    integrated: integrated.effects,
    gap: integrated.gap,
  };
}

function mostProbable(
  model: LanguageModel,
  tokenizer: Tokenizer,
  before: Int32Array,
  own: Int32Array,
): number {
  const state = model.zeroState(1);
  let best = 0;
  const all = [...before, ...own];
  for (const [n, id] of all.entries()) {
    const x = model.logits(Int32Array.of(id), state);
    if (n < all.length - 1) continue;
    const excluded = unwrittenTokens(tokenizer);
    best = -1;
    for (let v = 0; v < x.length; v++) if (!excluded.includes(v) && (best < 0 || x[v]! > x[best]!)) best = v;
  }
  return best;
}

/** @throws UserError where the vocabulary has not all of it */
function encoded(tokenizer: Tokenizer, text: string): Int32Array {
  const known = inKnownForm(tokenizer, text);
  const ids = tokenizer.encode(known);
  if (ids.length > 0 && tokenizer.unknowns(known).length === 0) return ids;
  throw new UserError(
    `The model cannot write ${shown(text)}, so that it cannot be explained; give a text that it can.`,
  );
}

/** Spearman's ρ of erasure and another method: the correlation of the ranks. */
function agreement(pieces: readonly WhyPiece[], method: "gradient" | "integrated"): number | null {
  const both = pieces.filter((piece) => piece.erasure !== null && piece[method] !== null);
  if (both.length < 3) return null;
  const a = ranks(both.map((piece) => piece.erasure!));
  const b = ranks(both.map((piece) => piece[method]!));
  const mean = (both.length - 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  for (const [n, x] of a.entries()) {
    const y = b[n]!;
    ab += (x - mean) * (y - mean);
    aa += (x - mean) ** 2;
    bb += (y - mean) ** 2;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : null;
}

/** Numbers from 0 in ascending order of the values, equal ones with their mean. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}
