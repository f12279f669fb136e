/** How a model goes on with a text that a person has begun; the same in the playground and in an exported page. */
import type { BrowserModel, GenerateOptions } from "recurra/browser";

/** Characters that the model goes on from at most; what stands before hardly matters any more. */
export const MOST_PROMPT = 10_000;
/** Tokens of a line at most. */
const LINE_LENGTH = 500;

export interface WriteOnOptions extends Omit<GenerateOptions, "prompt" | "length" | "seed"> {
  /** Tokens to write; of a model of lines, lines. */
  readonly amount: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What the model goes on from: the end of the text, or the line that was begun. */
export function promptOf(text: string, { info }: BrowserModel): string {
  return info.tokenizer.lines ? text.slice(text.lastIndexOf("\n") + 1) : text.slice(-MOST_PROMPT);
}

/**
 * What follows the text, piece by piece, until the signal is aborted. A model of lines ends the line that was begun, and
 * writes more of them, each from a seed of its own.
 */
export async function* writeOn(
  model: BrowserModel,
  text: string,
  { amount, seed, signal, ...options }: WriteOnOptions,
): AsyncGenerator<string, void, undefined> {
  const prompt = promptOf(text, model);
  if (!model.info.tokenizer.lines) {
    const pieces = model.generate({ ...options, prompt, seed, length: amount, signal });
    for await (const piece of pieces) yield piece.text;
    return;
  }
  for (let line = 0; line < amount && !signal.aborted; line++) {
    const begun = line === 0 ? prompt : "";
    const pieces = model.generate({
      ...options,
      prompt: begun,
      seed: seed + line,
      length: LINE_LENGTH,
      signal,
    });
    for await (const piece of pieces) yield piece.text.replace("\n", "");
    if (!signal.aborted) yield "\n";
  }
}

/** A seed by chance. */
export function anySeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
