/** How benches measure: tokens per second over some seconds, and the median of rounds. */

export function median(xs: readonly number[]): number {
  const sorted = xs.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Tokens per second over some seconds, at least `atLeast` steps of `tokens` each. */
export function tokensPerSecond(step: () => void, tokens: number, seconds: number, atLeast = 3): number {
  const start = performance.now();
  let steps = 0;
  while (steps < atLeast || performance.now() - start < seconds * 1000) {
    step();
    steps++;
  }
  return (steps * tokens * 1000) / (performance.now() - start);
}
