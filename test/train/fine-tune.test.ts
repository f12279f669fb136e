/** A run that begins with another model: its weights and tokenizer, tokens that it lacks, and what is gained. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { quantize } from "../../src/apps/quantize.js";
import { train } from "../../src/apps/train.js";
import { UserError } from "../../src/errors.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { stagePaths } from "../../src/format/model-paths.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import type { DoneEvent, PreparedEvent, TrainEvent, ValidationEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-fine-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const SMALL = { hidden: 16, embedding: 12, batchSize: 4, seqLen: 16, seed: 5, threads: 1 } as const;
/** Of the same grammar, with other words and characters in a part of it. */
const OTHER = toyText(120, 7).replaceAll("the moon", "der Mönd").replaceAll("nothing", "Ωmega nie");

const bytesOf = (out: string): string => readFileSync(modelPaths(out).weights).toString("base64");
const weightsOf = async (out: string) => (await readSafetensors(modelPaths(out).weights)).tensors;

interface Followed {
  readonly prepared: PreparedEvent;
  readonly validations: readonly ValidationEvent[];
  readonly done: DoneEvent;
}

async function followed(options: TrainOptions): Promise<Followed> {
  const events: TrainEvent[] = [];
  await train({ ...options, onEvent: (event) => events.push(event) });
  return {
    prepared: events.find((event) => event.type === "prepared")!,
    validations: events.filter((event) => event.type === "validation"),
    done: events.find((event) => event.type === "done")!,
  };
}

/** Models to begin with, by name. */
const MODELS: Readonly<Record<string, TrainOptions>> = {
  char: { layers: 2 },
  tied: { tokenizer: "word", minCount: 1, tie: true, cell: "gru" },
  adaptive: { tokenizer: "word", minCount: 1, softmax: "adaptive", cutoffs: [5, 9] },
  mixture: { tokenizer: "word", minCount: 1, mixtures: 2, tie: true, embedding: 8 },
  lines: { tokenizer: "word", minCount: 1, lines: true, cell: "mogrifier", mogrifierRounds: 2 },
  bpe: {
    tokenizer: "bpe",
    vocabSize: 270,
    hidden: [12, 16],
    cell: "rnn",
    nonlinearity: "relu",
    tie: true,
    embedding: 16,
  },
  residual: { layers: 2, residual: true, inputGate: "capped", embedding: 16 },
};

beforeAll(async () => {
  for (const [name, options] of Object.entries(MODELS))
    await train({ text: toyText(100), ...SMALL, ...options, steps: 25, out: at(name) });
});

describe.each(Object.keys(MODELS))("%s", (name) => {
  const run = (more: TrainOptions): TrainOptions =>
    ({
      text: OTHER,
      from: at(name),
      threads: 1,
      batchSize: 4,
      seqLen: 16,
      minCount: name === "bpe" ? undefined : 1,
      ...more,
    }) as TrainOptions;

  test("begins with its weights and has its tokens first; the new rows are near the mean of the others", async () => {
    const before = bytesOf(at(name));
    const control = new AbortController();
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "prepared") control.abort();
    };
    const out = at(`${name}-unmoved`);
    const { reason } = await train({
      ...run({ out, signal: control.signal, onEvent, steps: 5 }),
      text: OTHER,
    });
    expect(reason).toBe("stopped");
    // Nothing was trained: the new model is not whole yet.
    const { tensors } = await readSafetensors(stagePaths(out, "next").checkpoint);
    let grown = 0;
    for (const [weight, { shape, data }] of await weightsOf(at(name))) {
      const now = tensors.get(`weight.${weight}`)!;
      const numbers = now.data as Float32Array;
      expect([...numbers.subarray(0, data.length)], weight).toEqual([...(data as Float32Array)]);
      if (now.shape[0] === shape[0]) continue;
      grown++;
      if (shape.length === 1) continue;
      const width = shape[1]!;
      for (let row = shape[0]!; row < now.shape[0]!; row++) {
        for (let d = 0; d < width; d++) {
          const column = Array.from({ length: shape[0]! }, (_, i) => data[i * width + d] as number);
          const mean = column.reduce((a, b) => a + b) / column.length;
          expect(Math.abs(numbers[row * width + d]! - mean)).toBeLessThan(0.1);
        }
      }
    }
    expect(grown > 0).toBe(name !== "bpe");
    // Nothing of the model to begin with was touched.
    expect(bytesOf(at(name))).toBe(before);
  });

  test("trains with its architecture, measured before and afterwards, and says what it gained", async () => {
    const out = at(`${name}-tuned`);
    const { prepared, validations, done } = await followed(run({ out, epochs: 6, lr: 0.01 }));
    const [old, tuned] = [await load(at(name)), await load(out)];
    const added = tuned.config.vocabulary - old.config.vocabulary;
    expect({ ...tuned.config, vocabulary: 0 }).toEqual({ ...old.config, vocabulary: 0 });
    expect(prepared.origin).toMatchObject({ name: at(name), added });
    expect(validations[0]).toMatchObject({ step: 0, best: true });
    const { before, gain, from } = done.fineTuned!;
    expect([from, done.fineTuned!.added]).toEqual([at(name), added]);
    expect(gain!.natsPerToken).toBeCloseTo(before.natsPerToken - done.valid!.natsPerToken, 12);
    expect(gain!.bitsPerChar).toBeGreaterThan(0.02);
    expect(before.tokens).toBe(done.valid!.tokens);
    expect(added > 0).toBe(name !== "bpe");
  });

  test("is the same with the same seed, and from a model in memory", async () => {
    const [one, two] = [at(`${name}-one`), at(`${name}-two`)];
    await train(run({ out: one, steps: 12 }));
    await train(run({ out: two, steps: 12, from: await load(at(name)), threads: 1 }));
    expect(bytesOf(two)).toBe(bytesOf(one));
  });
});

describe("a text without anything new", () => {
  test("the measure before is the untouched model's own", async () => {
    const heldOut = at("held-out.txt");
    writeFileSync(heldOut, toyText(30, 12));
    const { done } = await followed({
      text: toyText(60, 11),
      valid: [heldOut],
      from: at("char"),
      steps: 3,
      batchSize: 4,
    });
    const measured = await (await load(at("char"))).evaluate(readFileSync(heldOut, "utf8"));
    const { tokensPerSecond: _, ...rest } = measured;
    expect(done.fineTuned).toMatchObject({ added: 0, before: rest });
  });

  test("weights that no update improves stay as they were", async () => {
    const out = at("worse");
    const { done } = await followed({
      text: toyText(60, 11),
      from: at("char"),
      out,
      lr: 50,
      clip: 0,
      steps: 6,
      schedule: "constant",
      optimizer: "sgd",
    });
    expect(done.fineTuned!.gain!.natsPerToken).toBe(0);
    const [old, now] = [await weightsOf(at("char")), await weightsOf(out)];
    for (const [name, { data }] of old) expect(now.get(name)!.data).toEqual(data);
  });
});

describe("what is chosen", () => {
  test("a quarter of the rate, a warm-up of a tenth, and ten passes at most", async () => {
    const plain = await followed({ text: toyText(100), ...SMALL, layers: 2, steps: 1 });
    const control = new AbortController();
    const settings: PreparedEvent["settings"][] = [];
    await train({
      text: toyText(100),
      from: at("char"),
      signal: control.signal,
      onEvent: (event) => {
        if (event.type !== "prepared") return;
        settings.push(event.settings);
        control.abort();
      },
    });
    expect(settings[0]).toMatchObject({
      lr: plain.prepared.settings.lr / 4,
      warmup: 0.1,
      schedule: "linear",
      limit: { epochs: 10 },
    });
    expect(settings[0]!.unigramBias).toBeUndefined();
  });

  test("what is given stands above it; a schedule without a warm-up gets none", async () => {
    const { prepared } = await followed({
      text: toyText(60),
      from: at("char"),
      batchSize: 4,
      lr: 0.002,
      schedule: "cosine",
      steps: 2,
    });
    expect(prepared.settings).toMatchObject({ lr: 0.002, warmup: 0, limit: { steps: 2 } });
  });

  test("a run limited by time keeps the architecture", async () => {
    const { prepared, done } = await followed({
      text: toyText(100),
      from: at("residual"),
      batchSize: 4,
      maxMinutes: 0.02,
    });
    expect(prepared.config).toEqual((await load(at("residual"))).config);
    expect(done.reason).toBe("finished");
    expect(done.fineTuned!.gain).toBeDefined();
  });
});

describe("is refused in a sentence", () => {
  const refused = (options: TrainOptions) =>
    train({ text: OTHER, from: at("char"), steps: 2, batchSize: 4, ...options });

  test.each<[string, TrainOptions, RegExp]>([
    [
      "cell",
      { cell: "gru" },
      /^The model to begin with was made with cell: lstm and cannot go on with cell: gru; leave it out/,
    ],
    ["layers", { layers: 3 }, /was made with layers: 2 and cannot go on with layers: 3/],
    ["hidden", { hidden: 17 }, /with hidden: 16 and cannot go on with hidden: 17/],
    ["embedding", { embedding: 16 }, /with embedding: 12 and cannot go on with embedding: 16/],
    ["tie", { tie: true, embedding: 12 }, /was made without tie and cannot go on with tie/],
    ["residual", { residual: true }, /without residual/],
    ["inputGate", { inputGate: "capped" }, /with inputGate: free/],
    ["mixtures", { mixtures: 2 }, /without mixtures/],
    ["softmax", { softmax: "adaptive" }, /with softmax: full/],
    ["tokenizer", { tokenizer: "word" }, /with tokenizer: char/],
    ["lines", { lines: true }, /without lines/],
    ["forgetBias", { forgetBias: 2 }, /forgetBias is of initial weights, and from begins with trained ones/],
    ["unigramBias", { unigramBias: true }, /unigramBias is of initial weights/],
    ["vocabSize", { vocabSize: 5 }, /vocabSize: 5 is fewer than the/],
  ])("another %s", async (name, options, message) => {
    await expect(refused(options)).rejects.toMatchObject({ option: name });
    await expect(refused(options)).rejects.toThrow(message);
  });

  test("the same architecture said again is not", async () => {
    const again = {
      cell: "lstm",
      layers: 2,
      hidden: [16, 16],
      embedding: 12,
      tie: false,
      inputGate: "free",
      softmax: "full",
      tokenizer: "char",
      lines: false,
      unigramBias: false,
    } as const;
    expect((await refused(again)).reason).toBe("finished");
    expect(
      (
        await train({
          text: OTHER,
          from: at("bpe"),
          steps: 2,
          batchSize: 4,
          nonlinearity: "relu",
          cell: "rnn",
          hidden: [12, 16],
          vocabSize: 270,
        })
      ).reason,
    ).toBe("finished");
  });

  test("a quantized model, its own folder, no model, and what is none", async () => {
    const small = at("int8");
    await quantize(at("char"), { out: small });
    await expect(refused({ from: small })).rejects.toThrow(
      /int8 has int8 weights, which can be used but not trained/,
    );
    await expect(refused({ from: await load(small) })).rejects.toThrow(
      /int8 weights, which can be used but not trained/,
    );
    await expect(refused({ out: at("char"), overwrite: true })).rejects.toMatchObject({ option: "out" });
    await expect(refused({ from: at("nothing") })).rejects.toThrow(/There is no model at/);
    await expect(refused({ from: {} })).rejects.toThrow(/This is not a whole model: config.json is missing/);
    await expect(refused({ from: { model: 3 } as never })).rejects.toThrow(
      /^The model in from is 3; give what load returned/,
    );
    await expect(refused({ from: 3 as never })).rejects.toThrow(UserError);
    expect(existsSync(modelPaths(at("char")).weights)).toBe(true);
  });

  test("a resumed run that was begun otherwise", async () => {
    const [plain, tuned] = [at("plain"), at("char-again")];
    const options = { text: OTHER, batchSize: 4, steps: 4 };
    await train({ ...options, ...SMALL, out: plain });
    await expect(train({ ...options, from: at("char"), out: plain, resume: true })).rejects.toThrow(
      /This run was begun without from and cannot go on with one/,
    );
    await train({ ...options, from: at("char"), out: tuned });
    const resumed = { ...options, steps: 6, out: tuned, resume: true };
    await expect(train({ ...resumed, from: at("residual") })).rejects.toThrow(
      /This run was begun with from: .*char and cannot go on with another model/,
    );
    const copy = at("copy");
    cpSync(at("char"), copy, { recursive: true });
    expect((await train({ ...resumed, from: copy })).step).toBe(6);
    const { fineTuned } = await train({ ...resumed, steps: 7 });
    expect(fineTuned).toMatchObject({ from: at("char") });
  });
});

describe("layers at rates of their own, one after the other", () => {
  const layered = async (more: TrainOptions): Promise<PreparedEvent["settings"]> =>
    (await followed({ text: OTHER, from: at("char"), batchSize: 4, threads: 1, ...more })).prepared.settings;

  test("only the upper layers change until the lower ones' time has come", async () => {
    const out = at("unfrozen");
    const run = {
      text: OTHER,
      from: at("char"),
      batchSize: 4,
      threads: 1,
      out,
      unfreezeEvery: 1,
      patience: 99,
    };
    // After two passes: the output layer and the last layer have learned, the first layer and the embedding have not.
    await train({ ...run, epochs: 2 });
    const [old, { tensors, metadata }] = [
      await weightsOf(at("char")),
      await readSafetensors(modelPaths(out).checkpoint),
    ];
    for (const [name, { data }] of old) {
      const now = (tensors.get(`weight.${name}`)!.data as Float32Array).subarray(0, data.length);
      const frozen = name === "embedding.weight" || name.endsWith("_l0");
      if (frozen) expect(now, name).toEqual(data);
      else expect(now, name).not.toEqual(data);
    }
    const { position } = JSON.parse(metadata["recurra_checkpoint"]!) as {
      position: { begun: number[]; step: number };
    };
    expect(position.begun).toEqual([0, position.step / 2]);

    // A longer way: the others begin, too, each a pass later.
    await train({ ...run, epochs: 5, resume: true });
    const later = JSON.parse(
      (await readSafetensors(modelPaths(out).checkpoint)).metadata["recurra_checkpoint"]!,
    ) as {
      position: { begun: number[]; step: number };
    };
    expect(later.position.begun).toEqual([0, 1, 2, 3].map((pass) => (pass * position.step) / 2));
  });

  test("settings keep what was asked for, and what is asked for otherwise when a run goes on", async () => {
    expect(await layered({ steps: 2 })).toMatchObject({ layerDecay: 1 });
    const out = at("decayed");
    expect(await layered({ steps: 2, out, layerDecay: 0.4, unfreezeEvery: 2 })).toMatchObject({
      layerDecay: 0.4,
      unfreezeEvery: 2,
    });
    const changes: unknown[] = [];
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "changed") changes.push(...event.changes);
    };
    const again = { text: OTHER, batchSize: 4, threads: 1, out, resume: true, onEvent };
    await train({ ...again, steps: 4, layerDecay: 0.5, unfreezeEvery: 0 });
    const made = [
      { step: 2, setting: "unfreezeEvery", from: 2 },
      { step: 2, setting: "layerDecay", from: 0.4, to: 0.5 },
      { step: 2, setting: "steps", from: 2, to: 4 },
    ];
    expect(changes).toHaveLength(3);
    expect(changes).toEqual(expect.arrayContaining(made));
  });

  test.each([{ layerDecay: 0.5 }, { unfreezeEvery: 1 }, { compareScratch: true }])(
    "%o needs a model to begin with",
    async (options) => {
      const [name] = Object.keys(options);
      const plain = { text: OTHER, ...SMALL, steps: 2, ...options };
      await expect(train(plain)).rejects.toThrow(
        `${name} is given without from; give from, too, or leave ${name} out.`,
      );
      const out = at(`plain-${name}`);
      await train({ text: OTHER, ...SMALL, steps: 2, out });
      await expect(train({ ...plain, steps: 3, out, resume: true })).rejects.toMatchObject({ option: name });
    },
  );
});

test.each(["native", "wasm", "reference"] as const)(
  "the %s engine begins and learns as the reference in float64 does",
  async (engine) => {
    const run = async (one: TrainOptions["engine"]) => {
      const events: number[] = [];
      const { fineTuned, model } = await train({
        text: OTHER,
        from: at("char"),
        batchSize: 4,
        seqLen: 8,
        steps: 4,
        layerDecay: 0.5,
        unfreezeEvery: 0.01,
        engine: one!,
        onEvent: (event) => void (event.type === "step" && events.push(event.loss)),
      });
      return { before: fineTuned!.before.natsPerToken, events, logits: model.step(undefined, 3).logits };
    };
    const [exact, found] = [await run(new ReferenceEngine("f64")), await run(engine)];
    expect(found.before).toBeCloseTo(exact.before, 4);
    for (const [i, loss] of exact.events.entries()) expect(found.events[i]).toBeCloseTo(loss, 3);
    for (const [i, logit] of [...exact.logits].entries()) expect(found.logits[i]).toBeCloseTo(logit, 2);
  },
);

describe("a model from scratch beside it", () => {
  test("is as a run of its own, with as many updates of the same windows", async () => {
    // Of the characters that both models have, in one order.
    const text = toyText(120, 7);
    const reading: string[] = [];
    const { fineTuned, valid } = await train({
      text,
      from: at("char"),
      batchSize: 4,
      seqLen: 16,
      threads: 1,
      seed: 9,
      epochs: 2,
      compareScratch: true,
      onEvent: (event) => void (event.type === "reading" && reading.push(event.what)),
    });
    const { scratch, gainOverScratch } = fineTuned!;
    const { config } = await load(at("char"));
    const alone = await train({
      text,
      ...SMALL,
      layers: config.layers,
      seed: 9,
      epochs: 2,
    });
    const { tokensPerSecond: _, ...measures } = alone.valid!;
    expect(scratch).toMatchObject(measures);
    expect(gainOverScratch!.natsPerToken).toBeCloseTo(scratch!.natsPerToken - valid!.natsPerToken, 12);
    expect(reading).toContain("training from scratch, to compare");
  });

  test("a stop meanwhile leaves the fine-tuned model", async () => {
    const control = new AbortController();
    const { fineTuned, reason, valid } = await train({
      text: OTHER,
      from: at("char"),
      batchSize: 4,
      threads: 1,
      steps: 5,
      compareScratch: true,
      signal: control.signal,
      onEvent: (event) => {
        if (event.type === "reading" && event.what.startsWith("training from scratch")) control.abort();
      },
    });
    expect([reason, fineTuned!.scratch]).toEqual(["finished", undefined]);
    expect(fineTuned!.gain!.natsPerToken).toBeCloseTo(
      fineTuned!.before.natsPerToken - valid!.natsPerToken,
      12,
    );
  });
});
