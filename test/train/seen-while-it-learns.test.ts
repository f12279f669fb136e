/** What is drawn anew in every epoch, and what is told on the way: the run's own course is right, and stays its own. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { createModel } from "../../src/model/create-model.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { trainingSample } from "../../src/generate/training-sample.js";
import { modelConfig } from "../../src/model/config.js";
import { CharTokenizer } from "../../src/text/tokenizers/char-tokenizer.js";
import type { SampleEvent, StepEvent, TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { dataOf } from "../engine/tensor-data.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-seen-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const small = { text: toyText(150), hidden: 16, embedding: 8, batchSize: 4, seqLen: 20, seed: 3 } as const;

async function eventsOf(options: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  await train({ ...options, onEvent: (event) => void events.push(event) });
  return events;
}
const stepsOf = (events: readonly TrainEvent[]) =>
  events.filter((event): event is StepEvent => event.type === "step");

describe("windows of drawn length", () => {
  test("end with the last update that was foretold, and count by their length", async () => {
    const options = {
      ...small,
      varySeqLen: true,
      rotateStreams: true,
      schedule: "constant",
      lr: 0.01,
    } as const;
    const events = stepsOf(await eventsOf({ ...options, epochs: 3 }));
    const { steps } = events[0]!;
    expect(events.every((event) => event.steps === steps)).toBe(true);
    expect(events.at(-1)).toMatchObject({ step: steps, progress: 1 });
    expect(events.at(-2)!.progress).toBeLessThan(1);
    let [read, before] = [0, 0];
    const targets = events.at(-1)!.tokens / 3;
    const rates = new Set<number>();
    for (const { learningRate, tokens, progress } of events) {
      // The last stream has up to three targets fewer, which are missing in an epoch's last windows.
      const length = Math.ceil((tokens - before) / 4);
      expect(learningRate).toBeCloseTo((0.01 * length) / 20, 10);
      rates.add(learningRate);
      read += tokens - before;
      before = tokens;
      expect(progress).toBeCloseTo(read / targets / 3, 2);
    }
    expect(rates.size).toBeGreaterThan(5);
  });

  test("and rotation are for running text, which lines are not", async () => {
    for (const name of ["varySeqLen", "rotateStreams"] as const) {
      const lines = { ...small, lines: true, steps: 3 };
      await expect(train({ ...lines, [name]: true })).rejects.toMatchObject({ option: name });
      await expect(train({ ...lines, [name]: true })).rejects.toThrow(
        new RegExp(`^${name} is for running text, and with lines every line is a sequence of its own`),
      );
      await train({ ...lines, [name]: false });
    }
  });
});

describe("samples", () => {
  const options = { ...small, dropout: 0.2, layers: 2, epochs: 2 } as const;

  test("come every so many updates, as an event and in the metrics, and change nothing of the run", async () => {
    const bitsOf = async (name: string, sampleEvery: number) => {
      const out = join(folder, name);
      const events = await eventsOf({ ...options, out, sampleEvery });
      const { tensors } = await readSafetensors(modelPaths(out).checkpoint);
      const bits = [...tensors].map(([key, { data }]) => [key, Buffer.from(data.buffer).toString("base64")]);
      const lines = readFileSync(modelPaths(out).metrics, "utf8").trim().split("\n");
      const metrics = lines.map((line) => JSON.parse(line) as { step: number; sample?: string });
      const samples = events.filter((event): event is SampleEvent => event.type === "sample");
      return { bits, metrics, samples, losses: stepsOf(events).map(({ loss }) => loss) };
    };
    const [without, sampled] = [await bitsOf("without", 0), await bitsOf("with", 7)];
    expect(sampled.bits).toEqual(without.bits);
    expect(sampled.losses).toEqual(without.losses);
    expect(without.samples).toEqual([]);
    const steps = Array.from({ length: Math.floor(sampled.losses.length / 7) }, (_, i) => 7 * (i + 1));
    expect(sampled.samples.map(({ step }) => step)).toEqual(steps);
    expect(new Set(sampled.samples.map(({ text }) => text)).size).toBe(steps.length);
    for (const { text } of sampled.samples) expect([...text]).toHaveLength(80);
    const told = sampled.metrics.filter(({ sample }) => sample !== undefined);
    expect(told.map(({ step, sample }) => ({ type: "sample", step, text: sample }))).toEqual(sampled.samples);
  });

  test("of lines are one line each", async () => {
    const events = await eventsOf({ ...small, lines: true, steps: 60, lr: 0.02, sampleEvery: 60 });
    const [{ text }] = events.filter((event): event is SampleEvent => event.type === "sample") as [
      SampleEvent,
    ];
    expect(text).not.toContain("\n");
    expect(text.length).toBeGreaterThan(0);
  });

  test("are what generate writes with that seed; of words some 80 to 100 characters", async () => {
    const words = { ...small, tokenizer: "word", steps: 20, sampleEvery: 20 } as const;
    let text = "";
    const { model } = await train({
      ...words,
      validateEvery: 20,
      onEvent: (event) => void (event.type === "sample" && (text = event.text)),
    });
    let again = "";
    for await (const piece of model.generate({ seed: 20, temperature: 0.8, length: 100 }))
      again += piece.text;
    expect(text.length).toBeGreaterThanOrEqual(80);
    expect(text.length).toBeLessThanOrEqual(100);
    expect(again.startsWith(text)).toBe(true);
  });

  test("of broken weights are none: the run goes back with its next step", async () => {
    const tokenizer = new CharTokenizer({ characters: ["a", "b", "c", "\n"], lines: false });
    const config = modelConfig({ vocabulary: tokenizer.size, hidden: 4 });
    const model = createModel(new ReferenceEngine("f32"), config, 1);
    expect(await trainingSample(model, tokenizer, 5)).toHaveLength(80);
    for (const { value } of model.parameters) dataOf(value).fill(Number.NaN);
    model.weightsChanged();
    expect(await trainingSample(model, tokenizer, 5)).toBeUndefined();
  });
});
