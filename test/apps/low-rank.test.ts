/** A matrix of low rank near a given one. */
import { expect, test } from "vitest";
import { addLowRank, lowRank, quantized } from "../../src/apps/low-rank.js";
import { addChange, changeBetween, noSums } from "../../src/apps/weight-change.js";
import { Random } from "../../src/engine/random.js";
import { symmetricEigen } from "../../src/vectors/principal-components.js";

const [n, k] = [23, 17];
const random = new Random(7);
const drawn = (length: number): Float32Array => Float32Array.from({ length }, () => random.next() - 0.5);

/** The sum of r products of drawn vectors, each smaller than the one before. */
function ofRank(r: number, factor: number, rows = n): Float32Array {
  const D = new Float32Array(n * k);
  for (let c = 0; c < r; c++) {
    const [u, v] = [drawn(rows), drawn(k)];
    for (let i = 0; i < rows; i++) for (let j = 0; j < k; j++) D[i * k + j]! += factor ** c * u[i]! * v[j]!;
  }
  return D;
}

const rest = (D: Float32Array, near: Float32Array): number =>
  Math.sqrt(D.reduce((sum, x, i) => sum + (x - near[i]!) ** 2, 0));
const near = (parts: ReturnType<typeof lowRank>): Float32Array => {
  const sum = new Float32Array(n * k);
  addLowRank(parts, sum, k);
  return sum;
};

test("has a matrix of that rank whole", () => {
  const D = ofRank(3, 0.5);
  const found = lowRank(D, n, k, 5);
  expect(found.rank).toBe(3);
  expect(rest(D, near(found))).toBeLessThan(1e-5);
  expect(lowRank(D, n, k, 5)).toEqual(found);
});

test("is as near as a matrix of that rank can be", () => {
  const D = ofRank(17, 0.7);
  // The squares of the singular values that are left out.
  const squares = Array.from({ length: k }, (_a, a) =>
    Float64Array.from({ length: k }, (_b, b) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += D[i * k + a]! * D[i * k + b]!;
      return sum;
    }),
  );
  const { values } = symmetricEigen(squares);
  for (const r of [1, 4, 9]) {
    const least = Math.sqrt(values.slice(r).reduce((sum, x) => sum + Math.max(0, x), 0));
    const found = rest(D, near(lowRank(D, n, k, r)));
    expect(found).toBeGreaterThan(0.999 * least);
    expect(found).toBeLessThan(1.01 * least);
  }
});

test("rows that were not touched take no room", () => {
  const D = ofRank(2, 0.5, 6);
  const found = lowRank(D, n, k, 4);
  expect(found.rows).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5));
  expect(found.left).toHaveLength(12);
  expect(rest(D, near(found))).toBeLessThan(1e-5);
  expect(lowRank(new Float32Array(n * k), n, k, 4).rank).toBe(0);
});

test("rounded to int8 it is nearly the same", () => {
  const D = ofRank(6, 0.7);
  const size = rest(D, new Float32Array(n * k));
  expect(rest(D, near(quantized(lowRank(D, n, k, 6))))).toBeLessThan(0.01 * size);
});

test("what remained of earlier changes is no part of the rank", () => {
  const shapes = [
    { name: "w", shape: [n, k] },
    { name: "b", shape: [k] },
  ];
  const before = new Map([
    ["w", ofRank(17, 0.9)],
    ["b", drawn(k)],
  ]);
  const added = ofRank(2, 0.5);
  const after = new Map([
    ["w", before.get("w")!.map((x, i) => 0.25 * x + 0.1 * added[i]!)],
    ["b", before.get("b")!.map((x) => 0.25 * x)],
  ]);
  const change = changeBetween(shapes, before, after, 3);
  const sums = new Map([...before].map(([name, values]) => [name, values.slice()]));
  addChange(sums, change, shapes);
  const size = rest(after.get("w")!, noSums(shapes).get("w")!);
  // A cut of the whole sum to that rank leaves more than a third of it out.
  expect(rest(after.get("w")!, near(lowRank(after.get("w")!, n, k, 3)))).toBeGreaterThan(0.3 * size);
  expect(rest(after.get("w")!, sums.get("w")!)).toBeLessThan(0.1 * size);
  expect(rest(after.get("b")!, sums.get("b")!)).toBeLessThan(1e-6);
});
