/** The head over a body: its loss is that of plain vectors, and its gradients are those of central differences. */
import { describe, expect, test } from "vitest";
import { headedModel } from "../../src/classify/headed-model.js";
import type { PooledRow } from "../../src/classify/pooled-head.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { createModel } from "../../src/model/create-model.js";
import { modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { CLASSIFIER_POOLS } from "../../src/options/words.js";
import { copiedTensors, weightsOf } from "../../src/train/weights.js";
import { dataOf } from "../engine/tensor-data.js";

const engine = new ReferenceEngine("f64");
const [V, H, C] = [7, 5, 3];

/** Three texts of 1 to 4 tokens, two of them after a token that is none of theirs, one with rows before the window. */
const TEXTS: PooledRow[] = [
  { first: 1, count: 4, label: 2, weight: 1 },
  { first: 1, count: 1, label: 0, weight: 2.5 },
  {
    first: 0,
    count: 3,
    label: 1,
    weight: 0.5,
    earlier: {
      count: 2,
      sum: Float64Array.of(0.1, -0.3, 0.2, 0.4, 0),
      greatest: Float64Array.of(0.9, -0.1, -0.9, 0.2, -0.2),
    },
  },
];
const [T, B] = [5, TEXTS.length];

async function headed(pool: (typeof CLASSIFIER_POOLS)[number], given: Partial<ModelConfigInput> = {}) {
  const config = modelConfig({ vocabulary: V, hidden: H, embedding: 4, layers: 2, ...given });
  const origin = createModel(engine, config, 3);
  for (const { value } of origin.parameters) for (let i = 0; i < value.length; i++) dataOf(value)[i]! *= 3;
  const weights = copiedTensors(weightsOf(origin));
  const made = await headedModel(engine, config, weights, C, pool);
  const random = new Random(4);
  for (const { value } of made.head.weights)
    for (let i = 0; i < value.length; i++) dataOf(value)[i] = random.normal();
  made.head.window = { texts: TEXTS };
  const inputs = Int32Array.from({ length: T * B }, () => random.below(V));
  const counts = (n: number): boolean => {
    const { first, count } = TEXTS[n % B]!;
    return Math.floor(n / B) >= first && Math.floor(n / B) < first + count;
  };
  const targets = Int32Array.from({ length: T * B }, (_, n) => (counts(n) ? 0 : -1));
  return { ...made, config, window: { T, B, inputs, targets } };
}

describe.each([
  ["LSTM", {}],
  ["GRU with tied weights and a projection", { cell: "gru", tie: true }],
  ["minLSTM with residual connections", { cell: "minlstm", embedding: H, residual: true }],
] as const)("%s", (_name, given) => {
  test.each(CLASSIFIER_POOLS)("pooled as %s", async (pool) => {
    const { model, head, window } = await headed(pool, given);
    head.dropout = 0.3;
    const pass = {
      draw: { seed: 5, step: 6 },
      regularisation: { dropoutEmbedding: 0.2, dropoutBetween: 0.2, lockedDropout: true },
    };
    const sums = engine.sums();
    const lossNow = (): number => {
      model.weightsChanged();
      model.train(window, model.zeroState(B), pass, sums);
      return head.lastLoss;
    };
    lossNow();
    const gradients = model.parameters.map(({ grad }) => Float64Array.from(dataOf(grad)));
    const h = 1e-6;
    const random = new Random(8);
    for (const [p, { name, value }] of model.parameters.entries()) {
      const data = dataOf(value);
      for (let tries = 0; tries < 12; tries++) {
        const i = random.below(data.length);
        const before = data[i]!;
        data[i] = before + h;
        const above = lossNow();
        data[i] = before - h;
        const below = lossNow();
        data[i] = before;
        const difference = Math.abs((above - below) / (2 * h) - gradients[p]![i]!);
        expect(difference, `${name}[${i}]`).toBeLessThan(2e-8);
      }
    }
    expect(gradients.every((own) => own.some((x) => x !== 0))).toBe(true);
  });
});

test("the loss is that of vectors pooled by plain loops", async () => {
  const { model, head, window } = await headed("concat");
  let states: number[][] = [];
  model.readRows(window, model.zeroState(B), ({ hidden }) => {
    const rows = Array.from(dataOf(hidden));
    states = Array.from({ length: T * B }, (_, n) => rows.slice(n * H, (n + 1) * H));
  });
  const [w, b] = head.weights.map(({ value }) => Array.from(dataOf(value)));
  let [loss, weights] = [0, 0];
  for (const [i, { first, count, label, weight, earlier }] of TEXTS.entries()) {
    const own = Array.from({ length: count }, (_, t) => states[(first + t) * B + i]!);
    const each = (of: (j: number) => number): number[] => Array.from({ length: H }, (_, j) => of(j));
    const v = [
      ...own.at(-1)!,
      ...each((j) => Math.max(earlier?.greatest[j] ?? -Infinity, ...own.map((h) => h[j]!))),
      ...each(
        (j) => own.reduce((sum, h) => sum + h[j]!, earlier?.sum[j] ?? 0) / (count + (earlier?.count ?? 0)),
      ),
    ];
    const z = Array.from({ length: C }, (_, c) =>
      v.reduce((sum, x, d) => sum + w![c * v.length + d]! * x, b![c]!),
    );
    const all = z.reduce((sum, one) => sum + Math.exp(one), 0);
    loss += weight * (Math.log(all) - z[label]!);
    weights += weight;
  }
  model.train(window, model.zeroState(B), {}, engine.sums());
  expect(head.lastLoss).toBeCloseTo(loss / weights, 12);
});

test("a window of which all rows are a text's, and one of few that are", async () => {
  // Where few rows have no target the output layer is given all of them, else only those that have one.
  const { model, head } = await headed("concat");
  const texts = [
    { first: 0, count: 2, label: 0, weight: 1 },
    { first: 0, count: 2, label: 1, weight: 1 },
  ];
  head.window = { texts };
  const inputs = Int32Array.of(1, 2, 3, 4);
  model.train({ T: 2, B: 2, inputs, targets: new Int32Array(4) }, model.zeroState(2), {}, engine.sums());
  const whole = head.lastLoss;
  const padded = Int32Array.from({ length: 80 }, (_, n) => inputs[n] ?? 0);
  const targets = Int32Array.from({ length: 80 }, (_, n) => (n < 4 ? 0 : -1));
  head.window = { texts };
  model.train({ T: 40, B: 2, inputs: padded, targets }, model.zeroState(2), {}, engine.sums());
  expect(head.lastLoss).toBeCloseTo(whole, 12);
});
