/** Runs limited by time: planned once, by what was measured here; the plan is told, kept, and gone on with. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { createEngine } from "../../src/engine/create.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readMetadata } from "../../src/format/safetensors-file.js";
import type { Beginning } from "../../src/train/beginning.js";
import { headerOf } from "../../src/train/read-checkpoint.js";
import type { PlanEvent, TrainEvent } from "../../src/train/events.js";
import { WeightsStore } from "../../src/train/memory-store.js";
import { parseMetrics } from "../../src/train/metric-line.js";
import type { TrainOptions } from "../../src/train/options.js";
import { prepareText } from "../../src/train/prepare.js";
import { measureSpeed } from "../../src/train/probe.js";
import type { RunContext } from "../../src/train/run-context.js";
import { RunControl } from "../../src/train/run-control.js";
import { trainingSeconds } from "../../src/train/run-plan.js";
import { MEMORY_IDS } from "../../src/train/run-store.js";
import { memorySources } from "../../src/train/text-sources.js";
import { planRun } from "../../src/train/time-plan.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-time-plan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TEXT = toyText(600);
/** So small that nothing takes long, and so that something is left open. */
const SMALL: TrainOptions = { text: TEXT, hidden: 8, embedding: 4, threads: 1 };

async function run(options: TrainOptions): Promise<{ events: TrainEvent[]; plan: PlanEvent | undefined }> {
  const events: TrainEvent[] = [];
  await train({ ...options, onEvent: (event) => void events.push(event) });
  return { events, plan: events.find((event) => event.type === "plan") };
}
const prepared = (events: readonly TrainEvent[]) => events.find((event) => event.type === "prepared")!;
const headerIn = async (out: string) => {
  const { checkpoint } = modelPaths(out);
  return headerOf(await readMetadata(checkpoint), checkpoint);
};

describe("a run limited by time", () => {
  const out = join(folder, "model");
  const minutes = 0.04;

  test("tells its plan before it begins, keeps it, and ends in its share", async () => {
    const { events, plan } = await run({ ...SMALL, out, maxMinutes: minutes });
    expect(events.findIndex(({ type }) => type === "plan")).toBeLessThan(events.indexOf(prepared(events)));
    expect(plan).toMatchObject({ minutes, chosen: { layers: 1, batchSize: 4, seqLen: 64, lr: 0.004 } });
    expect(plan!.chosen).not.toHaveProperty("hidden");
    expect(prepared(events)).toMatchObject({ settings: { batchSize: 4 }, config: { layers: 1, hidden: 8 } });
    const whole = plan!.readingSeconds + plan!.trainingSeconds + plan!.measuringSeconds;
    if (!plan!.late) expect(whole).toBeCloseTo(60 * minutes, 6);
    const { step, lr, rate } = lastStep(events);
    // The schedule comes to its end, but for what a last validation takes of these two seconds.
    expect(step).toBeGreaterThan(5);
    expect(rate).toBeLessThan(0.3 * lr);
    const { type: _type, late: _late, chosen: _chosen, ...numbers } = plan!;
    expect((await headerIn(out)).plan).toEqual(numbers);
    const [first] = parseMetrics(readFileSync(modelPaths(out).metrics));
    expect(first).toMatchObject({ step: 0, plannedMinutes: minutes, passes: plan!.passes });
  });

  test("is gone on with as it was planned, and not planned again", async () => {
    const stopped = join(folder, "stopped");
    const control = new AbortController();
    const options = { ...SMALL, out: stopped, maxMinutes: 0.05 };
    const onEvent = ({ type }: TrainEvent): void => void (type === "validation" && control.abort());
    await train({ ...options, signal: control.signal, onEvent });
    const begun = await headerIn(stopped);
    const { events, plan } = await run({ ...options, resume: true });
    expect(plan).toBeUndefined();
    expect(prepared(events).settings).toEqual(begun.settings);
    const ended = await headerIn(stopped);
    expect(ended.plan).toEqual(begun.plan);
    expect(ended.position.finished).toBe(true);
    expect(ended.position.elapsedSeconds).toBeGreaterThanOrEqual(begun.plan!.trainingSeconds);
  });

  test("a run of steps measures nothing", async () => {
    const { events, plan } = await run({ ...SMALL, steps: 3 });
    expect(plan).toBeUndefined();
    expect(events.some((event) => event.type === "reading" && event.what === "planning")).toBe(false);
  });

  function lastStep(events: readonly TrainEvent[]) {
    const last = events.findLast((event) => event.type === "step")!;
    return { step: last.step, lr: prepared(events).settings.lr, rate: last.learningRate };
  }
});

describe("planning", async () => {
  const engine = await createEngine({ threads: 1 });
  const text = await prepareText(
    memorySources(TEXT, () => {}),
    { lines: false, tokenizer: { kind: "char" }, ids: MEMORY_IDS, onReading: () => {} },
  );
  const context: RunContext = {
    store: new WeightsStore(),
    control: new RunControl(),
    engine: async () => engine,
    memory: 1e9,
    writeSample: async () => "",
    checkpointSeconds: 1000,
  };
  const beginning = (options: TrainOptions, secondsAgo = 0): Beginning => ({
    engine,
    stored: undefined,
    resumed: undefined,
    settings: undefined,
    options,
    recipe: undefined,
    origin: undefined,
    begunAt: performance.now() - 1000 * secondsAgo,
  });

  test("a text that took all the time leaves a quarter of it for training, and the plan says so", async () => {
    const planned = await planRun(text, context, beginning({ ...SMALL, maxMinutes: 0.1 }, 10), 0.1, () => {});
    const plan = planned.plan();
    expect(plan.trainingSeconds).toBeCloseTo(1.5, 6);
    expect(planned.event(plan).late).toBe(true);
    const early = await planRun(text, context, beginning({ ...SMALL, maxMinutes: 1 }), 1, () => {});
    expect(early.event(early.plan()).late).toBe(false);
  });

  test("what does not fit into memory is refused in a sentence", async () => {
    const small = { ...context, memory: 1e6 };
    await expect(planRun(text, small, beginning({ ...SMALL, maxMinutes: 1 }), 1, () => {})).rejects.toThrow(
      /of memory/,
    );
  });

  test("the probe measures, leaves the text as it was, and ends when it is told to", async () => {
    const { config, settings } = await planRun(
      text,
      context,
      beginning({ ...SMALL, maxMinutes: 1 }),
      1,
      () => {},
    );
    const speed = await measureSpeed(engine, text, { config, settings }, 0.05, () => false);
    expect(speed.training).toBeGreaterThan(100);
    expect(speed.reading).toBeGreaterThan(100);
    const stopped = await measureSpeed(engine, text, { config, settings }, 60, () => true);
    expect(stopped).toEqual({ training: NaN, reading: NaN });
  });
});

test("minutes that a run is given more are minutes of training", () => {
  const plan = {
    minutes: 10,
    readingSeconds: 20,
    trainingSeconds: 560,
    measuringSeconds: 20,
    tokensPerSecond: 1,
    passes: 1,
    validationTokens: 1,
  };
  expect(trainingSeconds({ maxMinutes: 10 }, plan)).toBe(560);
  expect(trainingSeconds({ maxMinutes: 12 }, plan)).toBe(680);
  expect(trainingSeconds({ maxMinutes: 0.1 }, plan)).toBeGreaterThan(0);
  expect(trainingSeconds({ maxMinutes: 2 }, undefined)).toBe(120);
  expect(trainingSeconds({ epochs: 2 }, plan)).toBeUndefined();
});
