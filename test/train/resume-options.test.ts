/**
 * Every option that is given to a resumed run is heard: it is what the run was begun with, or refused, or it may change
 * and then takes effect. None is passed over.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { UserError } from "../../src/errors.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors-file.js";
import type { NamedTensor } from "../../src/format/safetensors.js";
import { TRAIN_OPTIONS } from "../../src/options/train-options.js";
import type { ChangedEvent, TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import type { RunChange } from "../../src/train/run-changes.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-resume-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = join(folder, "text.txt");
const other = join(folder, "other.txt");
writeFileSync(text, toyText(200));
writeFileSync(other, toyText(50, 9));

/** Every option of which a run may be told, as it is begun here. */
const BEGUN: TrainOptions = {
  inputs: [text],
  valid: [other],
  lines: true,
  tokenizer: "word",
  vocabSize: 20,
  minCount: 2,
  wordMode: "unicode",
  cell: "rnn",
  nonlinearity: "relu",
  layers: 2,
  hidden: 8,
  embedding: 8,
  tie: true,
  dropoutEmbedding: 0.1,
  dropoutBetween: 0.2,
  dropoutOutput: 0.3,
  lockedDropout: true,
  dropoutWords: 0.1,
  weightDrop: 0.2,
  dropoutState: 0.1,
  ar: 2,
  tar: 1,
  pastDecode: 0.1,
  softmax: "sampled",
  samples: 5,
  batchSize: 4,
  seqLen: 8,
  optimizer: "sgd",
  updateRows: "all",
  lr: 0.5,
  momentum: 0.5,
  weightDecay: 0.001,
  schedule: "cosine",
  warmup: 0.1,
  average: "none",
  clip: 0.5,
  steps: 12,
  seed: 7,
  precision: "f32",
};
/** Another value of what a run keeps. */
const REFUSED: Readonly<Record<string, TrainOptions>> = {
  inputs: { inputs: [other] },
  text: { text: "the cat sees the moon.\n".repeat(50) },
  valid: { valid: [text] },
  lines: { lines: false },
  recipe: { recipe: "pytorch-word-lm" },
  tokenizer: { tokenizer: "char" },
  vocabSize: { vocabSize: 21 },
  minCount: { minCount: 1 },
  wordMode: { wordMode: "whitespace" },
  cell: { cell: "gru" },
  nonlinearity: { nonlinearity: "tanh" },
  mogrifierRounds: { mogrifierRounds: 3 },
  mogrifierRank: { mogrifierRank: 3 },
  inputGate: { inputGate: "capped" },
  layers: { layers: 1 },
  hidden: { hidden: 9 },
  embedding: { embedding: 9 },
  tie: { tie: false },
  residual: { residual: true },
  softmax: { softmax: "adaptive" },
  mixtures: { mixtures: 2 },
  cutoffs: { cutoffs: [5] },
  optimizer: { optimizer: "adam" },
  forgetBias: { forgetBias: 2 },
  unigramBias: { unigramBias: false },
  seed: { seed: 8 },
  overwrite: { overwrite: true },
  from: { from: folder },
  layerDecay: { layerDecay: 0.5 },
  unfreezeEvery: { unfreezeEvery: 1 },
  compareScratch: { compareScratch: true },
};
/** Another value of what may change, and what the checkpoint records of it. */
const CHANGED: Readonly<Record<string, TrainOptions>> = {
  dropout: { dropout: 0.4 },
  dropoutEmbedding: { dropoutEmbedding: 0.4 },
  dropoutBetween: { dropoutBetween: 0.4 },
  dropoutOutput: { dropoutOutput: 0.4 },
  lockedDropout: { lockedDropout: false },
  dropoutWords: { dropoutWords: 0.2 },
  weightDrop: { weightDrop: 0.3 },
  dropoutState: { dropoutState: 0.2 },
  ar: { ar: 1 },
  tar: { tar: 2 },
  pastDecode: { pastDecode: 0.2 },
  samples: { samples: 6 },
  batchSize: { batchSize: 5 },
  seqLen: { seqLen: 9 },
  updateRows: { updateRows: "touched" },
  lr: { lr: 0.6 },
  momentum: { momentum: 0.6 },
  weightDecay: { weightDecay: 0.002 },
  schedule: { schedule: "constant" },
  warmup: { warmup: 0.2 },
  cooldown: { schedule: "trapezoid", cooldown: 0.2 },
  average: { average: "tail" },
  averageSpan: { average: "ema", averageSpan: 0.2 },
  averageEvery: { average: "ema", averageEvery: 7 },
  averageInterval: { average: "nt-asgd", averageInterval: 3 },
  clip: { clip: 0.6 },
  precision: { precision: "bf16" },
  softmax: { softmax: "full" },
  epochs: { epochs: 99 },
  maxMinutes: { maxMinutes: 99 },
  validateEvery: { validateEvery: 50 },
  patience: { patience: 50 },
};
/** What a resumed run may be told anew and is no setting of it; each takes effect, which the tests below look at. */
const MAY_CHANGE = new Set<keyof TrainOptions>([
  "test",
  "steps",
  "sampleEvery",
  // Refused for lines, as they are in a new run.
  "varySeqLen",
  "rotateStreams",
  "threads",
  "engine",
  "checkpointSeconds",
  "out",
  "resume",
  "onEvent",
  "signal",
  // Of the reading: another text is refused by what it says, not by how it was read.
  "field",
  "encoding",
]);

const out = join(folder, "model");
const resumed = (options: TrainOptions) =>
  train({ inputs: [text], valid: [other], ...options, out, resume: true });

test("every option there is stands in one of the lists", () => {
  const listed = new Set([...MAY_CHANGE, ...Object.keys(REFUSED), ...Object.keys(CHANGED)]);
  expect(Object.keys(TRAIN_OPTIONS).filter((name) => !listed.has(name))).toEqual([]);
});

describe("a run that was begun with everything said", async () => {
  await train({ ...BEGUN, out });

  test("goes on with everything said again", async () => {
    const { step, reason } = await resumed({ ...BEGUN, steps: 13 });
    expect([step, reason]).toEqual([13, "finished"]);
  });

  test.each(Object.keys(REFUSED))("refuses another %s", async (name) => {
    const { inputs: _, ...rest } = { inputs: [text] };
    const change = REFUSED[name]!;
    const base = change.text === undefined ? { inputs: [text] } : rest;
    const run = train({ ...base, valid: [other], ...change, out, resume: true, steps: 99 });
    await expect(run).rejects.toThrow(UserError);
    if (name in BEGUN && !["inputs", "valid"].includes(name)) {
      await expect(run).rejects.toMatchObject({ option: name });
      await expect(run).rejects.toThrow(/This run was begun with/);
    }
    await run.catch((error: unknown) => expect((error as Error).message).not.toMatch(/^This is a bug/));
  });

  test.each(Object.entries(CHANGED))("records another %s", async (name, change) => {
    const copy = join(folder, `changed-${name}`);
    cpSync(out, copy, { recursive: true });
    const told: ChangedEvent[] = [];
    const control = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "changed") told.push(event);
      if (event.type === "step") control.abort();
    };
    const limit = ["epochs", "maxMinutes"].includes(name) ? {} : { steps: 99 };
    const run = { inputs: [text], valid: [other], out: copy, resume: true, onEvent, signal: control.signal };
    // One update more than it has, which is the first with the change.
    const { step } = await train({ ...run, ...limit, ...change });
    expect(step).toBe(14);
    const { metadata } = await readSafetensors(modelPaths(copy).checkpoint);
    const { changes } = JSON.parse(metadata["recurra_checkpoint"]!) as { changes: RunChange[] };
    const names = { dropout: ["dropoutEmbedding", "dropoutBetween", "dropoutOutput"], softmax: ["samples"] };
    const settings = (names as Record<string, string[]>)[name] ?? [name];
    const made = changes.filter(({ step: at }) => at === 13);
    for (const setting of settings) {
      const begun = BEGUN[setting as keyof TrainOptions];
      const to = name === "dropout" ? change.dropout : change[setting as keyof TrainOptions];
      expect(made).toContainEqual({
        step: 13,
        setting,
        ...(begun === undefined ? {} : { from: begun }),
        ...(to === undefined ? {} : { to }),
      });
    }
    expect(told).toEqual([{ type: "changed", step: 13, changes: made }]);
    const lines = readFileSync(modelPaths(copy).metrics, "utf8").trim().split("\n");
    const recorded = lines.map((line) => JSON.parse(line) as { step: number; changed?: string });
    const ofThem = recorded.filter((line) => line.changed !== undefined && line.step === 13);
    expect(ofThem).toEqual(made.map(({ setting, ...rest }) => ({ changed: setting, ...rest })));
  });

  test("may be given a longer way, and look more often", async () => {
    const validations: number[] = [];
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "validation") validations.push(event.step);
    };
    const { step } = await resumed({ steps: 20, validateEvery: 3, onEvent });
    expect(step).toBe(20);
    expect(validations).toEqual([15, 18, 20]);
  });

  test("stops early where it is told to", async () => {
    const { reason, step } = await resumed({ steps: 5000, validateEvery: 1, patience: 2 });
    expect(reason).toBe("early");
    expect(step).toBeLessThan(5000);
  });

  test("takes another engine, number of threads and test text", async () => {
    const { model, test: measured } = await resumed({ steps: 5001, engine: "reference", test: [text] });
    expect(model.model.engine.name).toBe("reference");
    expect(measured!.tokens).toBeGreaterThan(100);
  });
});

describe("a run that was begun with nothing said of its vocabulary", async () => {
  const plain = join(folder, "plain");
  const words: TrainOptions = {
    inputs: [text],
    tokenizer: "word",
    hidden: 8,
    batchSize: 2,
    seqLen: 8,
    out: plain,
  };
  await train({ ...words, steps: 3 });
  const again = (options: TrainOptions) => train({ ...words, ...options, steps: 4, resume: true });

  test.each([{ vocabSize: 9 }, { minCount: 3 }, { wordMode: "unicode" }] as const)(
    "refuses %o",
    async (change) => {
      const [name] = Object.keys(change);
      await expect(again(change)).rejects.toMatchObject({ option: name });
      await expect(again(change)).rejects.toThrow(/This run was begun with/);
    },
  );

  test("takes the way of finding words that it has", async () => {
    expect((await again({ wordMode: "whitespace" })).step).toBe(4);
  });
});

describe("a run whose checkpoint does not tell of its vocabulary, as they were once", async () => {
  const old = join(folder, "old");
  const pairs: TrainOptions = {
    inputs: [text],
    tokenizer: "bpe",
    hidden: 8,
    batchSize: 2,
    seqLen: 8,
    out: old,
  };
  await train({ ...pairs, vocabSize: 280, steps: 3 });
  const { checkpoint } = modelPaths(old);
  const { tensors, metadata } = await readSafetensors(checkpoint);
  const header = JSON.parse(metadata["recurra_checkpoint"]!) as { vocabulary?: unknown };
  expect(header.vocabulary).toEqual({ vocabSize: 280 });
  delete header.vocabulary;
  const named = [...tensors].map(([name, tensor]): NamedTensor => ({ name, ...tensor }));
  await writeSafetensors(checkpoint, named, { recurra_checkpoint: JSON.stringify(header) });
  const again = (options: TrainOptions) => train({ ...pairs, ...options, steps: 4, resume: true });

  test("refuses what cannot be compared, and says why", async () => {
    await expect(again({ vocabSize: 300 })).rejects.toThrow(
      /vocabSize: 300 cannot be compared with this run's own value, which its checkpoint does not have; leave it out/,
    );
    await expect(again({ minCount: 2 })).rejects.toThrow(/minCount: 2 cannot be compared/);
    await expect(again({ wordMode: "unicode" })).rejects.toMatchObject({ option: "wordMode" });
  });

  test("takes the size that its vocabulary has", async () => {
    expect((await again({ vocabSize: 280 })).step).toBe(4);
  });
});
