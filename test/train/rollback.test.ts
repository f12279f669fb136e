/** A run that diverges goes back; what lies on the disk does not. */
import { describe, expect, test, vi } from "vitest";
import type { Tensor } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { WeightAverage } from "../../src/optim/average.js";
import { makeOptimizer } from "../../src/optim/make-optimizer.js";
import { ContiguousBatches } from "../../src/text/windows/contiguous-batches.js";
import { MemoryTokens } from "../../src/text/windows/token-source.js";
import { diverged } from "../../src/train/divergence.js";
import type { TrainEvent } from "../../src/train/events.js";
import { MemoryMetrics } from "../../src/train/memory-metrics.js";
import { WeightsStore } from "../../src/train/memory-store.js";
import { parseMetrics } from "../../src/train/metric-line.js";
import type { TrainOptions } from "../../src/train/options.js";
import { planBySize } from "../../src/train/plan.js";
import { chooseSettings, expectedText } from "../../src/train/settings.js";
import { Trainer } from "../../src/train/trainer.js";
import { weightsOf } from "../../src/train/weights.js";
import { dataOf } from "../engine/tensor-data.js";

test("what counts as diverged", () => {
  expect(diverged(Number.NaN, 1, 2, 100)).toBe(true);
  expect(diverged(2, Infinity, 2, 100)).toBe(true);
  expect(diverged(4.7, 1, undefined, 100)).toBe(false);
  expect(diverged(13, 1, undefined, 100)).toBe(true);
  expect(diverged(6, 1, 1.5, 100)).toBe(true);
  expect(diverged(4, 1, 1.5, 100)).toBe(false);
});

/** A run whose weights become NaN after these steps, each time the step is made until `times` is over. */
function poisoned(steps: readonly number[], times: number, options: Partial<TrainOptions> = { steps: 90 }) {
  const engine = new ReferenceEngine("f32");
  const model = createModel(engine, modelConfig({ vocabulary: 10, hidden: 6 }), 1);
  const ids = new MemoryTokens(Array.from({ length: 400 }, (_, i) => (i * 7) % 10));
  const size = { kind: "char", lines: false, characters: 400, vocabulary: 10 } as const;
  const given = { batchSize: 2, seqLen: 8, lr: 0.01, ...options };
  const settings = chooseSettings(planBySize(given, expectedText(size)).options, size, engine);
  const events: TrainEvent[] = [];
  const metrics = new MemoryMetrics();
  const store = new WeightsStore();
  const saved: { loss: number | undefined; step: number }[] = [];
  let left = times;
  const optimizer = makeOptimizer(engine, model.parameters, { name: "adam", momentum: 0, weightDecay: 0 });
  const { average: name, averageSpan: span, averageEvery: every, averageInterval: interval } = settings;
  const average =
    name === "none"
      ? undefined
      : new WeightAverage(engine, model.parameters, { name, span, every: every!, interval });
  const trainer: Trainer = new Trainer({
    model,
    optimizer,
    average,
    batches: new ContiguousBatches(ids, 2, 8),
    validation: new ContiguousBatches(ids, 1, 400),
    settings,
    trainingSeconds: undefined,
    validationTokens: undefined,
    otherWindows: false,
    beginsTrained: false,
    sampler: undefined,
    metrics,
    emit: (event) => {
      events.push(event);
      if (event.type !== "step" || !steps.includes(event.step) || left === 0) return;
      left--;
      dataOf(model.parameters[1]!.value)[3] = Number.NaN;
    },
    interrupted: () => false,
    saveBest: async (loss) => {
      saved.push({ loss, step: trainer.position.step });
      await store.saveBest(weightsOf(model), loss);
    },
    saveCheckpoint: async () => {},
    writeSample: async () => "",
    onGivingUp: () => {},
    checkpointSeconds: 1000,
  });
  return { trainer, events, model, metrics, store, saved, average };
}

/** The losses of the next validations, of one window each. */
function validations(model: LanguageModel, losses: readonly number[]): void {
  const left = [...losses];
  vi.spyOn(model, "evaluate").mockImplementation(() => ({ nats: left.shift()!, count: 1, correct: 0 }));
}

describe("a run that diverges", () => {
  test("never trains on weights that became NaN: it goes back and on with half the rate", async () => {
    const { trainer, events, model } = poisoned([70], 1);
    expect(await trainer.run()).toBe("finished");
    const [back] = events.filter((event) => event.type === "rolled-back");
    expect(back).toMatchObject({ step: 70, toStep: 50, learningRateFactor: 0.5 });
    expect(trainer.position).toMatchObject({ step: 90, learningRateFactor: 0.5 });
    for (const { value } of model.parameters) expect(dataOf(value).every(Number.isFinite)).toBe(true);
  });

  test("again and again gives up with advice", async () => {
    const { trainer } = poisoned([60], Infinity);
    await expect(trainer.run()).rejects.toThrow(/diverged 7 times .* smaller lr/);
  });
});

describe("what a roll-back leaves", () => {
  const every20 = { steps: 70, validateEvery: 20 } as const;

  test("the best weights, which a worse validation after it does not replace", async () => {
    const { trainer, model, saved, store, events } = poisoned([65], 1, every20);
    validations(model, [0.83, 0.38, 0.187, 0.457, 0.46]);
    const best = new Map<string, unknown>();
    const emitted = events.push.bind(events);
    vi.spyOn(events, "push").mockImplementation((event) => {
      // The weights as they were when the best of all was told.
      if (event.type === "validation" && event.loss === 0.187)
        for (const { name, value } of model.parameters) best.set(name, dataOf(value).slice());
      return emitted(event);
    });
    expect(await trainer.run()).toBe("finished");
    expect(events.filter(({ type }) => type === "rolled-back")).toHaveLength(1);
    expect(saved).toEqual([
      { loss: 0.83, step: 20 },
      { loss: 0.38, step: 40 },
      { loss: 0.187, step: 60 },
    ]);
    for (const [name, { data }] of await store.best()) expect(data).toEqual(best.get(name));
    expect(trainer.position).toMatchObject({ step: 70, bestLoss: 0.187, bestStep: 60 });
    const last = events.findLast((event) => event.type === "validation");
    expect(last).toMatchObject({ loss: 0.46, best: false, bestLoss: 0.187 });
  });

  test("the record of the best validation, whose own line is cut with the steps that are made again", async () => {
    const { trainer, model, metrics } = poisoned([65], 1, every20);
    validations(model, [0.83, 0.38, 0.187, 0.457, 0.46]);
    await trainer.run();
    const lines = parseMetrics(metrics.bytes());
    expect(lines.filter(({ rolledBackFrom }) => rolledBackFrom !== undefined)).toEqual([
      { step: 50, rolledBackFrom: 65, learningRateFactor: 0.5, bestLoss: 0.187, bestStep: 60 },
    ]);
    expect(lines.flatMap(({ validLoss }) => validLoss ?? [])).toEqual([0.83, 0.38, 0.457, 0.46]);
  });

  test("how many validations were no better, for early stopping", async () => {
    const { trainer, model } = poisoned([65], 1, { ...every20, steps: 200, patience: 3 });
    // The best at 20; 40 and 60 no better; back to 50, and the second 60 is the third in a row.
    validations(model, [0.2, 0.3, 0.3, 0.3]);
    expect(await trainer.run()).toBe("early");
    expect(trainer.position).toMatchObject({ step: 60, validationsSinceBest: 3 });
  });

  test("not the schedule nor the place of the last validation, which belong to the weights", async () => {
    const { trainer, model, events } = poisoned([62], 1, { ...every20, steps: 63, schedule: "plateau" });
    const rates: number[] = [];
    validations(model, [0.2, 0.1, 0.3, 0.05, 0.05]);
    const emitted = events.push.bind(events);
    vi.spyOn(events, "push").mockImplementation((event) => {
      if (event.type === "rolled-back") rates.push(trainer.position.plateauFactor);
      if (event.type === "rolled-back") rates.push(trainer.position.lastValidation);
      return emitted(event);
    });
    await trainer.run();
    expect(rates).toEqual([1, 40]);
    // The step after the roll-back: the base rate, halved once.
    const back = events.findIndex(({ type }) => type === "rolled-back");
    expect(events.slice(back).find((event) => event.type === "step")).toMatchObject({ learningRate: 0.005 });
  });

  test("a validation that is no number is never the best", async () => {
    const { trainer, model, saved } = poisoned([], 0, every20);
    validations(model, [Number.NaN, 0.4, Number.NaN, 0.3]);
    await trainer.run();
    expect(saved.map(({ loss }) => loss)).toEqual([0.4, 0.3]);
    expect(trainer.position).toMatchObject({ bestLoss: 0.3, bestStep: 70, validationsSinceBest: 0 });
  });
});

describe("weights and their average", () => {
  const averaged = { average: "ema", averageSpan: 0.5, averageEvery: 7 } as const;
  const copies = (tensors: readonly { tensor: Tensor }[]) =>
    tensors.map(({ tensor }) => dataOf(tensor).slice());

  test("the better ones are kept, which is told and recorded; the weights go on as they were", async () => {
    const run = { steps: 80, validateEvery: 20, ...averaged };
    const { trainer, model, saved, store, events, metrics, average } = poisoned([], 0, run);
    // In turn the weights that are trained and the averaged ones; NaN is never better.
    validations(model, [0.9, 0.8, 0.5, 0.6, 0.45, 0.45, Number.NaN, 0.4]);
    const at: Record<number, { weights: unknown; averages: unknown }> = {};
    const emitted = events.push.bind(events);
    vi.spyOn(events, "push").mockImplementation((event) => {
      if (event.type === "validation") {
        const weights = copies(model.parameters.map(({ value }) => ({ tensor: value })));
        at[event.step] = { weights, averages: copies(average!.tensors) };
      }
      return emitted(event);
    });
    expect(await trainer.run()).toBe("finished");
    expect(saved).toEqual([
      { loss: 0.8, step: 20 },
      { loss: 0.5, step: 40 },
      { loss: 0.45, step: 60 },
      { loss: 0.4, step: 80 },
    ]);
    const told = events.filter((event) => event.type === "validation");
    expect(told.map((event) => [event.averaged, event.trainedLoss, event.averagedLoss])).toEqual([
      [true, 0.9, 0.8],
      [false, 0.5, 0.6],
      [false, 0.45, 0.45],
      [true, Number.NaN, 0.4],
    ]);
    expect([...(await store.best()).values()].map(({ data }) => data)).toEqual(at[80]!.averages);
    expect(at[80]!.averages).not.toEqual(at[80]!.weights);
    expect(trainer.position).toMatchObject({ bestLoss: 0.4, bestStep: 80, bestAveraged: true });
    const lines = parseMetrics(metrics.bytes()).filter(({ validLoss }) => validLoss !== undefined);
    expect(lines[0]).toMatchObject({
      step: 20,
      validLoss: 0.8,
      averaged: true,
      trainedLoss: 0.9,
      averagedLoss: 0.8,
    });
    // A run that measures nothing trains to the same weights: none were left in the other's place.
    const alone = poisoned([], 0, { steps: 80, validateEvery: 1000, ...averaged });
    validations(alone.model, [1, 1]);
    await alone.trainer.run();
    expect(copies(alone.model.parameters.map(({ value }) => ({ tensor: value })))).toEqual(at[80]!.weights);
    expect(copies(alone.average!.tensors)).toEqual(at[80]!.averages);
  });

  test("both go back when the run does", async () => {
    const { trainer, model, average, events } = poisoned([70], 1, { steps: 90, ...averaged });
    const before: unknown[] = [];
    const emitted = events.push.bind(events);
    vi.spyOn(events, "push").mockImplementation((event) => {
      if (event.type === "step" && event.step === 50) before.push(average!.record, copies(average!.tensors));
      if (event.type === "rolled-back") before.push(average!.record, copies(average!.tensors));
      return emitted(event);
    });
    await trainer.run();
    // 49 is the last multiple of 7 before the snapshot; 70 was one, of broken weights.
    expect(before.slice(2)).toEqual(before.slice(0, 2));
    expect(before[0]).toMatchObject({ count: 7 });
    expect(trainer.position.average).toMatchObject({ count: 12 });
    for (const { value } of model.parameters) expect(dataOf(value).every(Number.isFinite)).toBe(true);
    for (const { tensor } of average!.tensors) expect(dataOf(tensor).every(Number.isFinite)).toBe(true);
  });
});
