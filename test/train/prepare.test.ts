/** A text is prepared once, and any number of runs go over it; engines and stores are handed in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { train } from "../../src/apps/train.js";
import { createEngine } from "../../src/engine/create.js";
import type { Engine } from "../../src/engine/engine.js";
import { FolderStore } from "../../src/train/folder-store.js";
import { WeightsStore } from "../../src/train/memory-store.js";
import type { GivenOptions } from "../../src/train/recipe.js";
import { prepareText } from "../../src/train/prepare.js";
import { type RunContext, trainPrepared } from "../../src/train/run.js";
import { RunControl } from "../../src/train/run-control.js";
import { MEMORY_IDS } from "../../src/train/run-store.js";
import { memorySources } from "../../src/train/text-sources.js";
import { toyText } from "./toy-text.js";
import { dataOf } from "../engine/tensor-data.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-prepare-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TEXT = toyText(200);
/** Longer than one piece, so that every reading is told of. */
const LONG = toyText(15_000);
const SMALL = { text: TEXT, hidden: 8, batchSize: 4, seqLen: 16, steps: 5, seed: 3 } as const;

function contextOf(engine: Engine): RunContext {
  return {
    store: new WeightsStore(),
    control: new RunControl(),
    engine: async () => engine,
    memory: 1e9,
    writeSample: async () => "",
    checkpointSeconds: 1000,
  };
}

const prepare = (from: string, vocabSize?: number) =>
  prepareText(
    memorySources(from, () => {}),
    {
      lines: false,
      tokenizer: { kind: "char", vocabSize },
      ids: MEMORY_IDS,
      onReading: () => {},
    },
  );

describe("a prepared text", async () => {
  const purposes: string[] = [];
  const onReading = (purpose: string): void => void purposes.push(purpose);
  const sources = memorySources(LONG, onReading);
  const heard: string[] = [];
  const text = await prepareText(sources, {
    lines: false,
    tokenizer: { kind: "char" },
    ids: MEMORY_IDS,
    onReading,
    onKey: (key) => heard.push(key),
    onVocabulary: async ({ size }) => void heard.push(`${size.kind} ${size.vocabulary}`),
  });

  test("tells its key before the vocabulary, and the vocabulary before anything is encoded", () => {
    expect(heard).toEqual([text.key, `char ${text.tokenizer.size}`]);
    expect([...new Set(purposes)]).toEqual([
      "reading the text",
      "learning the vocabulary",
      "encoding the training text",
      "encoding the validation text",
    ]);
  });

  test("counts its tokens once", () => {
    const counts = text.counts();
    expect(counts.reduce((sum, count) => sum + count)).toBe(text.train.stats.tokens);
    expect(text.counts()).toBe(counts);
  });

  const prepared = await prepare(TEXT);

  test("serves runs of other models and settings, each as if it had read the text itself", async () => {
    const engine = await createEngine({ engine: "reference" });
    for (const change of [{ hidden: 8 }, { hidden: 12, lr: 0.01, cell: "gru" }] as const) {
      const options: GivenOptions = { ...SMALL, ...change, text: TEXT, engine };
      const { model, step, valid } = await trainPrepared(prepared, options, contextOf(engine));
      const alone = await train(options);
      expect(step).toBe(5);
      expect(valid!.natsPerToken).toBe(alone.valid!.natsPerToken);
      for (const [i, { value }] of model.parameters.entries())
        expect(dataOf(value)).toEqual(dataOf(alone.model.model.parameters[i]!.value));
    }
  });

  test("serves a run that is gone on with, where text and vocabulary are the run's own", async () => {
    const engine = await createEngine({ engine: "reference" });
    const out = join(folder, "prepared");
    const options: GivenOptions = { ...SMALL, text: TEXT, engine };
    await train({ ...options, out });
    const store = () => new FolderStore(out, { resume: true, overwrite: false, notice: () => {} });
    const more: GivenOptions = { text: TEXT, steps: 9, resume: true, out };
    const { step } = await trainPrepared(prepared, more, { ...contextOf(engine), store: store() });
    expect(step).toBe(9);

    const fewer = await prepare(TEXT, 12);
    await expect(trainPrepared(fewer, more, { ...contextOf(engine), store: store() })).rejects.toThrow(
      /prepared with another vocabulary/,
    );
    const other = await prepare(`${TEXT}x`);
    await expect(trainPrepared(other, more, { ...contextOf(engine), store: store() })).rejects.toThrow(
      /text is not the one/,
    );
  });

  test("takes a tokenizer that is there, and then learns none", async () => {
    const before = purposes.length;
    const again = await prepareText(sources, {
      lines: false,
      tokenizer: text.tokenizer,
      ids: MEMORY_IDS,
      onReading,
    });
    expect(again.tokenizer).toBe(text.tokenizer);
    expect(again.key).toBe(text.key);
    expect(purposes.slice(before)).not.toContain("learning the vocabulary");
  });
});

describe("an engine that is there", async () => {
  const engine = await createEngine({ engine: "reference" });

  test("computes a run and a loaded model", async () => {
    const out = join(folder, "model");
    const { model } = await train({ ...SMALL, engine, out });
    expect(model.model.engine).toBe(engine);
    const loaded = await load(out, { engine });
    expect(loaded.model.engine).toBe(engine);
    const byName = await train({ ...SMALL, engine: "reference" });
    expect(model.scoreLine("the cat").nats).toBe(byName.model.scoreLine("the cat").nats);
  });

  test("is not what is asked for beside it", async () => {
    await expect(train({ ...SMALL, engine, threads: 3 })).rejects.toThrow(
      /threads: 3 is requested, but the given engine has threads: 1; leave it out/,
    );
    await expect(train({ ...SMALL, engine, precision: "bf16" })).rejects.toMatchObject({
      option: "precision",
    });
    await expect(load(join(folder, "model"), { engine, precision: "f64" })).rejects.toMatchObject({
      option: "precision",
    });
    await expect(train({ ...SMALL, engine: {} as never })).rejects.toThrow(
      /engine is an object; choose one of/,
    );
  });

  test("of bf16 products trains with them, and a run that was begun so cannot go on with another", async () => {
    const out = join(folder, "bf16");
    const rounding = await createEngine({ engine: "reference", precision: "bf16" });
    await train({ ...SMALL, engine: rounding, out });
    await expect(train({ ...SMALL, engine, out, resume: true, steps: 9 })).rejects.toMatchObject({
      option: "precision",
    });
    expect((await train({ ...SMALL, engine: rounding, out, resume: true, steps: 9 })).step).toBe(9);
  });
});

test("a run's result holds the model, loaded", async () => {
  const { model, reason, step, valid, test: tested, ...rest } = await train(SMALL);
  expect(Object.keys(rest)).toEqual(["bestLoss"]);
  expect([reason, step, tested]).toEqual(["finished", 5, undefined]);
  const held = TEXT.slice(Math.floor(0.9 * TEXT.length));
  const measured = await model.evaluate(held);
  const { tokensPerSecond: _, ...figures } = valid!;
  expect(measured).toMatchObject(figures);
});
