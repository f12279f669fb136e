/** What a model in training writes, for a person to see it learn. */
import { UserError } from "../errors.js";
import type { Predictor } from "../model/predictor.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { generate } from "./generate.js";

/** A little below 1: what is nearly learned shows, and half of a text is not mistakes. */
const TEMPERATURE = 0.8;
/** Characters after which no further token is drawn, and at which the text is cut. */
const ENOUGH = 80;
const MOST = 100;

/**
 * A line of text without a prompt, as `generate` with this seed and the temperature 0.8 writes it: up to 100 characters
 * of running text, in which there may be line ends, or of one line of a model of lines. Draws nothing that training
 * draws. Undefined where the weights hold NaN, from which a run goes back with its next step.
 */
export async function trainingSample(
  model: Predictor,
  tokenizer: Tokenizer,
  seed: number,
): Promise<string | undefined> {
  const characters: string[] = [];
  try {
    for await (const { text } of generate(model, tokenizer, {
      seed,
      temperature: TEMPERATURE,
      length: MOST,
    })) {
      characters.push(...text);
      if (characters.length >= ENOUGH) break;
    }
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
  return characters.slice(0, MOST).join("");
}
