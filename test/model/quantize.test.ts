/** Weights as int8: what rounding may cost, and that such a model computes but is not trained. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { UserError } from "../../src/errors.js";
import { CELLS, type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { createModel, emptyModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { setQuantized } from "../../src/model/parameter.js";
import { quantizeRows } from "../../src/model/quantize.js";
import { dataOf } from "../engine/tensor-data.js";
import { trainStep } from "./train-step.js";

const matrix = fc
  .record({
    n: fc.integer({ min: 1, max: 9 }),
    k: fc.integer({ min: 1, max: 40 }),
    power: fc.integer({ min: -8, max: 8 }),
  })
  .chain(({ n, k, power }) =>
    fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n * k, maxLength: n * k })
      .map((values) => ({ n, k, w: Float32Array.from(values, (x) => x * 10 ** power) })),
  );

describe("quantizeRows", () => {
  test("no element is off by more than half its row's scale, and none is −128", () => {
    fc.assert(
      fc.property(matrix, ({ n, k, w }) => {
        const { q, scales } = quantizeRows(w, n, k);
        for (let i = 0; i < n * k; i++) {
          const scale = scales[Math.floor(i / k)]!;
          expect(Math.abs(q[i]! * scale - w[i]!)).toBeLessThanOrEqual(scale * 0.50001 + 1e-38);
          expect(q[i]).toBeGreaterThanOrEqual(-127);
        }
      }),
    );
  });

  test("the largest of a row is ±127, a row of zeros has the scale 0, and what is on the grid stays", () => {
    const { q, scales } = quantizeRows([0.5, -0.25, -2, 1, 0, 0], 3, 2);
    expect([...q]).toEqual([127, -64, -127, 64, 0, 0]);
    expect(scales[2]).toBe(0);
    const again = quantizeRows([127 * 0.25, -3 * 0.25, 0], 1, 3);
    expect([[...again.q], again.scales[0]]).toEqual([[127, -3, 0], 0.25]);
  });

  test.each([Number.NaN, Infinity, -Infinity])("%d is refused with its row", (x) => {
    expect(() => quantizeRows([1, 2, 3, x], 2, 2)).toThrow(/row 1 holds/);
  });
});

/** A model of floats and the same of int8. */
function both(input: ModelConfigInput): [LanguageModel, LanguageModel] {
  const engine = nativeEngine(2);
  const float = createModel(engine, modelConfig(input), 3);
  const int8 = emptyModel(engine, modelConfig({ ...input, weights: "int8" }));
  for (const weight of int8.quantized) {
    const { value } = float.parameters.find(({ name }) => name === weight.name)!;
    const { q, scales } = quantizeRows(dataOf(value), ...weight.shape);
    setQuantized(engine, weight, q, scales);
  }
  for (const { name, value } of int8.parameters)
    dataOf(value).set(dataOf(float.parameters.find((parameter) => parameter.name === name)!.value));
  int8.weightsChanged();
  return [float, int8];
}

const kinds: { name: string; input: Partial<ModelConfigInput> }[] = [
  ...CELLS.flatMap((cell) =>
    [true, false].map((tie) => ({ name: `${cell}, tied ${tie}`, input: { cell, tie } })),
  ),
  { name: "lstm of two widths, tied by a projection", input: { hidden: [37, 21], tie: true } },
  { name: "lstm with a mixture of softmaxes", input: { mixture: { components: 3 } } },
  { name: "tied gru with a mixture", input: { cell: "gru", tie: true, mixture: { components: 2 } } },
  { name: "lstm with an adaptive softmax", input: { adaptive: { cutoffs: [20, 60], divisor: 4 } } },
];

describe.each(kinds)("$name", ({ input }) => {
  const [float, int8] = both({ ...input, vocabulary: 101, layers: 2, hidden: 37, embedding: 37 });
  const inputs = Int32Array.from({ length: 60 }, (_, i) => (i * 17) % 101);
  const targets = Int32Array.from({ length: 60 }, (_, i) => (i * 29) % 101);

  test("it has the same weights, all matrices of them int8, and computes nearly the same", () => {
    expect(int8.parameterCount).toBe(float.parameterCount);
    expect(int8.parameters.every(({ shape }) => shape.length === 1)).toBe(true);
    const window = { T: 12, B: 5, inputs, targets };
    const [a, b] = [float, int8].map((model) => model.evaluate(window, model.zeroState(5)).nats);
    expect(Math.abs(a! - b!) / a!).toBeLessThan(1e-3);
    expect(a).not.toBe(b);
  });

  test("token by token, in one window and in a batch it gives the same log-probabilities", () => {
    const [T, state, apart] = [30, int8.zeroState(1), int8.zeroState(1)];
    const whole = new Float32Array(T);
    int8.evaluate({ T, B: 1, inputs: inputs.subarray(0, T), targets: targets.subarray(0, T) }, state, whole);
    for (let t = 0; t < T; t++) {
      const logits = Float64Array.from(int8.logits(inputs.subarray(t, t + 1), apart));
      const max = Math.max(...logits);
      const sum = logits.reduce((total, l) => total + Math.exp(l - max), 0);
      expect(logits[targets[t]!]! - max - Math.log(sum)).toBeCloseTo(whole[t]!, 4);
    }
    for (const [l, { h, c }] of state.layers.entries()) {
      expect(dataOf(apart.layers[l]!.h)).toEqual(dataOf(h));
      if (c) expect(dataOf(apart.layers[l]!.c!)).toEqual(dataOf(c));
    }
  });

  test("it is not trained", () => {
    const window = { T: 12, B: 5, inputs, targets };
    expect(() => trainStep(int8, window, int8.zeroState(5), { seed: 1, step: 0 })).toThrow(UserError);
    expect(() => createModel(int8.engine, int8.config, 1)).toThrow(/int8 weights, .* not trained/);
  });
});
