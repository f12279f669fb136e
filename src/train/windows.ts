/** Encoded text as windows: to train on, and to measure on. */
import { option, sentence, UserError } from "../errors.js";
import type { Batches } from "../text/windows/batches.js";
import { ContiguousBatches } from "../text/windows/contiguous-batches.js";
import type { EncodedText } from "../text/windows/encode.js";
import { LineBatches } from "../text/windows/line-batches.js";

/** Time steps of a window when a model is measured. */
export const MEASURING_STEPS = 128;
/** Streams side by side when a model is measured while it trains. */
export const VALIDATION_STREAMS = 32;
/** Lines side by side when lines are measured: they do not meet, so any number is exact. */
export const MEASURED_LINES = 64;

/** Windows to train on. @throws UserError where the text is shorter than one window of the sizes that were asked for */
export function trainingBatches(text: EncodedText, batchSize: number, seqLen: number, seed: number): Batches {
  if (text.offsets) {
    if (text.stats.lines < batchSize) {
      throw new UserError({
        option: "batchSize",
        problem: `There ${text.stats.lines === 1 ? "is 1 line" : `are ${text.stats.lines} lines`} to train on, fewer than one batch of ${batchSize}`,
        advice: sentence`give more, or a smaller ${option("batchSize")}`,
      });
    }
    return new LineBatches(text.tokens, text.offsets, batchSize, seqLen, seed);
  }
  const needed = batchSize * seqLen + 1;
  const found = text.tokens.length;
  if (found < 2) {
    throw new UserError(
      `The text to train on has ${found === 1 ? "one token" : "no token"}, so there is nothing to predict; give a longer text.`,
    );
  }
  if (found < needed) {
    throw new UserError({
      option: "batchSize",
      problem: sentence`The text to train on has ${found} tokens, and one window of ${option("batchSize", batchSize)} and ${option("seqLen", seqLen)} needs ${needed}`,
      advice: "give more text, or smaller sizes",
    });
  }
  return new ContiguousBatches(text.tokens, batchSize, seqLen);
}

/** Windows to measure on: one stream after another's end is exact; several side by side are faster. */
export function measuringBatches(
  text: EncodedText,
  batchSize: number,
  seqLen: number,
  what: string,
): Batches {
  const tooShort = text.offsets ? text.stats.lines < 1 : text.tokens.length < 2;
  if (tooShort) throw new UserError(`The ${what} text is too short to measure on; give more text.`);
  if (text.offsets)
    return new LineBatches(text.tokens, text.offsets, batchSize, seqLen, 0, { shuffle: false });
  // A stream of its own should be much longer than what it takes to warm up the state.
  const most = Math.max(1, Math.floor(text.tokens.length / (seqLen * 10)));
  return new ContiguousBatches(text.tokens, Math.min(batchSize, most), seqLen);
}
