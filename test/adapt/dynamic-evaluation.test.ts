/** Dynamic evaluation: PyTorch's numbers, honesty, and what is and is not learned from. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DynamicEvaluation, LARGE_VOCABULARY } from "../../src/adapt/dynamic-evaluation.js";
import { gatherStatistics } from "../../src/adapt/gradient-statistics.js";
import { NeuralCache } from "../../src/adapt/neural-cache.js";
import type { DynamicSettings } from "../../src/adapt/settings.js";
import type { Engine } from "../../src/engine/engine.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CELLS, modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { emptyModel } from "../../src/model/create-model.js";
import type { Predictor } from "../../src/model/predictor.js";
import { ContiguousBatches } from "../../src/text/windows/contiguous-batches.js";
import { MemoryTokens } from "../../src/text/windows/token-source.js";
import { logsOf, randomText, smallModel } from "./small-model.js";

interface Golden {
  readonly sizes: { readonly vocabulary: number; readonly hidden: number; readonly layers: number };
  readonly segment: number;
  readonly rate: number;
  readonly decay: number;
  readonly epsilon: number;
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly text: readonly number[];
  readonly statistics_text: readonly number[];
  readonly rms: Readonly<Record<string, readonly number[]>>;
  readonly followed: Readonly<Record<"sgd" | "rms", { readonly log_probabilities: readonly number[] }>>;
}

const SGD: DynamicSettings = { method: "sgd", rate: 0.5, decay: 0.1, segment: 5, epsilon: 0 };
const text = randomText(60);

describe("PyTorch's numbers", () => {
  const golden = JSON.parse(readFileSync(new URL("dynamic-golden.json", import.meta.url), "utf8")) as Golden;
  const engine: Engine = new ReferenceEngine("f64");
  const { hidden } = golden.sizes;
  const model = emptyModel(
    engine,
    modelConfig({ ...golden.sizes, cell: "lstm", embedding: hidden, tie: true }),
  );
  for (const { name, value } of model.parameters)
    engine.write(Float64Array.from(golden.weights[name]!), value);
  model.weightsChanged();
  const { rate, decay, segment, epsilon } = golden;

  test("statistics of the gradients", async () => {
    const tokens = new MemoryTokens(golden.statistics_text);
    const found = await gatherStatistics(model, new ContiguousBatches(tokens, 1, segment), Infinity);
    expect([...found.keys()].toSorted()).toEqual(Object.keys(golden.rms).toSorted());
    for (const [name, values] of found)
      for (const [i, x] of values.entries()) expect(x).toBeCloseTo(golden.rms[name]![i]!, 6);
  });

  test.each(["sgd", "rms"] as const)("%s", (method) => {
    const rms = new Map(Object.entries(golden.rms).map(([name, r]) => [name, Float64Array.from(r)]));
    const dynamic = new DynamicEvaluation(model, { method, rate, decay, segment, epsilon }, rms);
    const logs = logsOf(dynamic, Int32Array.from(golden.text), [7]);
    const expected = golden.followed[method].log_probabilities;
    expect(logs).toHaveLength(expected.length);
    for (const [t, log] of logs.entries()) expect(log).toBeCloseTo(expected[t]!, 8);
  });
});

describe.each<[string, Partial<ModelConfigInput>]>([
  ...CELLS.map((cell): [string, Partial<ModelConfigInput>] => [cell, { cell }]),
  ["an adaptive softmax", { adaptive: { cutoffs: [4, 9], divisor: 2 } }],
  ["a mixture of softmaxes", { mixture: { components: 2 }, tie: true }],
  ["an output of another width", { hidden: [9, 7], embedding: 5, tie: true }],
])("%s", (_, sizes) => {
  const model = smallModel(sizes);

  test("scores do not depend on where windows are cut", () => {
    const whole = logsOf(new DynamicEvaluation(model, SGD), text, [59]);
    const plain = logsOf(model, text);
    expect(whole.some((log, t) => Math.abs(log - plain[t]!) > 1e-3)).toBe(true);
    for (const lengths of [[1], [2, 7, 1, 30]]) {
      const logs = logsOf(new DynamicEvaluation(model, SGD), text, lengths);
      for (const [t, log] of logs.entries()) expect(log).toBeCloseTo(whole[t]!, 8);
    }
  });
});

describe.each([
  ["dynamic evaluation", (): Predictor => new DynamicEvaluation(smallModel(), SGD)],
  ["a cache", (): Predictor => new NeuralCache(smallModel(), { window: 30, theta: 1, lambda: 0.3 })],
  [
    "both",
    (): Predictor =>
      new NeuralCache(new DynamicEvaluation(smallModel(), SGD), { window: 30, theta: 1, lambda: 0.3 }),
  ],
])("%s is honest", (_, make) => {
  test.each([1, 5, 33, 58])("another token at place %i changes no score before it", (place) => {
    const surprised = text.slice();
    surprised[place] = (surprised[place]! + 1) % 13;
    for (const lengths of [[16], [59]]) {
      const [logs, others] = [logsOf(make(), text, lengths), logsOf(make(), surprised, lengths)];
      expect(others.slice(0, place - 1)).toEqual(logs.slice(0, place - 1));
      expect(others[place - 1]).not.toBe(logs[place - 1]);
      // And it is followed: something after it changes.
      if (place < 50) expect(others.slice(place + 6)).not.toEqual(logs.slice(place + 6));
    }
  });

  test("a text with a surprise in its last token", () => {
    const surprised = text.slice();
    surprised[59] = (text[59]! + 1) % 13;
    expect(logsOf(make(), surprised).slice(0, -1)).toEqual(logsOf(make(), text).slice(0, -1));
  });
});

test("the model it is made of stays as it is, and the copy's weights are put back", () => {
  const model = smallModel();
  const before = model.parameters.map(({ value }) => [...model.engine.read(value)]);
  const dynamic = new DynamicEvaluation(model, SGD);
  const [first, second] = [logsOf(dynamic, text), logsOf(dynamic, text)];
  expect(second).not.toEqual(first);
  dynamic.forget();
  expect(logsOf(dynamic, text)).toEqual(first);
  expect(model.parameters.map(({ value }) => [...model.engine.read(value)])).toEqual(before);
});

test("a decay of 1 undoes each step before the next", () => {
  const model = smallModel();
  const dynamic = new DynamicEvaluation(model, { ...SGD, rate: 0, decay: 1 });
  for (const [t, log] of logsOf(dynamic, text).entries())
    expect(log).toBeCloseTo(logsOf(model, text)[t]!, 10);
});

describe("what is read and what is written", () => {
  const N = 23;
  const prompt = text.subarray(0, N);
  const none = new Int32Array(N).fill(-1);

  test("a prompt without targets is learned as the text that it is, its last segment too", () => {
    const last = Int32Array.of(text[N]!);
    const read = new DynamicEvaluation(smallModel(), SGD);
    const state = read.zeroState(1);
    read.evaluate({ T: N, B: 1, inputs: prompt, targets: none }, state);
    const logits = [...read.logits(last, state)];

    const scored = new DynamicEvaluation(smallModel(), SGD);
    const other = scored.zeroState(1);
    scored.evaluate({ T: N, B: 1, inputs: prompt, targets: text.subarray(1, N + 1) }, other);
    for (const [v, x] of [...scored.logits(last, other)].entries()) expect(logits[v]).toBeCloseTo(x, 10);

    // The last segment is of three tokens: without it something else is said.
    const shorter = new DynamicEvaluation(smallModel(), SGD);
    const before = shorter.zeroState(1);
    shorter.evaluate({ T: 20, B: 1, inputs: prompt.subarray(0, 20), targets: none.subarray(0, 20) }, before);
    for (const id of text.subarray(20, N)) shorter.logits(Int32Array.of(id), before);
    expect([...shorter.logits(last, before)]).not.toEqual(logits);
  });

  test("what it writes changes no weight", () => {
    const dynamic = new DynamicEvaluation(smallModel(), SGD);
    const state = dynamic.zeroState(1);
    dynamic.evaluate({ T: N, B: 1, inputs: prompt, targets: none }, state);
    dynamic.logits(Int32Array.of(1), state);
    const [first, second] = [dynamic.zeroState(1), dynamic.zeroState(1)];
    const before = [...dynamic.logits(Int32Array.of(3), first)];
    for (let i = 0; i < 30; i++) dynamic.logits(Int32Array.of(i % 13), state);
    expect([...dynamic.logits(Int32Array.of(3), second)]).toEqual(before);
  });

  test("several sequences are written, not read", () => {
    const dynamic = new DynamicEvaluation(smallModel(), SGD);
    const state = dynamic.zeroState(2);
    expect(dynamic.logits(Int32Array.of(1, 2), state)).toHaveLength(26);
    const two = Int32Array.of(1, 2);
    expect(() => dynamic.evaluate({ T: 1, B: 2, inputs: two, targets: two }, state)).toThrow(RangeError);
  });
});

describe.each([{ tie: false }, { tie: true }, { tie: true, mixture: { components: 2 } }])(
  "a large vocabulary, %j",
  (head) => {
    const V = LARGE_VOCABULARY;
    const model = smallModel(
      { vocabulary: V, ...head, hidden: 8, embedding: 8, layers: 1 },
      nativeEngine(2),
      8,
    );
    // Few of its tokens are probable, so that most rows are left out.
    const bias = model.parameters.find(({ name }) => name === "decoder.bias")!.value;
    model.engine.write(
      Float32Array.from({ length: V }, (_, v) => (v % 40 === 0 ? 6 : 0)),
      bias,
    );
    const words = randomText(80, 20).map((word) => 200 * word);
    const settings = { ...SGD, rate: 0.3, decay: 0 };

    test("follows as the dense gradient does", () => {
      const sparse = logsOf(new DynamicEvaluation(model, settings), words);
      const engine = model.engine;
      // The same by hand: all rows, all tokens.
      const dense = emptyModel(engine, model.config);
      for (const [i, { value }] of dense.parameters.entries()) engine.copy(model.parameters[i]!.value, value);
      dense.weightsChanged();
      const state = dense.zeroState(1);
      const logs: number[] = [];
      for (let from = 0; from + 5 < words.length; from += 5) {
        const inputs = words.subarray(from, from + 5);
        const targets = words.subarray(from + 1, from + 6);
        const out = new Float32Array(5);
        dense.evaluate({ T: 5, B: 1, inputs, targets }, state.copy(), out);
        logs.push(...out);
        dense.train({ T: 5, B: 1, inputs, targets }, state, {}, engine.sums());
        for (const [i, { value, grad }] of dense.parameters.entries())
          engine.dynamicStep(value, grad, model.parameters[i]!.value, undefined, {
            learningRate: settings.rate,
            decay: settings.decay,
            epsilon: 0,
          });
        dense.weightsChanged();
      }
      const plain = logsOf(model, words);
      const moved = logs.reduce((sum, log, t) => sum + Math.abs(log - plain[t]!), 0);
      const apart = logs.reduce((sum, log, t) => sum + Math.abs(log - sparse[t]!), 0);
      expect(moved / logs.length).toBeGreaterThan(0.05);
      expect(apart).toBeLessThan(0.1 * moved);
    });
  },
);

test("int8 weights are refused, and settings out of their range", () => {
  const quantized = emptyModel(
    new ReferenceEngine("f64"),
    modelConfig({ vocabulary: 13, cell: "lstm", hidden: 4, weights: "int8" }),
  );
  expect(() => new DynamicEvaluation(quantized, SGD)).toThrow("int8");
  for (const wrong of [{ rate: -1 }, { decay: NaN }, { segment: 0 }, { segment: 1.5 }, { epsilon: -1 }])
    expect(() => new DynamicEvaluation(smallModel(), { ...SGD, ...wrong })).toThrow(RangeError);
  expect(() => new DynamicEvaluation(smallModel(), { ...SGD, method: "rms" })).toThrow("statistics");
  const other = new Map([["embedding.weight", new Float32Array(3)]]);
  expect(() => new DynamicEvaluation(smallModel(), { ...SGD, method: "rms" }, other)).toThrow(RangeError);
});
