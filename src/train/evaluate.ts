/**
 * Evaluation: how well a model predicts a text. Every token is predicted from all before it but the first, which has
 * nothing before it; characters and bytes are those of the predicted tokens, so that the rates are honest.
 */
import { Turns } from "../breathe.js";
import type { LossSums } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Batches } from "../text/windows/batches.js";

/** What is measured on a text. */
export interface Evaluation {
  /** Tokens predicted. */
  readonly tokens: number;
  /** Mean of −ln p, in nats. */
  readonly nats_per_token: number;
  /** e to that. */
  readonly perplexity: number;
  /** Σ −log₂ p over the characters (Unicode code points) of the predicted tokens. */
  readonly bits_per_char: number;
  /** The same over their UTF-8 bytes. */
  readonly bits_per_byte: number;
  /** Part of the tokens that were the most probable one. */
  readonly accuracy: number;
  /** Tokens that are `<unk>`. */
  readonly unknown: number;
  readonly tokens_per_second: number;
}

/** How much text the predicted tokens stand for. */
export interface TextExtent {
  readonly characters: number;
  readonly bytes: number;
}

/**
 * Sums of the loss over the first epoch of some batches, without dropout.
 * @param onProgress hears of the tokens done
 */
export async function sumLoss(
  model: LanguageModel,
  batches: Batches,
  maxTokens = Infinity,
  onProgress?: (tokens: number) => void,
): Promise<LossSums & { readonly unknown: (id: number | undefined) => number }> {
  const state = model.zeroState(batches.batchSize);
  const perId = new Float64Array(model.config.vocabulary);
  let [nats, count, correct] = [0, 0, 0];
  const turns = new Turns();
  for (let index = 0; index < batches.windows(0) && count < maxTokens; index++) {
    const window = batches.window(0, index);
    if (window.fresh) state.reset();
    const sums = model.evaluate(window, state);
    nats += sums.nats;
    count += sums.count;
    correct += sums.correct;
    for (const id of window.targets) if (id >= 0) perId[id]!++;
    if (turns.due) {
      onProgress?.(count);
      await turns.give();
    }
  }
  return { nats, count, correct, unknown: (id) => (id === undefined ? 0 : perId[id]!) };
}

/** Measures a model on batches that stand for a text of known extent. */
export async function evaluateBatches(
  model: LanguageModel,
  batches: Batches,
  extent: TextExtent,
  unknownId: number | undefined,
  onProgress?: (tokens: number) => void,
): Promise<Evaluation> {
  const start = performance.now();
  const { nats, count, correct, unknown } = await sumLoss(model, batches, Infinity, onProgress);
  const seconds = (performance.now() - start) / 1000;
  const bits = nats / Math.LN2;
  return {
    tokens: count,
    nats_per_token: nats / count,
    perplexity: Math.exp(nats / count),
    bits_per_char: bits / extent.characters,
    bits_per_byte: bits / extent.bytes,
    accuracy: correct / count,
    unknown: unknown(unknownId),
    tokens_per_second: count / seconds,
  };
}
