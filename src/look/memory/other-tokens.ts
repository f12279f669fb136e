/** Other tokens in place of those that lie further back than a context: the same in another order, or those of another place. */
import type { Random } from "../../engine/random.js";

/** Of a row's tokens those further back than the last `context` before its target, in a drawn order. */
export function shuffledBefore(row: Int32Array, context: number, random: Random): Int32Array {
  const changed = row.slice();
  for (let i = row.length - 2 - context; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [changed[i], changed[j]] = [changed[j]!, changed[i]!];
  }
  return changed;
}

/** Passages of a text that begin at drawn places, each of `far` tokens and the one that follows them. */
export function passages(ids: Int32Array, far: number, count: number, random: Random): Int32Array[] {
  return Array.from({ length: count }, () => {
    const from = Math.floor(random.next() * (ids.length - far));
    return ids.subarray(from, from + far + 1);
  });
}
