/** How a budget is laid out, and how the cores are shared. */
import { expect, test } from "vitest";
import { bestSplit, layoutInTime, layoutOfPasses, SEARCH_SHARE, splitsOf } from "../../src/tune/budget.js";

test("the rungs of a study fill the time that there is for looking, and the first is long enough to say something", () => {
  for (const [minutes, slots] of [
    [5, 1],
    [20, 2],
    [60, 1],
    [600, 4],
  ] as const) {
    const { rungs, length } = layoutInTime(60 * minutes, slots, 3);
    // 3^(K − 1) trials, a third of which goes on each time from where it is.
    let seconds = 0;
    for (let rung = 0; rung < rungs; rung++) {
      const trials = 3 ** (rungs - 1 - rung);
      seconds += trials * (rung === 0 ? length.amount : length.amount * (3 ** rung - 3 ** (rung - 1)));
    }
    expect(seconds / (slots * 60 * minutes * SEARCH_SHARE)).toBeCloseTo(0.85, 2);
    if (rungs > 2) expect(length.amount).toBeGreaterThanOrEqual(8);
  }
  expect(layoutInTime(300, 1, 3).rungs).toBeLessThan(layoutInTime(36_000, 1, 3).rungs);
});

test("of a number of trials: as many rungs as bring one to the top", () => {
  expect(layoutOfPasses(9, 9, 3)).toEqual({ rungs: 3, length: { unit: "passes", amount: 1 } });
  expect(layoutOfPasses(4, 26, 3).rungs).toBe(3);
  expect(layoutOfPasses(4, 27, 3).rungs).toBe(4);
  expect(layoutOfPasses(4, 1, 3)).toEqual({ rungs: 1, length: { unit: "passes", amount: 4 } });
});

test("cores are shared in halves, or as was asked; what does most is taken, and little more is not worth more trials", () => {
  expect(splitsOf(6)).toEqual([
    { slots: 1, threads: 6 },
    { slots: 2, threads: 3 },
    { slots: 4, threads: 1 },
  ]);
  expect(splitsOf(8, { slots: 3 })).toEqual([{ slots: 3, threads: 2 }]);
  expect(splitsOf(8, { threads: 3 })).toEqual([{ slots: 2, threads: 3 }]);
  expect(splitsOf(1)).toEqual([{ slots: 1, threads: 1 }]);
  const measured = (one: number, two: number) => [
    { slots: 2, threads: 1, speed: two },
    { slots: 1, threads: 2, speed: one },
  ];
  expect(bestSplit(measured(100, 104)).slots).toBe(1);
  expect(bestSplit(measured(100, 120)).slots).toBe(2);
});
