/** Encoded text as windows: to train on, and to measure on. */
import { option, sentence, UserError } from "../errors.js";
import type { Batches } from "../text/windows/batches.js";
import { ContiguousBatches } from "../text/windows/contiguous-batches.js";
import type { EncodedText } from "../text/windows/encode.js";
import { LineBatches } from "../text/windows/line-batches.js";
import type { TrainSettings } from "./run-settings.js";

/** Time steps of a window when a model is measured. */
const MEASURING_STEPS = 128;
/** Streams side by side when a model is measured while it trains. */
const VALIDATION_STREAMS = 32;
/** Windows of so many tokens are what a gradient's size is said of. */
const STATISTICS_STREAMS = 20;
const STATISTICS_STEPS = 20;
/** Lines side by side when lines are measured: they do not meet, so any number is exact. */
const MEASURED_LINES = 64;

/** Windows to train on. @throws UserError where the text is shorter than one window of the given sizes */
export function trainingBatches(
  text: EncodedText,
  {
    batchSize,
    seqLen,
    ...drawn
  }: Pick<TrainSettings, "batchSize" | "seqLen" | "seed" | "varySeqLen" | "rotateStreams">,
): Batches {
  if (text.offsets) {
    if (text.stats.lines < batchSize) {
      throw new UserError({
        option: "batchSize",
        problem: `There ${text.stats.lines === 1 ? "is 1 line" : `are ${text.stats.lines} lines`} to train on, fewer than one batch of ${batchSize}`,
        advice: sentence`give more, or a smaller ${option("batchSize")}`,
      });
    }
    return new LineBatches(text.tokens, text.offsets, batchSize, seqLen, drawn.seed);
  }
  const needed = batchSize * seqLen + 1;
  const found = text.tokens.length;
  if (found < 2) {
    throw new UserError(
      `The text to train on has ${found === 1 ? "one token" : "no token"}, so there is nothing to predict; give a longer text.`,
    );
  }
  if (found < needed) {
    // Sizes that were not given fit the text (see fitSettings): a size of 1 need not be named.
    const sizes = [option("batchSize", batchSize), option("seqLen", seqLen)].filter(
      ({ value }) => value !== "1",
    );
    const named = sizes.flatMap((size, i) => (i === 0 ? [size] : [" and ", size]));
    throw new UserError({
      option: sizes[0]?.option,
      problem: sentence`The text to train on has ${found} tokens, and one window of ${named} needs ${needed}`,
      advice: `give more text, or ${sizes.length === 1 ? "a smaller size" : "smaller sizes"}`,
    });
  }
  return new ContiguousBatches(text.tokens, batchSize, seqLen, drawn);
}

/**
 * Windows to measure a finished model on: one stream from end to end is exact; several side by side are faster.
 * @param name of the text in messages
 */
export function measuringBatches(text: EncodedText, streams: number, name?: string): Batches {
  const side = text.offsets ? Math.min(MEASURED_LINES, text.stats.lines) : streams;
  return measured(text, side, MEASURING_STEPS, name);
}

/** Windows for a model that follows what it reads: one stream, or the lines one after the other in the text's order. */
export function followedBatches(text: EncodedText, name?: string): Batches {
  return measured(text, 1, MEASURING_STEPS, name, true);
}

/** Windows to gather statistics of a model's gradients on: as many streams as there are, up to some, in short windows. */
export function statisticsBatches(text: EncodedText): Batches {
  return measured(text, STATISTICS_STREAMS, STATISTICS_STEPS);
}

/** Windows to measure a model on while it trains. @param name of the text in messages */
export function validationBatches(text: EncodedText, seqLen: number, name: string): Batches {
  return measured(text, VALIDATION_STREAMS, seqLen, name);
}

/** @throws UserError where there is nothing to predict */
function measured(text: EncodedText, side: number, seqLen: number, name?: string, inOrder = false): Batches {
  const { tokens, offsets, stats } = text;
  const subject = `The ${name === undefined ? "" : `${name} `}text`;
  if (offsets) {
    if (stats.lines === 0)
      throw new UserError(
        `${subject} has no line with anything in it to measure on; give a text with at least one.`,
      );
    return new LineBatches(tokens, offsets, side, seqLen, 0, { shuffle: false, inOrder });
  }
  if (tokens.length < 2) {
    const found = tokens.length === 0 ? "no token" : "only one token";
    throw new UserError(`${subject} has ${found}, so there is nothing to predict; give a longer text.`);
  }
  // A stream of its own should be much longer than what it takes to warm up the state.
  const most = Math.max(1, Math.floor(tokens.length / (seqLen * 10)));
  return new ContiguousBatches(tokens, Math.min(side, most), seqLen);
}
