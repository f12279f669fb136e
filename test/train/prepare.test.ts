/** A text is prepared once, and any number of runs go over it; engines and stores are handed in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { train } from "../../src/apps/train.js";
import { createEngine } from "../../src/engine/create.js";
import { modelConfig } from "../../src/model/config.js";
import { prepareText } from "../../src/train/prepare.js";
import { makeRunParts } from "../../src/train/run-parts.js";
import { MEMORY_IDS } from "../../src/train/run-store.js";
import { chooseSettings } from "../../src/train/settings.js";
import { memorySources } from "../../src/train/text-sources.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-prepare-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const TEXT = toyText(200);
const SMALL = { text: TEXT, hidden: 8, batchSize: 4, seqLen: 16, steps: 5, seed: 3 } as const;

describe("a prepared text", async () => {
  const purposes: string[] = [];
  const onReading = (purpose: string): void => void purposes.push(purpose);
  // Longer than one piece, so that every reading is told of.
  const sources = memorySources(toyText(15_000), onReading);
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

  test("serves runs of other models and settings", async () => {
    const engine = await createEngine({ engine: "reference" });
    const losses = [8, 12].map((hidden) => {
      const settings = chooseSettings({ ...SMALL, lr: hidden / 1000 }, text.size);
      const config = modelConfig({ vocabulary: text.tokenizer.size, hidden });
      const { model, batches } = makeRunParts(engine, text, config, settings);
      const state = model.zeroState(settings.batchSize);
      return model.evaluate(batches.window(0, 0), state).count;
    });
    expect(losses).toEqual([64, 64]);
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
      /threads: 3 was asked for, and the engine that was given has threads: 1; leave it out/,
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
