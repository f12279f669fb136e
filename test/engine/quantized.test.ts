/** Products with int8 weights: sums of integers, so the same bits on every instruction set and number of threads. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { Random } from "../../src/engine/random.js";
import { compiledEngines } from "./compiled-engines.js";
import { dataOf, softmaxSums } from "./tensor-data.js";

function product(engine: Engine, [N, k, n]: readonly [number, number, number]): Buffer {
  const random = new Random(5);
  const q = new Int8Array(n * k).map(() => random.below(256) - 128);
  const scales = new Float32Array(n).map(() => random.next());
  const packed = engine.packed(k, n, "int8");
  engine.packQuantized(q, scales, packed);
  const [x, y, bias] = [engine.tensor(N * k), engine.tensor(N * n), engine.tensor(n)];
  for (const tensor of [x, bias]) for (let i = 0; i < tensor.length; i++) dataOf(tensor)[i] = random.normal();
  engine.matmul(x, packed, y, N, bias);
  const data = dataOf(y);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

describe.each([
  [1, 513, 1100],
  [1, 650, 3001],
  [2, 40, 33],
  [5, 301, 700],
  [250, 129, 77],
  [700, 65, 40],
] as const)("%i rows, %i × %i", (...size) => {
  const expected = product(nativeEngine(1, "baseline"), size);
  test.each(compiledEngines.flatMap((e) => [1, 2, 3, 5].map((threads) => ({ ...e, threads }))))(
    "$engine, $isa with $threads threads",
    ({ make, threads }) => {
      expect(product(make(threads), size).equals(expected)).toBe(true);
    },
  );
});

describe.each(compiledEngines)("$engine, $isa", ({ make }) => {
  const engine = make(1);
  /** y = q · x for one row of weights, with scale 1. */
  const one = (x: readonly number[], q: readonly number[]): number => {
    const packed = engine.packed(x.length, 1, "int8");
    engine.packQuantized(Int8Array.from(q), Float32Array.of(1), packed);
    const [input, y] = [engine.tensor(x.length), engine.tensor(1)];
    input.data.set(x);
    engine.matmul(input, packed, y, 1);
    return y.data[0]!;
  };

  test.each([1, 512, 650, 4096, 70_001])("the largest sum of %i products does not overflow", (k) => {
    const largest = one(Array<number>(k).fill(3), Array<number>(k).fill(-128));
    expect(Math.abs(largest / (-384 * k) - 1)).toBeLessThan(1e-6);
  });

  test("zeros, tiny and large inputs", () => {
    expect(one([0, 0, 0], [5, 6, 7])).toBe(0);
    expect(one([1e-40, 0, 0], [5, 6, 7])).toBe(0);
    expect(one([1e-20, 2e-20], [5, 6]) / 17e-20).toBeCloseTo(1, 3);
    expect(one([1e30, -2e30], [5, 6]) / -7e30).toBeCloseTo(1, 3);
  });

  test.each([Number.NaN, Infinity, -Infinity])("an input that is %d makes the result NaN", (x) => {
    expect(one([1, 2, x, 4, 5], [1, 1, 0, 1, 1])).toBeNaN();
  });

  test("int8 weights have no gradients and do not go where floats are needed", () => {
    const [H, N, V] = [2, 1, 2];
    const packed = engine.packed(H, V, "int8");
    const tensor = () => engine.tensor(8);
    const backward = { scale: 1, dH: tensor(), dWeight: tensor(), dBias: tensor() };
    const inputs = { N, H, V, h: tensor(), bias: tensor(), targets: engine.ids(1) };
    expect(() => softmaxSums(engine, { ...inputs, weight: packed, backward })).toThrow(TypeError);
    expect(() => softmaxSums(engine, { ...inputs, weight: engine.packed(H, V) })).toThrow(TypeError);
    expect(() => engine.pack(tensor(), packed, true)).toThrow(TypeError);
    expect(() =>
      engine.rnnBackward({ T: 1, B: 1, H }, "tanh", packed, tensor(), tensor(), tensor(), tensor()),
    ).toThrow(/kind float is needed/);
    expect(() => engine.packQuantized(new Int8Array(4), new Float32Array(3), packed)).toThrow(RangeError);
  });
});
