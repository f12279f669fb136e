/** What is said where a predictor gives probabilities, or a figure of them, that is no finite number. */
import { UserError } from "../errors.js";
import type { Predictor } from "./predictor.js";

/** By the settings that lead to it, where the predictor has such; else its weights are broken. */
export function notFinite({ hazard }: Pick<Predictor, "hazard"> = {}): UserError {
  return new UserError(
    hazard ??
      "The model gives no finite probabilities: its weights are broken; train it again, with a lower learning rate.",
  );
}
