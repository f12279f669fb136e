/** Whether a run fits into the memory there is. */
import { option, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { countParameters, formatBytes, formatCount } from "./memory-estimate.js";

/** @throws UserError when the estimate is more than the `usable` bytes */
export function checkMemory(bytes: number, config: ModelConfig, usable: number): void {
  if (bytes <= usable) return;
  throw new UserError({
    option: "hidden",
    problem: `This run would take about ${formatBytes(bytes)} of memory (${formatCount(countParameters(config))} weights) and there are ${formatBytes(usable)}`,
    advice: sentence`choose a smaller ${option("hidden")}, ${option("layers")}, ${option("vocabSize")}, ${option("batchSize")} or ${option("seqLen")}`,
  });
}
