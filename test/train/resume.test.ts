/** A run that was stopped goes on bit for bit as if it never had been. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors-file.js";
import type { NamedTensor } from "../../src/format/safetensors.js";
import { modelPaths } from "../../src/format/model-folder.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { train } from "../../src/apps/train.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Everything that a run leaves, but for the times in it. */
async function left(out: string): Promise<unknown> {
  const paths = modelPaths(out);
  const { tensors, metadata } = await readSafetensors(paths.checkpoint);
  const header = JSON.parse(metadata!["recurra_checkpoint"]!) as { position: Record<string, unknown> };
  delete header.position["elapsedSeconds"];
  const bits = [...tensors].map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
  ]);
  const metrics = readFileSync(paths.metrics, "utf8").replace(/,"seconds":[^}]*/g, "");
  return { header, bits, metrics, best: readFileSync(paths.weights).toString("base64") };
}

/** Trains, stopping after each of the given steps and resuming. */
async function interrupted(options: TrainOptions, stops: readonly number[]): Promise<void> {
  for (const stop of [...stops, Infinity]) {
    const control = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.type === "step" && event.step >= stop) control.abort();
    };
    const result = await train({ ...options, resume: true, onEvent, signal: control.signal });
    expect(result.reason).toBe(stop === Infinity ? "finished" : "stopped");
  }
}

const small = { hidden: 24, embedding: 12, batchSize: 4, seqLen: 16, seed: 5 } as const;
/** The model that some of the runs begin with. */
const origin = join(folder, "origin");
await train({ text: toyText(150, 3), ...small, layers: 2, steps: 30, out: origin });

/** Of the text that these runs are on, the model to begin with lacks two characters. */
const newText = toyText(150).replaceAll("moon", "Mönd");
const cases: [string, TrainOptions][] = [
  [
    "begun with a model, layers unfrozen one after the other at rates of their own, AdaBelief, exponential average",
    {
      text: newText,
      from: origin,
      batchSize: 4,
      seqLen: 16,
      layerDecay: 0.4,
      unfreezeEvery: 0.5,
      dropout: 0.2,
      average: "ema",
      averageEvery: 5,
      epochs: 3,
    },
  ],
  [
    "begun with a model, schedule-free, unfrozen",
    {
      text: newText,
      from: origin,
      batchSize: 4,
      seqLen: 16,
      optimizer: "schedule-free",
      unfreezeEvery: 0.3,
      validateEvery: 20,
      steps: 90,
    },
  ],
  [
    "LSTM, Adam, dropout, one-cycle, epochs",
    {
      text: toyText(150),
      ...small,
      layers: 2,
      dropout: 0.2,
      optimizer: "adam",
      schedule: "one-cycle",
      epochs: 3,
    },
  ],
  [
    "GRU, SGD with momentum, plateau, steps, tied",
    {
      text: toyText(150),
      ...small,
      cell: "gru",
      embedding: 24,
      tie: true,
      optimizer: "sgd",
      momentum: 0.9,
      lr: 2,
      schedule: "plateau",
      steps: 120,
      validateEvery: 8,
    },
  ],
  [
    "layers of two widths, tied by a projection, dropout",
    {
      text: toyText(60),
      ...small,
      hidden: [16, 20],
      tie: true,
      dropout: 0.2,
      steps: 60,
      validateEvery: 25,
    },
  ],
  [
    "RNN on lines, AdamW, cosine with warm-up",
    {
      text: toyText(200),
      ...small,
      cell: "rnn",
      lines: true,
      tokenizer: "word",
      schedule: "cosine",
      warmup: 0.1,
      dropout: 0.1,
      epochs: 2,
    },
  ],
  [
    "LSTM, AdamW, dropout, products of bf16",
    { text: toyText(150), ...small, layers: 2, dropout: 0.2, precision: "bf16", epochs: 3 },
  ],
  [
    "minLSTM, AdamW, dropout",
    { text: toyText(150), ...small, cell: "minlstm", layers: 2, dropout: 0.1, epochs: 3 },
  ],
  [
    "minGRU on lines, SGD",
    { text: toyText(200), ...small, cell: "mingru", lines: true, optimizer: "sgd", lr: 1, epochs: 2 },
  ],
  [
    "GRU, windows of drawn length, rotated streams, samples",
    {
      text: toyText(150),
      ...small,
      cell: "gru",
      varySeqLen: true,
      rotateStreams: true,
      sampleEvery: 6,
      epochs: 3,
    },
  ],
  [
    "LSTM, every regulariser",
    {
      text: toyText(150),
      ...small,
      layers: 2,
      dropout: 0.2,
      lockedDropout: true,
      dropoutWords: 0.1,
      weightDrop: 0.3,
      dropoutState: 0.2,
      ar: 2,
      tar: 1,
      steps: 70,
    },
  ],
  [
    "LSTM, sampled softmax, SGD",
    {
      text: toyText(400),
      ...small,
      tokenizer: "word",
      softmax: "sampled",
      samples: 9,
      optimizer: "sgd",
      lr: 1,
      steps: 80,
    },
  ],
  [
    "GRU, sampled mixture of softmaxes, AdamW",
    {
      text: toyText(400),
      ...small,
      cell: "gru",
      tokenizer: "word",
      softmax: "sampled",
      samples: 9,
      tie: true,
      embedding: 10,
      mixtures: 2,
      dropout: 0.1,
      steps: 60,
    },
  ],
  [
    "LSTM, tied, sampled softmax, AdaBelief on touched rows, trapezoid",
    {
      text: toyText(400),
      ...small,
      embedding: 24,
      tie: true,
      tokenizer: "word",
      softmax: "sampled",
      samples: 9,
      optimizer: "adabelief",
      updateRows: "touched",
      schedule: "trapezoid",
      warmup: 0.1,
      average: "ema",
      averageEvery: 5,
      steps: 80,
    },
  ],
  [
    "RNN, the average of its last part, linear",
    {
      text: toyText(150),
      ...small,
      cell: "rnn",
      average: "tail",
      averageSpan: 0.6,
      averageEvery: 3,
      schedule: "linear",
      steps: 60,
    },
  ],
  [
    "RNN on lines, NT-ASGD",
    {
      text: toyText(200),
      ...small,
      cell: "rnn",
      lines: true,
      optimizer: "sgd",
      lr: 3,
      average: "nt-asgd",
      averageInterval: 1,
      averageEvery: 2,
      validateEvery: 4,
      steps: 60,
    },
  ],
  [
    "GRU, Muon, the average of its last part",
    { text: toyText(150), ...small, cell: "gru", optimizer: "muon", average: "tail", steps: 60 },
  ],
  [
    "LSTM, schedule-free",
    { text: toyText(150), ...small, optimizer: "schedule-free", warmup: 0.1, validateEvery: 15, steps: 60 },
  ],
  [
    "LSTM, past decoded by a projection's weights, momentum",
    {
      text: toyText(150),
      ...small,
      tie: true,
      embedding: 10,
      pastDecode: 0.1,
      optimizer: "sgd",
      momentum: 0.5,
      lr: 0.5,
      steps: 60,
    },
  ],
  [
    "LSTM, adaptive softmax, AdamW",
    { text: toyText(400), ...small, tokenizer: "word", softmax: "adaptive", dropout: 0.1, steps: 80 },
  ],
];

describe.each(cases)("%s", (name, options) => {
  test("stopped at several steps and resumed = never stopped", async () => {
    const whole = join(folder, `${name}-whole`);
    await train({ ...options, out: whole });
    const parts = join(folder, `${name}-parts`);
    await interrupted({ ...options, out: parts }, [1, 17, 18, 55]);
    expect(await left(parts)).toEqual(await left(whole));
  });

  test("the same seed gives the same bits, another seed others", async () => {
    const [a, b, c] = ["a", "b", "c"].map((x) => join(folder, `${name}-${x}`)) as [string, string, string];
    const short: TrainOptions = { ...options, steps: 20 };
    delete (short as { epochs?: number }).epochs;
    await train({ ...short, out: a, threads: 1 });
    await train({ ...short, out: b, threads: 2 });
    await train({ ...short, out: c, seed: 6 });
    const [bitsA, bitsB, bitsC] = (await Promise.all([a, b, c].map(left))) as { bits: unknown }[];
    expect(bitsB!.bits).toEqual(bitsA!.bits);
    expect(bitsC!.bits).not.toEqual(bitsA!.bits);
  });
});

test("a finished run stays finished, and goes on when it is given more", async () => {
  const out = join(folder, "more");
  const options: TrainOptions = { text: toyText(150), ...small, out };
  await train({ ...options, epochs: 1 });
  const notices: string[] = [];
  const onEvent = (event: TrainEvent) => void (event.type === "notice" && notices.push(event.message));
  const again = await train({ ...options, epochs: 1, resume: true, onEvent });
  expect(notices.join()).toMatch(/reached its end already/);
  // Nothing is recorded of what has no effect any more: less than it has, and other settings with it.
  const kept = readFileSync(modelPaths(out).checkpoint);
  const less = { steps: 2, lr: 0.1, clip: 0.5, validateEvery: 3 } as const;
  const { epochs: _, ...others } = { ...options, epochs: undefined };
  await train({ ...others, ...less, resume: true, onEvent });
  expect(notices.join()).toMatch(/reached its end already.*reached its end already/);
  expect(readFileSync(modelPaths(out).checkpoint)).toEqual(kept);
  const more = await train({ ...options, epochs: 2, resume: true, onEvent });
  expect(more.step).toBe(2 * again.step);
});

test("a run goes on in the precision that its checkpoint names, or in another that is asked for", async () => {
  const out = join(folder, "precision");
  const options: TrainOptions = { text: toyText(150), ...small, out };
  const operands = async (change: TrainOptions) =>
    (await train({ ...options, ...change, resume: true })).model.model.engine.trainingOperands;
  expect(await operands({ precision: "bf16", steps: 5 })).toBe("bf16");
  expect(await operands({ steps: 8 })).toBe("bf16");
  expect(await operands({ precision: "f32", steps: 9 })).toBe("float");
  expect(await operands({ steps: 10 })).toBe("float");
  await train({ ...options, steps: 5, overwrite: true });
  // As checkpoints were before there was a choice.
  const { tensors, metadata } = await readSafetensors(modelPaths(out).checkpoint);
  const header = JSON.parse(metadata!["recurra_checkpoint"]!) as { settings: Record<string, unknown> };
  expect(header.settings["precision"]).toBe("f32");
  delete header.settings["precision"];
  const named = [...tensors].map(([name, { shape, dtype, data }]) => ({ name, shape, dtype, data }));
  await writeSafetensors(modelPaths(out).checkpoint, named as NamedTensor[], {
    recurra_checkpoint: JSON.stringify(header),
  });
  expect(await operands({ steps: 8, precision: "f32" })).toBe("float");
  expect(await operands({ steps: 9 })).toBe("float");
  await expect(train({ ...options, precision: "f16" as "f32" })).rejects.toThrow(
    /precision is "f16".*; choose one of f32, bf16/,
  );
});

test("a test text that was changed meanwhile is read anew", async () => {
  const out = join(folder, "tested");
  const path = join(folder, "test.txt");
  const options: TrainOptions = { text: toyText(150), ...small, out, test: [path] };
  writeFileSync(path, toyText(20));
  const first = await train({ ...options, steps: 5 });
  writeFileSync(path, toyText(40));
  const second = await train({ ...options, steps: 6, resume: true });
  expect(second.test!.tokens).toBeGreaterThan(1.5 * first.test!.tokens);
});

test("resuming refuses what would make it another run, and says what", async () => {
  const out = join(folder, "refused");
  const options: TrainOptions = { text: toyText(150), ...small, out, steps: 5, schedule: "one-cycle" };
  await train(options);
  const resumed = (change: Partial<TrainOptions>) => train({ ...options, ...change, resume: true });
  await expect(resumed({ hidden: 32 })).rejects.toThrow(/hidden: 24 and cannot go on with 32/);
  await expect(resumed({ seed: 7 })).rejects.toThrow(
    /seed: 5 and cannot go on with 7, since every draw and the order of its text hang on it; leave it out/,
  );
  await expect(resumed({ optimizer: "sgd" })).rejects.toThrow(
    /optimizer: adabelief and cannot go on with sgd, since the moments that it has gathered are that optimizer's/,
  );
  await expect(resumed({ momentum: 0.9 })).rejects.toThrow(/momentum belongs to optimizer: sgd/);
  await expect(resumed({ text: toyText(150, 2) })).rejects.toThrow(/text is not the one/);
  await expect(resumed({ tokenizer: "bpe" })).rejects.toThrow(/tokenizer: char and cannot go on with bpe/);
  await expect(resumed({ softmax: "adaptive" })).rejects.toThrow(/softmax: full and cannot go on/);
  await expect(resumed({ lines: true })).rejects.toThrow(/without lines/);
  await expect(resumed({ samples: 9 })).rejects.toThrow(/samples belongs to softmax: sampled/);
  await expect(resumed({ nonlinearity: "relu" })).rejects.toThrow(/begun without nonlinearity/);
  await expect(resumed({ cutoffs: [3] })).rejects.toThrow(/begun without cutoffs/);
  await expect(resumed({ warmup: 0.1 })).rejects.toThrow(/warmup belongs to schedule/);
  await expect(train(options)).rejects.toThrow(/already holds a model; .*resume.*overwrite/);
  await train({ ...options, overwrite: true });
});
