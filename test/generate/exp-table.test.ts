import { expect, test } from "vitest";
import { expOfNegative } from "../../src/generate/exp-table.js";

test("agrees with Math.exp to a few units in the last place, over the whole range", () => {
  let worst = 0;
  for (let i = 0; i <= 200_000; i++) {
    for (const y of [-i / 300, -(10 ** (-8 + i / 40_000)), (-708 * i) / 200_000]) {
      if (y < -708) continue;
      const exact = Math.exp(y);
      worst = Math.max(worst, Math.abs(expOfNegative(y) - exact) / exact);
    }
  }
  expect(worst).toBeLessThan(1e-13);
});

test("0 is 1, far below is 0, NaN stays", () => {
  expect(expOfNegative(0)).toBe(1);
  expect(expOfNegative(-0)).toBe(1);
  expect(expOfNegative(-709)).toBe(0);
  expect(expOfNegative(-Infinity)).toBe(0);
  expect(expOfNegative(NaN)).toBeNaN();
});
