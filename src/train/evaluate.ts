/**
 * Evaluation: how well a model predicts a text. Every token is predicted from all before it but the first, which has
 * nothing before it; characters and bytes are those of the predicted tokens, so that the rates are honest.
 */
import { Turns } from "../breathe.js";
import type { LossSums } from "../engine/engine.js";
import { notFinite } from "../model/not-finite.js";
import { beginLine, type Predictor } from "../model/predictor.js";
import type { Batches } from "../text/windows/batches.js";
import type { EncodedText } from "../text/windows/encode.js";
import { followedBatches, measuringBatches } from "./windows.js";

/** The measures of a model on a text. */
export interface Evaluation {
  /** Tokens predicted. */
  readonly tokens: number;
  /** Mean of −ln p. */
  readonly natsPerToken: number;
  /** e to that. */
  readonly perplexity: number;
  /** Σ −log₂ p over the characters (Unicode code points) of the predicted tokens. */
  readonly bitsPerChar: number;
  /** The same over their UTF-8 bytes. */
  readonly bitsPerByte: number;
  /** Part of the tokens that were the most probable one. */
  readonly accuracy: number;
  /** Tokens that are `<unk>`. */
  readonly unknown: number;
  readonly tokensPerSecond: number;
}

/** The part of a predictor that measuring needs. */
export type Measurable = Pick<Predictor, "zeroState" | "evaluate" | "follows" | "hazard">;

/** Progress and end of a measurement. */
export interface Measuring {
  /** Called with the tokens measured, of `total`. */
  readonly onProgress?: ((tokens: number, total: number) => void) | undefined;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
}

export interface EvaluateTextOptions extends Measuring {
  /** Number of the unknown token, where the tokenizer has one. */
  readonly unknownId: number | undefined;
  /**
   * Streams that running text is cut into and read side by side. Without it one, which is exact: the state is carried over the whole text. More are faster, and each begins without context. Lines are exact in any case.
   */
  readonly streams?: number | undefined;
  /** The text in messages: "held-out", "test". */
  readonly name?: string | undefined;
}

/**
 * Measures a model on a text from end to end.
 * @throws UserError where there is nothing to predict, or no finite figure comes out; the signal's reason where that ended it
 */
export async function evaluateText(
  model: Measurable,
  text: EncodedText,
  { unknownId, streams = 1, name, ...measuring }: EvaluateTextOptions,
): Promise<Evaluation> {
  const batches = model.follows ? followedBatches(text, name) : measuringBatches(text, streams, name);
  const start = performance.now();
  const { nats, count, correct, unknown } = await sumLoss(model, batches, { ...measuring, unknownId });
  const seconds = (performance.now() - start) / 1000;
  const perplexity = Math.exp(nats / count);
  if (!Number.isFinite(perplexity)) throw notFinite(model);
  const bits = nats / Math.LN2;
  const { characters, bytes } = text.stats.extent;
  return {
    tokens: count,
    natsPerToken: nats / count,
    perplexity,
    bitsPerChar: bits / characters,
    bitsPerByte: bits / bytes,
    accuracy: correct / count,
    unknown,
    tokensPerSecond: count / seconds,
  };
}

/**
 * Sums of the loss over the first epoch of some batches, without dropout.
 * @param options `maxTokens`: measure at most about this many tokens
 * @throws the signal's reason where that ended it
 */
export async function sumLoss(
  model: Measurable,
  batches: Batches,
  {
    maxTokens = Infinity,
    unknownId = -1,
    onProgress,
    signal,
  }: Measuring & { readonly maxTokens?: number; readonly unknownId?: number | undefined } = {},
): Promise<LossSums & { readonly unknown: number }> {
  const state = model.zeroState(batches.batchSize);
  let nats = 0;
  let count = 0;
  let correct = 0;
  let unknown = 0;
  const turns = new Turns();
  for (let index = 0; index < batches.windows(0) && count < maxTokens; index++) {
    const window = batches.window(0, index);
    if (window.fresh) beginLine(state);
    const sums = model.evaluate(window, state);
    nats += sums.nats;
    count += sums.count;
    correct += sums.correct;
    if (unknownId >= 0) for (const id of window.targets) if (id === unknownId) unknown++;
    if (turns.due) {
      onProgress?.(count, batches.targetsPerEpoch);
      await turns.give();
      signal?.throwIfAborted();
    }
  }
  return { nats, count, correct, unknown };
}
