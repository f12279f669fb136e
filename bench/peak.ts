/**
 * The machine's multiply-add peak in float32: independent sums in registers, no memory touched, by the engine's own
 * instruction set and thread pool. The best of some short runs, as whatever disturbs one only makes it slower.
 */
import type { Engine } from "../src/engine/engine.js";
import { LinearEngine } from "../src/engine/linear-engine.js";

const RUNS = 20;
const RUN_MILLISECONDS = 25;
/** Tasks a thread: a thread that the system interrupts leaves its next ones to the others. */
const TASKS = 4;
const MIN_ITERATIONS = 2000;

/** Operations a second, in units of 10⁹; undefined for engines without compiled kernels. */
export function measurePeak(engine: Engine): number | undefined {
  if (!(engine instanceof LinearEngine)) return undefined;
  const means = engine.tensor(TASKS * engine.threads);
  const run = (iterations: number) => {
    const start = performance.now();
    const operations = engine.multiplyAdds(iterations, means);
    return { milliseconds: performance.now() - start, operations };
  };
  run(MIN_ITERATIONS);
  const { milliseconds } = run(MIN_ITERATIONS);
  // Means of more iterations than 2²² would leave float32's range.
  const iterations = Math.min(2 ** 22, Math.ceil((MIN_ITERATIONS * RUN_MILLISECONDS) / milliseconds));
  let best = 0;
  for (let i = 0; i < RUNS; i++) {
    const { milliseconds: time, operations } = run(iterations);
    best = Math.max(best, operations / time / 1e6);
  }
  return best;
}
