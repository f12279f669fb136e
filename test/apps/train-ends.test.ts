/** However a run ends, it ends at once, with the error that ended it, and gives back all that it held open. */
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { evaluateInputs } from "../../src/apps/evaluate-inputs.js";
import { load } from "../../src/apps/load.js";
import { train } from "../../src/apps/train.js";
import { modelPaths } from "../../src/format/model-folder.js";
import type { TrainEvent } from "../../src/train/events.js";
import type { TrainOptions } from "../../src/train/options.js";
import { toyText } from "../train/toy-text.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = join(folder, "text.txt");
const valid = join(folder, "valid.txt");
writeFileSync(text, toyText(400));
writeFileSync(valid, toyText(100, 2));
const base: TrainOptions = {
  inputs: [text],
  valid: [valid],
  test: [valid],
  hidden: 8,
  batchSize: 4,
  seqLen: 16,
  steps: 20,
  engine: "reference",
};

/** What this process has open below the temporary folder: files, not the system's own. */
const DESCRIPTORS = "/proc/self/fd";
const counted = existsSync(DESCRIPTORS) ? test : test.skip;

async function expectClosed(before: number): Promise<void> {
  // Streams are closed a moment after they were given up.
  await expect.poll(() => readdirSync(DESCRIPTORS).length).toBeLessThanOrEqual(before);
}

let outs = 0;
const freshOut = (): string => join(folder, `out${outs++}`);
// What is opened once for the whole process is open from here on.
await train({ ...base, steps: 2, out: freshOut() });

const thrower = (at: (event: TrainEvent) => boolean) => (event: TrainEvent) => {
  if (at(event)) throw new RangeError("the listener is out of order");
};

const MOMENTS: readonly [string, (event: TrainEvent) => boolean][] = [
  ["while it reads", (event) => event.type === "reading"],
  [
    "while it encodes",
    (event) => event.type === "reading" && event.what.startsWith("encoding the validation"),
  ],
  ["before the first step", (event) => event.type === "prepared"],
  ["after a step", (event) => event.type === "step" && event.step === 7],
  ["after a validation", (event) => event.type === "validation"],
  ["after a checkpoint", (event) => event.type === "checkpoint"],
  ["at the end", (event) => event.type === "done"],
];

describe("a listener that throws", () => {
  counted.each(MOMENTS)("%s: the run fails with just that error, and everything is closed", async (_, at) => {
    const before = readdirSync(DESCRIPTORS).length;
    const out = freshOut();
    const run = train({ ...base, out, onEvent: thrower(at) });
    await expect(run).rejects.toThrow(new RangeError("the listener is out of order"));
    await expectClosed(before);
    // Nothing keeps the folder from the next run.
    await train({ ...base, out, overwrite: true });
    await expectClosed(before);
  });

  test("what it throws is not taken for the fault of the file that is just read", async () => {
    const full = Object.assign(new Error("no space left for the listener's own file"), { code: "ENOSPC" });
    const onEvent = (event: TrainEvent): void => {
      if (event.type === "reading") throw full;
    };
    await expect(train({ ...base, out: freshOut(), onEvent })).rejects.toBe(full);
  });
});

describe("a run that is stopped", () => {
  counted.each(MOMENTS.slice(0, -1))("%s closes everything", async (_, at) => {
    const before = readdirSync(DESCRIPTORS).length;
    const stop = new AbortController();
    const onEvent = (event: TrainEvent): void => void (at(event) && stop.abort());
    await train({ ...base, out: freshOut(), onEvent, signal: stop.signal }).catch((error: unknown) => {
      expect((error as Error).message).toMatch(/^Stopped while the text was read/);
    });
    await expectClosed(before);
  });
});

describe("a run that is refused", () => {
  const short = join(folder, "short.txt");
  writeFileSync(short, "a");
  const cases: [string, Partial<TrainOptions>, RegExp][] = [
    ["for a window longer than the text", { batchSize: 500, seqLen: 100 }, /one window of/],
    ["for a test text that is too short", { test: [short] }, /The test text has only one token/],
    ["for a held-out text that is too short", { valid: [short] }, /The held-out text has only one token/],
  ];
  counted.each(cases)("%s, closes everything, and had not begun", async (_, change, message) => {
    const before = readdirSync(DESCRIPTORS).length;
    const out = freshOut();
    await expect(train({ ...base, ...change, out })).rejects.toThrow(message);
    await expectClosed(before);
    expect(existsSync(modelPaths(out).config)).toBe(false);
    expect(existsSync(modelPaths(out).lock)).toBe(false);
  });
});

describe("measuring", () => {
  test("is ended by a stop: the model is saved, its measure left out, and that is said", async () => {
    const out = freshOut();
    const long = join(folder, "long.txt");
    writeFileSync(long, toyText(1500, 3));
    const stop = new AbortController();
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent): void => {
      events.push(event);
      if (event.type === "reading" && event.what.startsWith("measuring on the test")) stop.abort();
    };
    const options: TrainOptions = { ...base, test: [long], hidden: 16, out };
    const { signal } = stop;
    const result = await train({ ...options, onEvent, signal });
    expect(result).toMatchObject({ reason: "stopped", step: 20, test: undefined });
    expect(result.valid!.perplexity).toBeGreaterThan(1);
    const notices = events.flatMap((event) => (event.type === "notice" ? event.message : []));
    expect(notices.join()).toMatch(/^Stopped while the finished model was measured: it is trained and saved/);
    expect(
      events.filter((event) => event.type === "reading" && event.what.includes("test text")).length,
    ).toBeLessThan(20);
    // It is a whole model, and measured when the run is gone on with.
    expect((await load(out)).parameterCount).toBe(result.model.parameterCount);
    const again = await train({ ...options, resume: true });
    expect(again).toMatchObject({ reason: "finished", step: 20 });
    expect(again.test!.tokens).toBe(toyText(1500, 3).length - 1);
  });

  test("files is ended by a signal, with its reason", async () => {
    const { model } = await train({ text: toyText(100), hidden: 64, batchSize: 2, seqLen: 8, steps: 2 });
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error("enough"));
    const long = join(folder, "longer.txt");
    writeFileSync(long, toyText(20_000, 3));
    const { signal } = stop;
    await expect(evaluateInputs(model, [long], { onProgress, signal })).rejects.toThrow("enough");
    await expect(model.evaluate(toyText(20_000), { signal })).rejects.toThrow("enough");
  });

  counted("a large text closes its ids and removes them, also where it fails", async () => {
    const { model } = await train({ text: toyText(100), hidden: 8, batchSize: 2, seqLen: 8, steps: 2 });
    const large = join(folder, "large.txt");
    const piece = toyText(40_000);
    writeFileSync(large, piece.repeat(Math.ceil(50e6 / piece.length) + 1));
    const before = readdirSync(DESCRIPTORS).length;
    const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith("recurra-eval-"));
    const had = leftovers();
    const onProgress = (): never => {
      throw new Error("enough");
    };
    await expect(evaluateInputs(model, [large], { onProgress })).rejects.toThrow("enough");
    await expectClosed(before);
    expect(leftovers().filter((name) => !had.includes(name))).toEqual([]);
    truncateSync(large, 1);
    await expect(evaluateInputs(model, [large])).rejects.toThrow("The text has only one token");
    await expectClosed(before);
  });
});
