/** The neural cache against its equations, written out in float64. */
import { describe, expect, test } from "vitest";
import { NeuralCache } from "../../src/adapt/neural-cache.js";
import { Temperature } from "../../src/adapt/temperature.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { Recording } from "../../src/layers/recording.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { logsOf, randomText, smallModel } from "./small-model.js";

const V = 13;
const text = randomText(150);

/** p of all tokens at every place: of the model at a temperature, and its last hidden states. */
function distributions(model: LanguageModel, temperature: number) {
  const state = model.zeroState(1);
  const places = [];
  for (const id of text.subarray(0, text.length - 1)) {
    const recording = new Recording({ hidden: true });
    const before = state.copy();
    const window = { T: 1, B: 1, inputs: Int32Array.of(id), targets: Int32Array.of(-1) };
    model.evaluate(window, before, undefined, recording);
    const logits = [...model.logits(Int32Array.of(id), state)];
    const weights = logits.map((x) => Math.exp(x / temperature));
    const sum = weights.reduce((a, b) => a + b);
    places.push({ h: [...recording.hidden.at(-1)!], p: weights.map((w) => w / sum) });
  }
  return places;
}

/** p = (1 − λ) p_model + λ p_cache at every place. */
function bruteForce(
  places: ReturnType<typeof distributions>,
  { window, theta, lambda }: { window: number; theta: number; lambda: number },
): number[][] {
  return places.map(({ h, p }, t) => {
    const before = places.slice(Math.max(0, t - window), t);
    if (before.length === 0) return p;
    const weights = before.map((other) =>
      Math.exp(theta * h.reduce((sum, x, j) => sum + x * other.h[j]!, 0)),
    );
    const sum = weights.reduce((a, b) => a + b);
    const cache = new Array<number>(V).fill(0);
    for (const [i, weight] of weights.entries())
      cache[text[Math.max(0, t - window) + i + 1]!]! += weight / sum;
    return p.map((x, v) => (1 - lambda) * x + lambda * cache[v]!);
  });
}

describe.each([
  { window: 7, theta: 0.6, lambda: 0.3 },
  { window: 100, theta: 1.5, lambda: 0.1 },
  { window: 1000, theta: 0, lambda: 0.9 },
  { window: 1, theta: 1, lambda: 0.5 },
])("$window places, θ $theta, λ $lambda", (settings) => {
  const model = smallModel();
  const expected = bruteForce(distributions(model, 1.3), settings);
  const cache = () => new NeuralCache(new Temperature(model, 1.3), settings);

  test.each([[[16]], [[1]], [[3, 40, 1, 90]], [[149]]])("windows of %j", (lengths) => {
    const logs = logsOf(cache(), text, lengths);
    expect(logs).toHaveLength(text.length - 1);
    for (const [t, log] of logs.entries()) expect(Math.exp(log)).toBeCloseTo(expected[t]![text[t + 1]!]!, 10);
  });

  test("token by token, all probabilities, which add up to one", () => {
    const predictor = cache();
    const state = predictor.zeroState(1);
    for (const [t, row] of expected.entries()) {
      const logits = [...predictor.logits(Int32Array.of(text[t]!), state)];
      const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
      for (let v = 0; v < V; v++) expect(Math.exp(logits[v]!) / sum).toBeCloseTo(row[v]!, 10);
    }
  });

  test("how many were the most probable token", () => {
    const predictor = cache();
    const N = text.length - 1;
    const window = { T: N, B: 1, inputs: text.subarray(0, N), targets: text.subarray(1) };
    const { correct, count, nats } = predictor.evaluate(window, predictor.zeroState(1));
    expect(count).toBe(N);
    expect(correct).toBe(expected.filter((row, t) => row.indexOf(Math.max(...row)) === text[t + 1]!).length);
    const sum = expected.reduce((total, row, t) => total - Math.log(row[text[t + 1]!]!), 0);
    expect(nats).toBeCloseTo(sum, 8);
  });
});

describe("its state", () => {
  const cache = new NeuralCache(smallModel(), { window: 20, theta: 1, lambda: 0.4 });
  const next = (id: number, state: ReturnType<NeuralCache["zeroState"]>) => [
    ...cache.logits(Int32Array.of(id), state),
  ];

  function readAll(ids: Int32Array) {
    const state = cache.zeroState(1);
    for (const id of ids) next(id, state);
    return state;
  }

  test("a copy goes its own way", () => {
    const state = readAll(text.subarray(0, 50));
    const copy = state.copy();
    const logits = next(3, state);
    next(7, state);
    expect(next(3, copy)).toEqual(logits);
  });

  test("a reset state is one of a new text", () => {
    const state = readAll(text.subarray(0, 50));
    state.reset();
    expect(next(3, state)).toEqual(next(3, cache.zeroState(1)));
  });

  test("a new line begins with the cache of the lines before", () => {
    const state = readAll(text.subarray(0, 50));
    state.beginLine();
    const logits = next(3, state);
    expect(logits).not.toEqual(next(3, cache.zeroState(1)));
    const inner = readAll(text.subarray(0, 50));
    inner.inner.reset();
    expect(next(3, inner)).toEqual(logits);
  });

  test("rows of a batch are texts of their own, and are copied from one to another", () => {
    const [a, b] = [text.subarray(0, 45), text.subarray(60, 105)];
    const both = cache.zeroState(2);
    for (let t = 0; t < a.length; t++) cache.logits(Int32Array.of(a[t]!, b[t]!), both);
    const alone = [readAll(a), readAll(b)];
    both.copyRow(alone[1]!, 0, 0);
    const together = [...cache.logits(Int32Array.of(5, 5), both)];
    const expected = next(5, alone[1]!);
    for (let v = 0; v < V; v++) {
      expect(together[v]).toBeCloseTo(expected[v]!, 10);
      expect(together[V + v]).toBeCloseTo(expected[v]!, 10);
    }
  });

  test("a prompt without targets is remembered as it goes on", () => {
    const read = cache.zeroState(1);
    const inputs = text.subarray(0, 40);
    cache.evaluate({ T: 40, B: 1, inputs, targets: new Int32Array(40).fill(-1) }, read);
    const stepped = readAll(inputs);
    for (const [v, x] of next(2, stepped).entries()) expect(next(2, read.copy())[v]).toBeCloseTo(x, 10);
  });
});

test("in float32 by kernels, with a large cache", () => {
  const settings = { window: 90, theta: 0.7, lambda: 0.35 };
  const exact = logsOf(new NeuralCache(smallModel(), settings), text);
  const native = logsOf(new NeuralCache(smallModel({}, nativeEngine(2)), settings), text);
  for (const [t, log] of native.entries()) expect(log).toBeCloseTo(exact[t]!, 3);
});

test.each([
  { window: 0, theta: 1, lambda: 0.1 },
  { window: 2.5, theta: 1, lambda: 0.1 },
  { window: 5, theta: -1, lambda: 0.1 },
  { window: 5, theta: 1, lambda: 1 },
  { window: 5, theta: 1, lambda: NaN },
])("%j is refused", (settings) => {
  expect(() => new NeuralCache(smallModel(), settings)).toThrow(RangeError);
});
