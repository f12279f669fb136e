/** The statistics of a model's gradients that the method "rms" needs. */
import type { GradientStatistics } from "../adapt/gradient-statistics.js";
import { option, sentence, UserError } from "../errors.js";
import type { TunedSource } from "./tuned.js";

/** @param method the option that chose the method @throws UserError where none were gathered */
export async function statisticsOf(
  tuned: TunedSource | undefined,
  method: "dynamicMethod" | "method",
): Promise<GradientStatistics> {
  const statistics = await tuned?.statistics();
  if (statistics) return statistics;
  throw new UserError({
    option: method,
    problem: sentence`${option(method, "rms")} needs to know how large each weight's gradient is, which was not gathered for this model`,
    advice: sentence`tune it first with ${option("tune")}, or choose ${option(method, "sgd")}`,
  });
}
