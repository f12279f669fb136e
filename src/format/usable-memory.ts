/** The memory there is for work on Node. */
import { totalmem } from "node:os";

/** Bytes that this process may use: the machine's, or its container's where that is less. */
export function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
