/** A validation: the held-out loss of the weights that are trained and, once there is an average, of the averaged ones. */
import type { LanguageModel } from "../model/language-model.js";
import type { AveragedWeights } from "../optim/average.js";
import type { Batches } from "../text/windows/batches.js";
import { sumLoss } from "./evaluate.js";

/** What a validation found. */
export interface Validation {
  /** Nats a token, of the better weights. */
  readonly loss: number;
  /** Whether the loss is lower than any before, and finite: the weights are kept. */
  readonly best: boolean;
  /** Where there is an average: which weights are the better ones, and the loss of both. */
  readonly compared?: {
    readonly averaged: boolean;
    readonly trainedLoss: number;
    readonly averagedLoss: number;
  };
}

export interface ValidationParts {
  readonly model: LanguageModel;
  readonly validation: Batches;
  readonly average: AveragedWeights | undefined;
  /** Keeps the model's weights as they are now. */
  readonly saveBest: (loss: number) => Promise<void>;
}

/**
 * Measures, and keeps the weights that are better than all before.
 * @param bestLoss of the weights that are kept; undefined: there are none
 * @param maxTokens to be read at most, about
 */
export async function validate(
  { model, validation, average, saveBest }: ValidationParts,
  bestLoss: number | undefined,
  maxTokens: number,
): Promise<Validation> {
  const measure = async (): Promise<number> => {
    const { nats, count } = await sumLoss(model, validation, { maxTokens });
    return nats / count;
  };
  const trainedLoss = await measure();
  average?.validated(trainedLoss);
  if (average?.on) {
    const found = await average.inPlace(model, async () => {
      const averagedLoss = await measure();
      const averaged = isBetter(averagedLoss, trainedLoss);
      const best = averaged && isBetter(averagedLoss, bestLoss);
      if (best) await saveBest(averagedLoss);
      return { averagedLoss, averaged, best };
    });
    const compared = { averaged: found.averaged, trainedLoss, averagedLoss: found.averagedLoss };
    if (found.averaged) return { loss: found.averagedLoss, best: found.best, compared };
    return { ...(await kept()), compared };
  }
  return kept();

  async function kept(): Promise<Validation> {
    const best = isBetter(trainedLoss, bestLoss);
    if (best) await saveBest(trainedLoss);
    return { loss: trainedLoss, best };
  }
}

/** NaN or infinity is never better, and any number is better than they are. */
function isBetter(loss: number, than: number | undefined): boolean {
  return Number.isFinite(loss) && (than === undefined || !Number.isFinite(than) || loss < than);
}
