/** Averages of weights, against sums of all the weights there were. */
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { parameter } from "../../src/layers/layer.js";
import { type AverageSettings, WeightAverage } from "../../src/optim/average.js";
import { dataOf } from "../engine/tensor-data.js";

const STEPS = 40;

/** A run of drawn weights, and what was averaged after each step. */
function run(settings: AverageSettings, losses?: (step: number) => number) {
  const engine: Engine = new ReferenceEngine("f64");
  const weight = parameter(engine, "w", [3]);
  const average = new WeightAverage(engine, [weight], settings);
  const random = new Random(1);
  const weights: number[][] = [];
  const averages: (number[] | undefined)[] = [];
  for (let step = 1; step <= STEPS; step++) {
    engine.write([random.normal(), random.normal(), random.normal()], weight.value);
    weights.push([...dataOf(weight.value)]);
    average.updated(step, step / STEPS);
    if (losses) average.validated(losses(step));
    const [own] = average.tensors;
    averages.push(own && [...dataOf(own.tensor)]);
    expect(average.on).toBe(own !== undefined);
  }
  return { weights, averages, average };
}

const meanOf = (rows: readonly (readonly number[])[]): number[] =>
  [0, 1, 2].map((i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

function expectNear(found: readonly number[] | undefined, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found![i]).toBeCloseTo(value, 12);
}

describe("averages", () => {
  test("tail: the mean of every fourth step's weights in the last half", () => {
    const { weights, averages } = run({ name: "tail", span: 0.5, every: 4 });
    expect(averages[18]).toBeUndefined();
    const taken = [20, 24, 28, 32, 36, 40].map((step) => weights[step - 1]!);
    expectNear(averages[19], taken[0]!);
    expectNear(averages[26], meanOf(taken.slice(0, 2)));
    expectNear(averages[39], meanOf(taken));
  });

  test("ema: weights that fall with the way since, at most a tenth of the way so far at first", () => {
    const { weights, averages } = run({ name: "ema", span: 0.05, every: 2 });
    expect(averages[0]).toBeUndefined();
    let wanted = weights[1]!;
    for (let step = 4; step <= STEPS; step += 2) {
      const horizon = Math.min(0.05, step / STEPS / 10);
      const keep = Math.exp(-2 / STEPS / horizon);
      wanted = wanted.map((a, i) => keep * a + (1 - keep) * weights[step - 1]![i]!);
      expectNear(averages[step - 1], wanted);
    }
  });

  test("nt-asgd: the mean from when a loss is above the lowest of all but the last three", () => {
    const losses = [9, 8, 7, 6, 6.5, 6.4, 6.3, 6.2, 6.1];
    const { weights, averages, average } = run(
      { name: "nt-asgd", every: 1, interval: 3 },
      (s) => losses[s - 1] ?? 1,
    );
    // 6.2 is above 6, which four validations before it had; 6.3 is not above 7.
    expect(averages[7]).toBeUndefined();
    expectNear(averages[8], weights[8]!);
    expectNear(averages[STEPS - 1], meanOf(weights.slice(8)));
    expect(average.record).toMatchObject({ triggered: true, losses: [] });
  });

  test("nt-asgd begins where the rule of the paper's code does, whatever the losses", () => {
    const random = new Random(3);
    for (const interval of [1, 2, 5]) {
      const losses = Array.from({ length: STEPS }, (_, i) => 3 + 8 / (i + 1) + random.normal() * 0.2);
      losses[4] = Number.NaN;
      const known = losses.filter((loss) => Number.isFinite(loss));
      const first = known.findIndex(
        (loss, i) => i > interval && loss > Math.min(...known.slice(0, i - interval)),
      );
      expect(first).toBeGreaterThan(interval);
      const { averages } = run({ name: "nt-asgd", every: 1, interval }, (step) => losses[step - 1]!);
      expect(averages.findIndex((average) => average !== undefined)).toBe(losses.indexOf(known[first]!) + 1);
    }
  });

  test("a tail begins anew where the run was given a longer way", () => {
    const { average } = run({ name: "tail", span: 0.5, every: 4 });
    expect(average.record.count).toBe(6);
    average.updated(44, 0.3);
    expect(average.on).toBe(false);
    average.updated(48, 0.6);
    expect(average.record.count).toBe(1);
  });

  test("averaged weights stand in the model's place, and leave it in any case", async () => {
    const engine: Engine = new ReferenceEngine("f32");
    const long = (1 << 16) + 5;
    const parameters = [parameter(engine, "a", [long]), parameter(engine, "b", [2])];
    const average = new WeightAverage(engine, parameters, { name: "tail", span: 1, every: 1 });
    const fill = (value: number) => {
      for (const { value: tensor } of parameters) engine.fill(tensor, value);
    };
    const held = () => parameters.map(({ value }) => [dataOf(value)[0], dataOf(value).at(-1)]);
    fill(1);
    average.updated(1, 0.1);
    fill(4);
    average.updated(2, 0.2);
    let changes = 0;
    const model = { weightsChanged: () => void changes++ };
    const inside = await average.inPlace(model, async () => held());
    expect(inside).toEqual([
      [2.5, 2.5],
      [2.5, 2.5],
    ]);
    const failing = average.inPlace(model, async () => {
      throw new Error("on the way");
    });
    await expect(failing).rejects.toThrow("on the way");
    expect(changes).toBe(4);
    expect(held()).toEqual([
      [4, 4],
      [4, 4],
    ]);
    expect(dataOf(average.tensors[0]!.tensor).every((a) => a === 2.5)).toBe(true);
  });
});
