/** An ensemble is the mean of its members' probabilities. */
import { expect, test } from "vitest";
import { DynamicEvaluation } from "../../src/adapt/dynamic-evaluation.js";
import { Ensemble } from "../../src/adapt/ensemble.js";
import { NeuralCache } from "../../src/adapt/neural-cache.js";
import { Temperature } from "../../src/adapt/temperature.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import type { RowPredictor } from "../../src/model/predictor.js";
import { logsOf, randomText, smallModel } from "./small-model.js";

const text = randomText(80);
const cached = () => new NeuralCache(smallModel({ cell: "gru" }), { window: 9, theta: 1, lambda: 0.2 });
const dynamic = () =>
  new DynamicEvaluation(smallModel({ cell: "rnn" }), {
    method: "sgd",
    rate: 0.2,
    decay: 0,
    segment: 7,
    epsilon: 0,
  });

const members = (): RowPredictor[] => [smallModel(), cached(), dynamic()];

test.each([[[16]], [[79]], [[1]], [[3, 50, 9]]])("of every token, in windows of %j", (lengths) => {
  const logs = logsOf(new Ensemble(members()), text, lengths);
  const alone = members().map((member) => logsOf(member, text, lengths));
  for (const [t, log] of logs.entries()) {
    const mean = alone.reduce((sum, own) => sum + Math.exp(own[t]!), 0) / alone.length;
    expect(Math.exp(log)).toBeCloseTo(mean, 10);
  }
});

test("token by token; of two equal models it is that model", () => {
  const model = smallModel();
  const twice = new Ensemble([model, model]);
  const [own, both] = [model.zeroState(2), twice.zeroState(2)];
  for (let t = 0; t < 10; t++) {
    const ids = Int32Array.of(text[t]!, text[t + 20]!);
    const [a, b] = [[...model.logits(ids, own)], [...twice.logits(ids, both)]];
    for (let row = 0; row < 2; row++) {
      const constant = a[row * 13]! - b[row * 13]!;
      for (let v = 0; v < 13; v++) expect(a[row * 13 + v]! - b[row * 13 + v]!).toBeCloseTo(constant, 10);
    }
  }
  const N = text.length - 1;
  const window = { T: N, B: 1, inputs: text.subarray(0, N), targets: text.subarray(1) };
  const alone = model.evaluate(window, model.zeroState(1));
  const together = twice.evaluate(window, twice.zeroState(1));
  expect(together.correct).toBe(alone.correct);
  expect(together.nats).toBeCloseTo(alone.nats, 8);
  expect(together.count).toBe(N);
});

test("members on engines of their own", () => {
  const [a, b] = [smallModel({}, nativeEngine(1)), smallModel({ cell: "gru" }, nativeEngine(2))];
  const logs = logsOf(new Ensemble([a, b]), text);
  const [x, y] = [logsOf(a, text), logsOf(b, text)];
  for (const [t, log] of logs.entries())
    expect(Math.exp(log)).toBeCloseTo((Math.exp(x[t]!) + Math.exp(y[t]!)) / 2, 5);
});

test("states are copied and reset with all their members", () => {
  const ensemble = new Ensemble([smallModel(), cached()]);
  const state = ensemble.zeroState(1);
  const next = (id: number, of: ReturnType<Ensemble["zeroState"]>) => [
    ...ensemble.logits(Int32Array.of(id), of),
  ];
  for (const id of text.subarray(0, 30)) next(id, state);
  const copy = state.copy();
  const rows = ensemble.zeroState(2);
  rows.copyRow(state, 0, 1);
  const logits = next(4, state);
  next(5, state);
  expect(next(4, copy)).toEqual(logits);
  expect([...ensemble.logits(Int32Array.of(0, 4), rows)].slice(13)).toEqual(logits);
  state.reset();
  expect(next(4, state)).toEqual(next(4, ensemble.zeroState(1)));
});

test("what a member can do to its probabilities, the ensemble can, through whatever stands around it", () => {
  const learner = (model: ReturnType<typeof smallModel>) =>
    new DynamicEvaluation(model, { method: "sgd", rate: 7, decay: 0, segment: 5, epsilon: 1 });
  const model = smallModel();
  const around = new NeuralCache(new Temperature(learner(model), 0.5), { window: 5, theta: 1, lambda: 0.1 });
  expect(new Ensemble([model, around]).hazard).toMatchObject({ option: "dynamicRate" });
  expect(new Ensemble([new Temperature(model, 0.5)]).hazard).toMatchObject({ option: "temperature" });
  expect(new Ensemble([model, new Temperature(model, 2)]).hazard).toBeUndefined();
});

test("other vocabularies, and no member, are refused", () => {
  expect(() => new Ensemble([])).toThrow(RangeError);
  expect(() => new Ensemble([smallModel(), smallModel({ vocabulary: 14 })])).toThrow("14 tokens");
});
