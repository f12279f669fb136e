/** Successive halving: a case worked out by hand, and what holds whatever the losses are. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextPromotion, type Promotion, rungFactor, type RungResult } from "../../src/tune/asha.js";

const at = (rung: number, ...losses: number[]): RungResult[] =>
  losses.map((loss, trial) => ({ trial, rung, loss }));

describe("by hand, η = 3 and three rungs", () => {
  const settings = { eta: 3, rungs: 3 };

  test("of two results nobody goes on, of three the best", () => {
    expect(nextPromotion(at(0, 5, 4), [], settings)).toBeUndefined();
    expect(nextPromotion(at(0, 5, 4, 6), [], settings)).toEqual({ trial: 1, rung: 1 });
  });

  test("nobody goes on twice; of six results the two best do", () => {
    const six = at(0, 5, 4, 6, 9, 1, 7);
    expect(nextPromotion(six, [], settings)).toEqual({ trial: 4, rung: 1 });
    expect(nextPromotion(six, [{ trial: 4, rung: 1 }], settings)).toEqual({ trial: 1, rung: 1 });
    const both = [
      { trial: 4, rung: 1 },
      { trial: 1, rung: 1 },
    ];
    expect(nextPromotion(six, both, settings)).toBeUndefined();
  });

  test("one that went on early, and would not now, is not called back", () => {
    const gone = [{ trial: 1, rung: 1 }];
    expect(nextPromotion(at(0, 5, 4, 6, 1, 2), gone, settings)).toEqual({ trial: 3, rung: 1 });
  });

  test("the higher rung comes first", () => {
    const results = [
      ...at(0, 3, 1, 2, 6, 5, 4, 9, 8, 7, 0.5, 20, 21),
      { trial: 0, rung: 1, loss: 2.5 },
      { trial: 1, rung: 1, loss: 0.9 },
      { trial: 2, rung: 1, loss: 0.8 },
    ];
    const gone = [0, 1, 2].map((trial) => ({ trial, rung: 1 }));
    expect(nextPromotion(results, gone, settings)).toEqual({ trial: 2, rung: 2 });
    expect(nextPromotion(results, [...gone, { trial: 2, rung: 2 }], settings)).toEqual({ trial: 9, rung: 1 });
  });

  test("of equal losses the earlier trial; what failed never goes on, though it counts", () => {
    expect(nextPromotion(at(0, 4, 4, 4), [], settings)).toEqual({ trial: 0, rung: 1 });
    expect(nextPromotion(at(0, Infinity, Infinity, Infinity), [], settings)).toBeUndefined();
    expect(nextPromotion(at(0, Infinity, 9, Infinity), [], settings)).toEqual({ trial: 1, rung: 1 });
  });

  test("rungs are 1, 3, 9 times as far", () => {
    expect([0, 1, 2].map((rung) => rungFactor(rung, 3))).toEqual([1, 3, 9]);
  });
});

/** Works a study off, one job at a time, and gives what was promoted. */
function simulate(losses: readonly number[], eta: number, rungs: number): Promotion[] {
  const results: RungResult[] = [];
  const promoted: Promotion[] = [];
  let begun = 0;
  for (;;) {
    const next = nextPromotion(results, promoted, { eta, rungs });
    if (next) promoted.push(next);
    else if (begun === losses.length) return promoted;
    const { trial, rung } = next ?? { trial: begun++, rung: 0 };
    results.push({ trial, rung, loss: losses[trial]! / (rung + 1) });
  }
}

test("whatever the losses: nobody skips a rung, η at most a share goes on, and the best of all comes to the top", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 2, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (losses, eta, rungs) => {
        const promoted = simulate(losses, eta, rungs);
        const here = (rung: number): number[] =>
          rung === 0
            ? losses.map((_, trial) => trial)
            : promoted.filter((each) => each.rung === rung).map(({ trial }) => trial);
        for (let rung = 1; rung < rungs; rung++) {
          const [below, above] = [here(rung - 1), here(rung)];
          expect(new Set(above).size).toBe(above.length);
          for (const trial of above) expect(below).toContain(trial);
          // One job at a time, a trial that was once among the best ⌊n/η⌋ may be pushed out later, and went on before.
          expect(above.length).toBeGreaterThanOrEqual(Math.floor(below.length / eta));
          const best = below.toSorted((a, b) => losses[a]! - losses[b]! || a - b);
          for (const trial of best.slice(0, Math.floor(below.length / eta))) expect(above).toContain(trial);
        }
        expect(here(rungs)).toEqual([]);
      },
    ),
  );
});
