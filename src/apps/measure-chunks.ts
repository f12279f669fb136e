/** Measures a model on a text that comes in chunks. */
import { checkText } from "../argument-checks.js";
import { encodeToMemory } from "../text/windows/encode.js";
import { type Evaluation, evaluateText, type Measuring } from "../train/evaluate.js";
import type { TextPredictor } from "./text-predictor.js";

/**
 * @throws UserError where a chunk is not a string, or there is nothing to predict; the signal's reason where that ended
 * it
 */
export async function measureChunks(
  { model, tokenizer }: TextPredictor,
  chunks: Iterable<string> | AsyncIterable<string>,
  measuring: Measuring,
): Promise<Evaluation> {
  const encoded = await encodeToMemory(textsOf(chunks), tokenizer, tokenizer.bosId !== undefined);
  return evaluateText(model, encoded, { ...measuring, unknownId: tokenizer.unknownId });
}

/** The chunks of a text, each checked to be a string. */
async function* textsOf(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    checkText("A part of the text to evaluate", chunk);
    yield chunk;
  }
}
