/** Where the clusters of an adaptive softmax begin. */
import { option, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { DIVISOR, chooseCutoffs, zipfCounts } from "../model/cutoffs.js";
import type { TrainOptions } from "./options.js";

/**
 * The given cut-offs, or those that cost least.
 * @param hidden width of the output layer's input
 * @param counts of the tokens; until they are counted, those of Zipf's law
 * @throws UserError where a cluster would have no tokens: they ascend, as their option has it
 */
export function adaptiveCuts(
  { cutoffs }: TrainOptions,
  vocabulary: number,
  hidden: number,
  counts: () => ArrayLike<number> = () => zipfCounts(vocabulary),
): NonNullable<ModelConfig["adaptive"]> {
  if (!cutoffs) {
    const chosen = chooseCutoffs(counts(), hidden);
    return { cutoffs: [...chosen.cutoffs], divisor: chosen.divisor };
  }
  if (cutoffs.at(-1)! >= vocabulary) {
    throw new UserError({
      option: "cutoffs",
      problem: sentence`${option("cutoffs", cutoffs.join(","))} reaches beyond the vocabulary, which has ${vocabulary.toLocaleString("en-US")} tokens`,
      advice: "give smaller ones, or leave it out to have them chosen",
    });
  }
  return { cutoffs: [...cutoffs], divisor: DIVISOR };
}
