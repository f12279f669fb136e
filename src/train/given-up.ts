/** The error of a run that diverged again and again; loaded with the first of them. */
import { option, sentence, UserError } from "../errors.js";
import type { TrainSettings } from "./run-settings.js";

/**
 * @param learningRateFactor what is left of the rate
 * @param bestLoss of the weights that are kept, in nats a token
 */
export function givenUp(
  rollbacks: number,
  learningRateFactor: number,
  { lr, clip }: TrainSettings,
  bestLoss: number | undefined,
  vocabulary: number,
): UserError {
  const clipping = clip === 0 ? option("clip", 1) : sentence`a smaller ${option("clip")}`;
  const learned = bestLoss !== undefined && bestLoss < Math.log(vocabulary);
  const kept = learned ? " (the best weights so far are kept)" : "";
  return new UserError({
    problem: `Training diverged ${rollbacks} times though the learning rate was cut to ${learningRateFactor * lr}`,
    advice: sentence`begin anew with ${option("overwrite")} and a smaller ${option("lr")}, or ${clipping}${kept}`,
  });
}
