/** Whole runs on small texts: what is learned, kept, told and refused. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { CELLS, modelConfig } from "../../src/model/config.js";
import { emptyModel } from "../../src/model/create-model.js";
import { evaluateInputs } from "../../src/apps/evaluate-inputs.js";
import type { TrainEvent } from "../../src/train/events.js";
import { checkMemory } from "../../src/train/memory-check.js";
import { countParameters, estimateMemory } from "../../src/train/memory-estimate.js";
import type { TrainOptions } from "../../src/train/options.js";
import { train } from "../../src/apps/train.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-train-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const small = { hidden: 32, embedding: 16, batchSize: 4, seqLen: 16 } as const;

test.each(["char", "word", "bpe"] as const)("a %s model learns a small grammar", async (tokenizer) => {
  const events: TrainEvent[] = [];
  const vocabSize = tokenizer === "bpe" ? { vocabSize: 300 } : {};
  const { valid, model, bestLoss } = await train({
    text: toyText(800),
    tokenizer,
    ...vocabSize,
    ...small,
    epochs: 4,
    lr: 0.01,
    onEvent: (event) => void events.push(event),
  });
  expect(valid!.perplexity).toBeLessThan(tokenizer === "word" ? 3 : tokenizer === "bpe" ? 4 : 1.6);
  expect(valid!.bitsPerChar).toBeLessThan(0.9);
  expect(valid!.perplexity).toBeCloseTo(Math.exp(valid!.natsPerToken), 10);
  expect(bestLoss).toBeDefined();
  expect(model.config.vocabulary).toBeGreaterThan(10);
  const kinds = events.map((event) => event.type);
  expect(kinds.indexOf("prepared")).toBeLessThan(kinds.indexOf("step"));
  expect(kinds.filter((kind) => kind === "validation")).toHaveLength(4);
  expect(kinds.at(-1)).toBe("done");
});

test.each(CELLS)("two layers of %s learn it too", async (cell) => {
  const { valid } = await train({ text: toyText(800), cell, layers: 2, ...small, epochs: 3, lr: 0.01 });
  expect(valid!.perplexity).toBeLessThan(1.7);
});

test.each(["adaptive", "sampled"] as const)("a word model learns with an %s softmax", async (softmax) => {
  const samples = softmax === "sampled" ? { samples: 6 } : {};
  const base = { text: toyText(800), tokenizer: "word", tie: false, ...small, epochs: 4, lr: 0.01 } as const;
  const { valid, model } = await train({ ...base, softmax, ...samples });
  expect(valid!.perplexity).toBeLessThan(3);
  expect(model.config.adaptive !== undefined).toBe(softmax === "adaptive");
  expect(model.config.version).toBe(softmax === "adaptive" ? 2 : 1);
});

test.each(["full", "sampled"] as const)(
  "a word model learns with a mixture of softmaxes, %s",
  async (softmax) => {
    const out = join(folder, `mixture-${softmax}`);
    const base = { text: toyText(800), tokenizer: "word", ...small, epochs: 8, lr: 0.02, softmax } as const;
    const mixed = { ...base, tie: true, embedding: 12, mixtures: 2, out };
    const { valid, model } = await train(mixed);
    expect(valid!.perplexity).toBeLessThan(3);
    const stored = JSON.parse(readFileSync(modelPaths(out).config, "utf8")) as Record<string, unknown>;
    expect(stored).toMatchObject({ version: 3, mixture: { components: 2 }, tie: true, embedding: 12 });
    expect(countParameters(model.config)).toBe(model.parameterCount);
    await expect(train({ ...mixed, epochs: 9, mixtures: 3, resume: true })).rejects.toThrow(
      /mixtures: 2 and cannot go on with 3/,
    );
    await expect(train({ ...base, mixtures: 1 })).rejects.toThrow(
      /mixtures is 1; give a whole number from 2/,
    );
    await expect(train({ ...base, softmax: "adaptive", mixtures: 2 })).rejects.toThrow(
      /mixtures belongs to softmax: full or softmax: sampled/,
    );
  },
);

test("what decodes the past serves training: a checkpoint has it, the model does not", async () => {
  const out = join(folder, "past");
  const base = {
    text: toyText(400),
    tokenizer: "word",
    ...small,
    tie: true,
    embedding: 32,
    lr: 0.01,
  } as const;
  const plain = await train({ ...base, epochs: 4, precision: "f32" });
  const past = { ...base, pastDecode: 0.01, softmax: "sampled", samples: 8, out } as const;
  const { valid, model } = await train({ ...past, epochs: 4 });
  expect(valid!.perplexity).toBeLessThan(1.2 * plain.valid!.perplexity);
  expect(model.config).toEqual(plain.model.config);
  const names = async (path: string) => [...(await readSafetensors(path)).tensors.keys()];
  expect((await names(modelPaths(out).weights)).some((name) => name.includes("past"))).toBe(false);
  const kept = await names(modelPaths(out).checkpoint);
  for (const name of ["past_decode.weight", "past_decode.bias", "past_decode.decoder.bias"])
    expect(kept).toContain(`weight.${name}`);
  const wrong: [Partial<TrainOptions>, RegExp][] = [
    [
      { pastDecode: 0 },
      /begun with pastDecode: 0.01 and cannot go on with 0, since what decodes the past learns/,
    ],
    [{ pastDecode: -1 }, /pastDecode is -1; give a number from 0/],
  ];
  for (const [change, message] of wrong)
    await expect(train({ ...past, ...change, epochs: 5, resume: true })).rejects.toThrow(message);
  await train({ ...past, pastDecode: 0.1, epochs: 5, resume: true });
  const refused: [TrainOptions, RegExp][] = [
    [
      { ...base, tie: false, pastDecode: 0.1 },
      /pastDecode decodes past tokens by the weight that embedding and/,
    ],
    [
      { ...base, mixtures: 2, pastDecode: 0.1 },
      /pastDecode decodes past tokens from one softmax, not from mixtures/,
    ],
    [
      { ...base, tie: false, softmax: "adaptive", pastDecode: 0.1 },
      /pastDecode belongs to softmax: full or softmax: sampled/,
    ],
  ];
  for (const [options, message] of refused) await expect(train(options)).rejects.toThrow(message);
});

test("an adaptive softmax is cut by the counts of the text, or where it is told to be, and kept so", async () => {
  const out = join(folder, "adaptive");
  const base = { text: toyText(800), tokenizer: "word", ...small, steps: 3, softmax: "adaptive" } as const;
  const { model } = await train({ ...base, out });
  const stored = JSON.parse(readFileSync(modelPaths(out).config, "utf8")) as { adaptive: unknown };
  expect(stored.adaptive).toEqual(model.config.adaptive);
  expect(countParameters(model.config)).toBe(model.parameterCount);
  const explicit = await train({ ...base, cutoffs: [3, 5] });
  expect(explicit.model.config.adaptive).toEqual({ cutoffs: [3, 5], divisor: 4 });
  await expect(train({ ...base, cutoffs: [3, 500_000] })).rejects.toThrow(
    /^cutoffs: 3,500000 reaches beyond the vocabulary/,
  );
  const wrong: [Partial<TrainOptions>, RegExp][] = [
    [{ cutoffs: [5, 3] }, /cutoffs is \[5,3\]; give ascending/],
    [{ cutoffs: [] }, /cutoffs is an empty list; give ascending/],
    [{ softmax: "full", cutoffs: [3] }, /cutoffs belongs to softmax: adaptive/],
    [{ softmax: "hierarchical" as "full" }, /softmax is "hierarchical"; choose one of full, adaptive/],
    [{ samples: 3 }, /samples belongs to softmax: sampled/],
    [{ softmax: "sampled", samples: 0 }, /samples is 0; give a whole number of tokens from 1/],
    [{ tie: true, embedding: 32 }, /tie belongs to softmax: full or softmax: sampled/],
  ];
  for (const [change, message] of wrong)
    await expect(train({ ...base, ...change } as TrainOptions)).rejects.toThrow(message);
});

test("the folder, the metrics, and an evaluation of the stored model agree", async () => {
  const out = join(folder, "kept");
  const [text, valid] = [join(folder, "text.txt"), join(folder, "valid.txt")];
  writeFileSync(text, toyText(300));
  writeFileSync(valid, toyText(60, 2));
  const options: TrainOptions = { inputs: [text], valid: [valid], test: [valid], out, ...small, steps: 60 };
  const { model, ...result } = await train(options);
  expect(result.valid).toEqual({ ...result.test, tokensPerSecond: result.valid!.tokensPerSecond });
  const measured = await evaluateInputs(model, [valid]);
  expect(measured.natsPerToken).toBe(result.valid!.natsPerToken);
  expect(measured.tokens).toBe(toyText(60, 2).length - 1);
  expect(measured.bitsPerChar).toBeCloseTo(measured.natsPerToken / Math.LN2, 10);
  const streams = await evaluateInputs(model, [valid], { batchSize: 5 });
  expect(streams.tokens).toBe(measured.tokens);
  expect(Math.abs(streams.natsPerToken - measured.natsPerToken)).toBeLessThan(0.1);
  const lines = readFileSync(modelPaths(out).metrics, "utf8").trim().split("\n");
  const steps = lines.map((line) => JSON.parse(line) as Record<string, number>);
  expect(steps.filter((line) => "loss" in line)).toHaveLength(60);
  expect(steps.filter((line) => "valid_loss" in line).length).toBeGreaterThan(5);
});

test("without a folder nothing is written, and the result holds the model", async () => {
  const { model, valid } = await train({ text: toyText(100), ...small, steps: 5 });
  expect(model.parameterCount).toBeGreaterThan(0);
  expect(valid!.tokens).toBeGreaterThan(0);
});

test("early stopping ends a run that no longer gets better", async () => {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const { reason } = await train({
    text: toyText(100),
    ...small,
    steps: 5000,
    lr: 0.05,
    validateEvery: 5,
    patience: 3,
    schedule: "constant",
    onEvent,
  });
  expect(reason).toBe("early");
});

describe("refused before anything is written", () => {
  const cases: [string, Partial<TrainOptions>, RegExp][] = [
    ["two limits", { steps: 3, epochs: 2 }, /epochs and steps both limit the run/],
    ["no number", { hidden: Number.NaN }, /hidden is NaN; give a whole number from 1/],
    ["dropout of 1", { dropout: 1 }, /dropout is 1; give a number from 0 and below 1/],
    ["learning rate 0", { lr: 0 }, /lr is 0; give a number above 0/],
    ["momentum for Adam", { momentum: 0.9 }, /momentum belongs to optimizer: sgd/],
    [
      "one layer to connect",
      { layers: 1, residual: true },
      /there is one layer; give layers: 2 or more, or leave out/,
    ],
    [
      "widths that do not add",
      { hidden: [8, 9], residual: true },
      /need one width, and hidden: 8,9 are several/,
    ],
    [
      "widths of other layers",
      { hidden: [32, 16], layers: 3 },
      /hidden: 32,16 is of 2 layers, not of layers: 3/,
    ],
    [
      "a text shorter than a window",
      { batchSize: 64, seqLen: 64 },
      /has \d+ tokens, and one window .* needs 4097/,
    ],
    ["one character only", { text: "aaaaaaaaaaaaaaaaaaaaaaaa" }, /one distinct character/],
    ["an empty text", { text: "" }, /text is empty/],
    ["too large for the memory", { hidden: 900_000, embedding: 16 }, /would take about .* TB|GB of memory/],
  ];
  test.each(cases)("%s", async (name, change, message) => {
    const out = join(folder, `refused ${name}`);
    const options: TrainOptions = {
      text: toyText(50),
      steps: 3,
      hidden: 16,
      batchSize: 2,
      seqLen: 8,
      out,
      ...change,
    };
    await expect(train(options)).rejects.toThrow(message);
    expect(existsSync(modelPaths(out).weights)).toBe(false);
  });
});

test("the memory estimate counts weights as the model does, and is refused when it does not fit", () => {
  const engine = new ReferenceEngine("f32");
  for (const cell of CELLS) {
    for (const tie of [false, true]) {
      const config = modelConfig({ vocabulary: 50, cell, tie, layers: 3, hidden: 16, embedding: 8 });
      expect(countParameters(config)).toBe(emptyModel(engine, config).parameterCount);
      const bytes = estimateMemory(config, { batchSize: 2, seqLen: 4, optimizer: "adam", momentum: 0 });
      expect(() => checkMemory(bytes, config, bytes)).not.toThrow();
      expect(() => checkMemory(bytes, config, bytes - 1)).toThrow(/would take about/);
    }
  }
});
