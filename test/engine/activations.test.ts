/** The error of exp, sigmoid and tanh, in units in the last place of float32, against float64. */
import { expect, test } from "vitest";
import { compiledEngines } from "./compiled-engines.js";

const exactly = { exp: Math.exp, sigmoid: (x: number) => 1 / (1 + Math.exp(-x)), tanh: Math.tanh };

/** Largest error allowed, in ulp; docs/numerics.md states what is measured. */
const LIMITS = { exp: 2, sigmoid: 3, tanh: 2.5 };
const RANGES = { exp: [-87, 88], sigmoid: [-87, 60], tanh: [-20, 20] } as const;

/** Size of the last place of the float32 nearest to y. */
function ulp(y: number): number {
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(y))));
  return 2 ** (exponent - 23);
}

test.each(compiledEngines.flatMap((e) => (["exp", "sigmoid", "tanh"] as const).map((f) => ({ ...e, f }))))(
  "$isa: $f",
  ({ isa, make, f }) => {
    const engine = make(1);
    const n = 400_001;
    const [x, y] = [engine.tensor(n), engine.tensor(n)];
    const [low, high] = RANGES[f];
    for (let i = 0; i < n; i++) {
      // A grid over the range, then magnitudes down to 1e-6, where tanh must keep its relative precision.
      const u = i / (n - 1);
      x.data[i] = i % 2 === 0 ? low + (high - low) * u : (i % 4 === 1 ? 1 : -1) * 10 ** (-6 + 7 * u);
    }
    engine.activation(f, x, y);
    let worst = 0;
    for (let i = 0; i < n; i++) {
      const wanted = exactly[f](x.data[i]!);
      worst = Math.max(worst, Math.abs(y.data[i]! - wanted) / ulp(wanted));
    }
    expect(worst).toBeLessThan(LIMITS[f]);
    if (process.env["RECURRA_PRINT_ULP"]) console.log(`${isa} ${f}: ${worst.toFixed(2)} ulp`);
  },
);

test.each(compiledEngines)("$isa: limits and NaN", ({ make }) => {
  const engine = make(1);
  const [x, y] = [engine.tensor(5), engine.tensor(5)];
  x.data.set([Infinity, -Infinity, NaN, 1000, -1000]);
  engine.activation("sigmoid", x, y);
  expect([...y.data.slice(0, 1), y.data[3]]).toEqual([1, 1]);
  expect(y.data[1]).toBeLessThan(1e-37);
  expect(y.data[2]).toBeNaN();
  engine.activation("tanh", x, y);
  expect([...y.data]).toEqual([1, -1, NaN, 1, -1]);
  engine.activation("exp", x, y);
  expect(y.data[2]).toBeNaN();
  expect(y.data[4]).toBeLessThan(1e-37);
});
