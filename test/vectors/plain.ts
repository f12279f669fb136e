/** Vectors of texts by loops: each text by itself, token by token, in float64. What the fast ways are held to. */
import { beginningOf } from "../../src/generate/beginning.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";

/** h after each token of a text. */
export function statesOf(model: LanguageModel, tokenizer: Tokenizer, text: string): number[][] {
  const state = model.zeroState(1);
  const states: number[][] = [];
  const read = (id: number): void =>
    model.stepRows(Int32Array.of(id), state, ({ hidden }) => {
      states.push(Array.from(model.engine.read(hidden)));
    });
  const beginning = beginningOf(tokenizer);
  if (beginning !== undefined) read(beginning);
  for (const id of tokenizer.encode(text)) read(id);
  return beginning === undefined ? states : states.slice(1);
}

/** @param counts by token, of "sif" */
export function plainVector(
  model: LanguageModel,
  tokenizer: Tokenizer,
  text: string,
  pool: string,
  counts?: ArrayLike<number>,
  a = 0.001,
): number[] {
  const ids = tokenizer.encode(text);
  const states = statesOf(model, tokenizer, text);
  const H = model.config.hidden as number;
  if (states.length === 0) return Array.from({ length: pool === "concat" ? 3 * H : H }, () => 0);
  const each = (of: (i: number) => number): number[] => Array.from({ length: H }, (_, i) => of(i));
  const last = states.at(-1)!;
  const greatest = each((i) => Math.max(...states.map((h) => h[i]!)));
  const mean = each((i) => states.reduce((sum, h) => sum + h[i]!, 0) / states.length);
  if (pool === "last") return last;
  if (pool === "max") return greatest;
  if (pool === "mean") return mean;
  if (pool === "concat") return [...last, ...greatest, ...mean];
  const total = Array.from(counts!).reduce((sum, count) => sum + count, 0);
  return each(
    (i) =>
      states.reduce((sum, h, t) => sum + (a / (a + counts![ids[t]!]! / total)) * h[i]!, 0) / states.length,
  );
}

/** √Σ x² */
export function norm(vector: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! ** 2;
  return Math.sqrt(squares);
}

export function unit(vector: ArrayLike<number>): number[] {
  const length = norm(vector);
  return Array.from(vector, (x) => (length === 0 ? x : x / length));
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  for (let i = 0; i < a.length; i++) product += a[i]! * b[i]!;
  return product / (norm(a) * norm(b));
}

/** The greatest difference of two lists of numbers. */
export const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length
    ? Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)
    : Infinity;
