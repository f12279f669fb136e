/** Whether a run fits into the memory there is. */
import { totalmem } from "node:os";
import { UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { countParameters, formatBytes } from "./memory-estimate.js";

/** Memory this process may use: the machine's, or its container's where that is less. */
export function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** @throws UserError when the estimate is more than the machine has */
export function checkMemory(bytes: number, config: ModelConfig, usable = usableMemory()): void {
  if (bytes <= usable) return;
  throw new UserError(
    `This run would take about ${formatBytes(bytes)} of memory (${(countParameters(config) / 1e6).toFixed(1)} million weights) and there are ${formatBytes(usable)}; choose a smaller --hidden, --layers, --vocab-size, --batch-size or --seq-len.`,
  );
}
