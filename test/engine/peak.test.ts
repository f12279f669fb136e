/** The multiply-adds that the machine's peak is timed with: they are made, all of them, on every set. */
import { expect, test } from "vitest";
import { compiledEngines } from "./compiled-engines.js";

/** Floats in all accumulators of a task: MR·NV·VL in native/src/vec.h, or twelve vectors. */
const LANES: Readonly<Record<string, number>> = {
  avx512bf16: 384,
  avx512: 384,
  avx2: 96,
  neon: 96,
  baseline: 48,
  simd128: 48,
  "relaxed-simd": 48,
};

test.each(compiledEngines.flatMap((e) => [1, 3].map((threads) => ({ ...e, threads }))))(
  "$isa, $threads threads",
  ({ isa, make, threads }) => {
    const engine = make(threads);
    const means = engine.tensor(5);
    const iterations = 200_000;
    expect(engine.multiplyAdds(iterations, means)).toBe(5 * iterations * LANES[isa]! * 2);
    const wanted = (1 + 2 ** -20) ** iterations;
    for (const mean of means.data) expect(Math.abs(mean / wanted - 1)).toBeLessThan(0.01);
  },
);
