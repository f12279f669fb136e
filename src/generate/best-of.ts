/**
 * Best of n: n texts are drawn, and put in order by the score that beam search has,
 *
 *   s = ln p / n^α
 *
 * for n tokens, with ln p as the model has it, whatever temperature and cuts they were drawn with. So of texts that are as
 * varied as samples are, those are taken that the model itself finds the most probable.
 */
import type { Predictor } from "../model/predictor.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type BestOfOptions, bestOfSettings } from "./best-of-options.js";
import { type DoneReason, type GeneratedPiece, write } from "./generate.js";

/** A sample that is done. */
export interface DrawnText {
  /** Its number among all that were drawn. */
  readonly sample: number;
  /** What follows the prompt, before a stop string if there is one. */
  readonly text: string;
  readonly ids: readonly number[];
  /** Σ ln p of its tokens as the model has it, in nats; of `<eos>`, too, where that ended it. */
  readonly logProbability: number;
  readonly done: DoneReason;
}

/** A sample among others. */
export interface RankedText extends DrawnText {
  /** ln p / n^α */
  readonly score: number;
}

/**
 * The texts that were drawn, the greatest score first, each text once: fewer than `samples` where some are the same.
 * @throws UserError for options that make no sense; the signal's reason where that ended it
 */
export async function bestOf(
  model: Predictor,
  tokenizer: Tokenizer,
  options: BestOfOptions = {},
): Promise<RankedText[]> {
  const { drawing, lengthPenalty } = bestOfSettings(options);
  const texts: DrawnText[] = [];
  for await (const text of drawnTexts(write(model, tokenizer, drawing))) texts.push(text);
  drawing.signal?.throwIfAborted();
  return ranked(texts, lengthPenalty);
}

/** Puts pieces together: each sample, when it is done. */
export async function* drawnTexts(
  pieces: AsyncIterable<GeneratedPiece>,
): AsyncGenerator<DrawnText, void, undefined> {
  const begun = new Map<number, { text: string; ids: number[]; logProbability: number }>();
  for await (const { sample, text, id, logProbability, done } of pieces) {
    const known = begun.get(sample) ?? { text: "", ids: [], logProbability: 0 };
    known.text += text;
    known.ids.push(id);
    known.logProbability += logProbability;
    begun.set(sample, known);
    if (done === undefined) continue;
    begun.delete(sample);
    yield { sample, ...known, done };
  }
}

/** Each text once, the greatest score first; of equal ones the one that was drawn first. @param alpha α of the score */
export function ranked(texts: readonly DrawnText[], alpha: number): RankedText[] {
  const best = new Map<string, RankedText>();
  const scored = texts.map((drawn) => ({
    ...drawn,
    score: drawn.logProbability / drawn.ids.length ** alpha,
  }));
  scored.sort((a, b) => b.score - a.score || a.sample - b.sample);
  for (const drawn of scored) if (!best.has(drawn.text)) best.set(drawn.text, drawn);
  return [...best.values()];
}
