/** A run that goes on with changed settings: what holds from then on, where it goes on, and that it stays exact. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { modelInfo, modelLines } from "../../src/cli/model-info.js";
import { NO_COLORS } from "../../src/cli/colors.js";
import { changedLine } from "../../src/cli/train-words.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { ContiguousBatches } from "../../src/text/windows/contiguous-batches.js";
import { LineBatches } from "../../src/text/windows/line-batches.js";
import { MemoryTokens } from "../../src/text/windows/token-source.js";
import type { CheckpointHeader } from "../../src/train/checkpoint-header.js";
import type { ChangedEvent, StepEvent, TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { startPosition } from "../../src/train/position.js";
import { resumedPosition } from "../../src/train/resume-position.js";
import { toyText } from "./toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-changes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const small = { text: toyText(150), hidden: 16, embedding: 8, batchSize: 4, seqLen: 16, seed: 5 } as const;

/** Goes on in a folder, and stops after a step. */
async function goOn(options: TrainOptions, stop = Infinity) {
  const events: TrainEvent[] = [];
  const control = new AbortController();
  const onEvent = (event: TrainEvent): void => {
    events.push(event);
    if (event.type === "step" && event.step >= stop) control.abort();
  };
  const result = await train({ ...options, resume: true, onEvent, signal: control.signal });
  const steps = events.filter((event): event is StepEvent => event.type === "step");
  const changed = events.filter((event): event is ChangedEvent => event.type === "changed");
  return { ...result, events, steps, changed };
}

async function checkpointOf(out: string) {
  const { tensors, metadata } = await readSafetensors(modelPaths(out).checkpoint);
  const header = JSON.parse(metadata["recurra_checkpoint"]!) as CheckpointHeader;
  const bits = [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString("base64")]);
  return { header, bits };
}

describe("a run stopped at step 20", async () => {
  const begun = join(folder, "begun");
  const options: TrainOptions = { ...small, epochs: 4, dropout: 0.1 };
  const { steps: before } = await goOn({ ...options, out: begun }, 20);
  const { progress, learningRate } = before.at(-1)!;
  const W = before.at(-1)!.steps! / 4;
  let copies = 0;
  const copy = (): string => {
    const out = join(folder, `copy-${copies++}`);
    cpSync(begun, out, { recursive: true });
    return out;
  };

  test("with another rate goes on where the schedule stands, and says so in info", async () => {
    const out = copy();
    const [plain, changed] = [
      await goOn({ ...options, out: copy() }, 21),
      await goOn({ ...options, out, lr: 0.002, dropoutOutput: 0.5 }, 21),
    ];
    expect(plain.changed).toEqual([]);
    expect(changed.steps[0]!.learningRate).toBeCloseTo(plain.steps[0]!.learningRate / 2, 12);
    // Of the same window under another mask.
    expect(changed.steps[0]!.loss).not.toBe(plain.steps[0]!.loss);
    const line = "From step 20 on: lr 0.004 → 0.002, dropout-output 0.1 → 0.5.";
    expect(changed.changed.map(changedLine)).toEqual([line]);
    await goOn({ ...options, out, lr: 0.002, dropoutOutput: 0.5, clip: 0 }, 25);
    const lines = modelLines(await modelInfo(out), { width: 60, height: 4 }, NO_COLORS);
    expect(lines.filter((row) => row.startsWith("changed"))).toEqual([
      "changed          from step 20 on: lr 0.004 → 0.002, dropout-output 0.1 → 0.5",
      "changed          from step 21 on: clip 1 → 0",
    ]);
  });

  test("at one step is one row of info, each setting once", async () => {
    const info = await modelInfo(copy());
    const changes = [
      { step: 5, setting: "lr", from: 1, to: 2 },
      { step: 5, setting: "clip", from: 1, to: 2 },
      { step: 5, setting: "steps", to: 30 },
      { step: 5, setting: "steps", from: 30, to: 40 },
      { step: 5, setting: "lr", from: 2, to: 3 },
      { step: 5, setting: "clip", from: 2, to: 1 },
      { step: 9, setting: "clip", from: 1, to: 2 },
      { step: 9, setting: "clip", from: 2, to: 1 },
    ] as const;
    const lines = modelLines({ ...info, changes }, { width: 60, height: 4 }, NO_COLORS);
    expect(lines.filter((row) => row.startsWith("changed"))).toEqual([
      "changed          from step 5 on: lr 1 → 3, steps none → 40",
    ]);
  });

  test("changed is again the same however often it is stopped, also cut into other windows", async () => {
    const changes = { batchSize: 6, seqLen: 11, varySeqLen: true, rotateStreams: true, lr: 0.003 } as const;
    const [whole, parts] = [copy(), copy()];
    await goOn({ ...options, ...changes, out: whole });
    await goOn({ ...options, ...changes, out: parts }, 21);
    await goOn({ ...small, epochs: 4, ...changes, out: parts }, 40);
    const { changed } = await goOn({ ...small, ...changes, out: parts });
    expect(changed).toEqual([]);
    const [a, b] = [await checkpointOf(whole), await checkpointOf(parts)];
    expect(b.bits).toEqual(a.bits);
    const rest = { elapsedSeconds: 0 };
    expect({ ...b.header, position: { ...b.header.position, ...rest } }).toEqual({
      ...a.header,
      position: { ...a.header.position, ...rest },
    });
    expect(a.header.changes!.map(({ setting }) => setting)).toEqual([
      "batchSize",
      "seqLen",
      "lr",
      "varySeqLen",
      "rotateStreams",
    ]);
  });

  test("of a larger batch goes on at the nearest place, ends with its epochs, and foretells its updates", async () => {
    const { steps, changed, reason } = await goOn({ ...options, out: copy(), batchSize: 8 });
    expect(changedLine(changed[0]!)).toBe(
      "From step 20 on: batch-size 4 → 8. The text is cut into other windows: on from the nearest one, with a state of zero.",
    );
    expect(reason).toBe("finished");
    expect(steps[0]!.steps).toBe(steps.at(-1)!.step);
    // Half as many updates are left.
    expect(Math.abs(steps.length - (4 * W - 20) / 2)).toBeLessThan(3);
    expect(steps.at(-1)).toMatchObject({ epoch: 4, progress: 1 });
    // The schedule goes on where it was.
    expect(steps[0]!.progress - progress).toBeGreaterThan(0);
    expect(steps[0]!.progress - progress).toBeLessThan(4 / (4 * W));
    expect(Math.abs(steps[0]!.learningRate / learningRate - 1)).toBeLessThan(0.15);
  });

  test("learns from a full softmax after a sampled one, and the other way round", async () => {
    const out = join(folder, "softmax");
    const words: TrainOptions = { ...small, tokenizer: "word", out, steps: 30 };
    await goOn({ ...words, softmax: "sampled", samples: 6 }, 5);
    const full = await goOn({ ...words, softmax: "full" }, 8);
    expect(full.changed.map(changedLine)).toEqual(["From step 5 on: samples 6 → none."]);
    expect((await checkpointOf(out)).header.settings.samples).toBeUndefined();
    const sampled = await goOn({ ...words, softmax: "sampled" }, 9);
    expect(sampled.changed[0]!.changes).toEqual([{ step: 8, setting: "samples", to: 1024 }]);
    expect((await goOn(words, 10)).changed).toEqual([]);
  });

  test("with a flag of the windows off again says so", async () => {
    const out = copy();
    await goOn({ ...options, out, rotateStreams: true }, 21);
    const { changed } = await goOn({ ...options, out, rotateStreams: false }, 22);
    expect(changedLine(changed[0]!)).toMatch(/^From step 21 on: rotate-streams on → off\. The text is cut/);
  });

  test("keeps a velocity that it has, and gets none that it has not", async () => {
    const out = join(folder, "velocity");
    const sgd: TrainOptions = { ...small, optimizer: "sgd", lr: 1, out, steps: 30 };
    await goOn({ ...sgd, momentum: 0.5 }, 5);
    expect((await goOn({ ...sgd, momentum: 0.9 }, 6)).changed).toHaveLength(1);
    await expect(goOn({ ...sgd, momentum: 0 })).rejects.toThrow(
      /momentum: 0\.9 and cannot go on with 0, since without momentum there is no velocity to go on with/,
    );
  });

  test("that ended early trains on at another rate, with its patience before it", async () => {
    const out = join(folder, "early");
    const early: TrainOptions = { ...small, steps: 4000, lr: 0.05, validateEvery: 5, patience: 2, out };
    const first = await goOn(early);
    expect(first.reason).toBe("early");
    const again = await goOn(early);
    expect(again.steps).toEqual([]);
    const slower = await goOn({ ...early, lr: 0.0001 });
    expect(slower.steps.length).toBeGreaterThanOrEqual(10);
  });

  test("given a longer way validates on it by tenths again", async () => {
    const out = join(folder, "longer");
    await goOn({ ...small, steps: 20, out });
    const { events, changed } = await goOn({ ...small, steps: 40, out });
    expect(changed.map(changedLine)).toEqual(["From step 20 on: steps 20 → 40."]);
    const at = events.flatMap((event) => (event.type === "validation" ? [event.step] : []));
    expect(at).toEqual([24, 28, 32, 36, 40]);
  });

  test("given a shorter way keeps the average that it has", async () => {
    const out = join(folder, "shorter");
    const shorter = {
      ...small,
      average: "ema",
      averageSpan: 0.1,
      averageEvery: 1,
      schedule: "constant",
      out,
    } as const;
    await goOn({ ...shorter, steps: 1000 }, 100);
    /** ‖a − w‖ of the average and the weights. */
    const distance = async (): Promise<number> => {
      const { tensors } = await readSafetensors(modelPaths(out).checkpoint);
      let sum = 0;
      for (const [name, { data: w }] of tensors) {
        const a = tensors.get(name.replace(/^weight\./, "average."))?.data;
        if (!name.startsWith("weight.") || !a) continue;
        for (const [i, value] of a.entries()) sum += (Number(value) - Number(w[i])) ** 2;
      }
      return Math.sqrt(sum);
    };
    const first = await distance();
    // The weights stand still: in 4 of 104 updates the average comes a third of the way towards them, and not all of it.
    await goOn({ ...shorter, steps: 104, lr: 1e-12 });
    expect(await distance()).toBeGreaterThan(0.5 * first);
    expect(await distance()).toBeLessThan(0.9 * first);
  });
});

describe("the position", () => {
  const ids = new MemoryTokens(Int32Array.from({ length: 1001 }, (_, i) => i));
  const at = (epoch: number, index: number) => ({ ...startPosition(), step: 9, epoch, index });
  const before = new ContiguousBatches(ids, 2, 10);

  test.each([
    [4, 10],
    [2, 20],
    [2, 7],
    [5, 200],
  ])("in windows of %i × %i is the nearest in the same epoch", (B, T) => {
    const after = new ContiguousBatches(ids, B, T);
    const changes = [{ step: 9, setting: "batchSize", from: 2, to: B } as const];
    for (let index = 0; index < before.windows(1); index++) {
      const { epoch, index: found } = resumedPosition(at(1, index), changes, before, after);
      expect(epoch).toBe(1);
      const place = before.part(1, index);
      const distances = Array.from({ length: after.windows(1) }, (_, i) =>
        Math.abs(after.part(1, i) - place),
      );
      expect(distances[found]).toBeCloseTo(Math.min(...distances), 12);
    }
    expect(resumedPosition(at(1, 0), changes, before, after).index).toBe(0);
  });

  test("among lines is after the same part of the windows", () => {
    const offsets = Float64Array.from({ length: 101 }, (_, i) => 10 * i);
    const [few, many] = [4, 10].map((B) => new LineBatches(ids, offsets, B, 20, 1)) as [
      LineBatches,
      LineBatches,
    ];
    const changes = [{ step: 9, setting: "batchSize", from: 4, to: 10 } as const];
    expect(resumedPosition(at(0, 10), changes, few, many).index).toBe(4);
  });

  test("of a new rate forgets what was made of the former one, of a new schedule a plateau's part", () => {
    const worn = { ...at(1, 3), learningRateFactor: 0.25, plateauFactor: 0.0625, validationsSinceBest: 3 };
    const after = (setting: "lr" | "schedule" | "clip" | "patience" | "steps") => {
      const { learningRateFactor, plateauFactor, validationsSinceBest, index } = resumedPosition(
        worn,
        [{ step: 9, setting }],
        before,
        before,
      );
      expect(index).toBe(3);
      return [learningRateFactor, plateauFactor, validationsSinceBest];
    };
    expect(after("lr")).toEqual([1, 1, 0]);
    expect(after("schedule")).toEqual([0.25, 1, 0]);
    expect(after("clip")).toEqual([0.25, 0.0625, 0]);
    expect(after("patience")).toEqual([0.25, 0.0625, 3]);
    expect(after("steps")).toEqual([0.25, 0.0625, 3]);
  });
});
