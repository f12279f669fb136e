/** Importances: of a partition worked out by hand, against sums over a fine grid, of functions whose parts are known. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { importancesOf, marginalAt } from "../../src/tune/fanova.js";
import { type Axis, growForest, type Tree, valueOf } from "../../src/tune/forest.js";
import { frontierOf } from "../../src/tune/frontier.js";

const NUMBER: Axis = { kind: "number" };
const side = (from: number, to: number) => ({ from, to });

test("by hand: a step along one axis of a quarter's height, and a corner that only both explain", () => {
  const step: Tree = [
    { sides: [side(0, 0.25), side(0, 1)], value: 4 },
    { sides: [side(0.25, 1), side(0, 1)], value: 0 },
  ];
  const { single, pairs } = importancesOf([step], [NUMBER, NUMBER]);
  expect(single[0]).toBeCloseTo(1, 12);
  expect(single[1]).toBeCloseTo(0, 12);
  expect(pairs[0]!.share).toBeCloseTo(0, 12);
  expect(marginalAt(step, 0, 0.1)).toBe(4);
  expect(marginalAt(step, 1, 0.1)).toBe(1);

  // x and y on the same side of a half: neither alone says anything.
  const same: Tree = [
    { sides: [side(0, 0.5), side(0, 0.5)], value: 1 },
    { sides: [side(0, 0.5), side(0.5, 1)], value: -1 },
    { sides: [side(0.5, 1), side(0, 0.5)], value: -1 },
    { sides: [side(0.5, 1), side(0.5, 1)], value: 1 },
  ];
  const both = importancesOf([same], [NUMBER, NUMBER]);
  expect(both.single).toEqual([0, 0]);
  expect(both.pairs[0]!.share).toBeCloseTo(1, 12);
});

const axes: Axis[] = [NUMBER, { kind: "words", size: 3 }, NUMBER];
/** 3 x, words 0, 1 and 4, and nothing of the third. */
const f = ([x, word]: readonly number[]): number => 3 * x! + [0, 1, 4][word!]!;

function sample(n: number, random: Random): number[][] {
  return Array.from({ length: n }, () => [random.next(), random.below(3), random.next()]);
}

describe("a forest of a sum of two functions", () => {
  const random = new Random(2);
  const rows = sample(400, random);
  const trees = growForest(axes, rows, rows.map(f), random, { trees: 20, leastRows: 2, axesShare: 0.7 });

  test("is near it", () => {
    for (const x of sample(50, random)) {
      const value = trees.reduce((sum, tree) => sum + valueOf(tree, x), 0) / trees.length;
      expect(Math.abs(value - f(x))).toBeLessThan(0.5);
    }
  });

  test("has the importances that the function has", () => {
    // Var(3x) = 9/12, Var(0, 1, 4) = 26/9.
    const [a, b] = [9 / 12, 26 / 9];
    const { single, pairs } = importancesOf(trees, axes);
    expect(single[0]).toBeCloseTo(a / (a + b), 1);
    expect(single[1]).toBeCloseTo(b / (a + b), 1);
    expect(single[2]).toBeLessThan(0.01);
    expect(Math.max(...pairs.map(({ share }) => share))).toBeLessThan(0.05);
  });

  test("its boxes fill the space once, and its sums are those over a fine grid", () => {
    const tree = trees[0]!;
    const n = 60;
    const places = Array.from({ length: n }, (_, i) => (i + 0.5) / n);
    for (const x of [0.2, 0.7]) {
      let sum = 0;
      for (const word of [0, 1, 2]) for (const z of places) sum += valueOf(tree, [x, word, z]);
      expect(marginalAt(tree, 0, x)).toBeCloseTo(sum / (3 * n), 1);
    }
    for (const x of sample(100, random))
      expect(
        tree.filter(({ sides }) =>
          sides.every((each, i) =>
            "words" in each ? each.words[x[i]!]! : x[i]! >= each.from && x[i]! < each.to,
          ),
        ).length,
      ).toBe(1);
  });
});

test("the frontier: every model on it is better than all that cost less", () => {
  const points = [
    { cost: 1, loss: 5 },
    { cost: 2, loss: 6 },
    { cost: 3, loss: 4 },
    { cost: 3, loss: 3 },
    { cost: 9, loss: 3 },
    { cost: 10, loss: 1 },
  ];
  const frontier = frontierOf(
    points,
    ({ cost }) => cost,
    ({ loss }) => loss,
  );
  expect(frontier.map(({ cost, loss }) => [cost, loss])).toEqual([
    [1, 5],
    [3, 3],
    [10, 1],
  ]);
});
