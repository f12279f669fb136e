/**
 * A new model takes an old one's place: after a crash at any moment the folder holds one of the two, whole. The crash is
 * simulated: from the k-th change of the disk on, every one fails, also those that would tidy up.
 */
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "../../src/format/safetensors.js";
import {
  inspectModelFolder,
  modelPaths,
  readModelFolder,
  writeModelFolder,
} from "../../src/format/model-folder.js";
import { beginStage, commitStage, completeSwap, currentPaths } from "../../src/format/model-stage.js";
import { stagePaths } from "../../src/format/model-paths.js";
import { modelConfig } from "../../src/model/config.js";
import { weightShapes } from "../../src/model/weight-shapes.js";

const root = mkdtempSync(join(tmpdir(), "recurra-stage-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A model all of whose files say which it is; the architecture is the same, so that a mixture would load. */
function model(which: number) {
  const sizes = modelConfig({ vocabulary: 3, hidden: 2 });
  // As it was once written: nothing else of a config says which model it is and leaves the shapes alone.
  const config = { ...sizes, dropout: { embedding: 0, between: 0, output: which / 10 } };
  const weights: NamedTensor[] = [...weightShapes(config)].map(({ name, shape }) => {
    return {
      name,
      shape,
      dtype: "F32",
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(which),
    };
  });
  return { config, tokenizerJson: { which }, weights };
}

/** Writes a model as a run does: with checkpoint and metrics. */
async function stageRun(folder: string, which: number): Promise<void> {
  const { config, tokenizerJson, weights } = model(which);
  const stage = beginStage(folder);
  writeFileSync(stage.config, JSON.stringify(config));
  writeFileSync(stage.tokenizer, JSON.stringify(tokenizerJson));
  writeFileSync(stage.metrics, String(which));
  writeFileSync(stage.weights, encodeSafetensors(weights));
  writeFileSync(stage.checkpoint, String(which));
  commitStage(folder);
}

const CHANGES = [
  "writeFileSync",
  "openSync",
  "renameSync",
  "unlinkSync",
  "rmSync",
  "rmdirSync",
  "mkdirSync",
  "linkSync",
  "fsyncSync",
] as const;
const original = Object.fromEntries(CHANGES.map((name) => [name, fs[name]]));
const originalOpen = fsPromises.open;
afterEach(() => {
  Object.assign(fs, original);
  fsPromises.open = originalOpen;
  syncBuiltinESMExports();
});

class Crash extends Error {}

/** Counts the changes of the disk, and lets none happen from the `last`-th on. @returns how many were asked for */
async function crashAt(
  last: number,
  action: () => Promise<void>,
): Promise<{ crashed: boolean; changes: number }> {
  let changes = 0;
  const guard =
    (call: (...args: never[]) => unknown) =>
    (...args: never[]) => {
      if (changes++ >= last) throw new Crash();
      return call(...args);
    };
  for (const name of CHANGES) Object.assign(fs, { [name]: guard(original[name] as never) });
  fsPromises.open = guard(originalOpen as never) as never;
  syncBuiltinESMExports();
  try {
    await action();
    return { crashed: false, changes };
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return { crashed: true, changes };
  } finally {
    Object.assign(fs, original);
    fsPromises.open = originalOpen;
    syncBuiltinESMExports();
  }
}

/** Which model the folder gives; all its files must agree. */
async function found(folder: string): Promise<number> {
  const { config, tokenizerJson, weights } = await readModelFolder(folder);
  const which = Math.round((config.dropout?.output ?? 0) * 10);
  expect(tokenizerJson).toEqual({ which });
  for (const { data } of weights.values()) expect(new Set(data as Float32Array)).toEqual(new Set([which]));
  const { checkpoint, metrics } = currentPaths(folder);
  for (const path of [checkpoint, metrics])
    if (existsSync(path)) expect(readFileSync(path, "utf8")).toBe(String(which));
  return which;
}

/** What a program finds that knows only the three files and their places. */
function foundInPlace(folder: string): number | undefined {
  const { config, tokenizer, weights } = modelPaths(folder);
  if (![config, tokenizer, weights].every((path) => existsSync(path))) return undefined;
  const { dropout } = JSON.parse(readFileSync(config, "utf8")) as { dropout: { output: number } };
  const which = Math.round(dropout.output * 10);
  expect(JSON.parse(readFileSync(tokenizer, "utf8"))).toEqual({ which });
  const { tensors } = decodeSafetensors(new Uint8Array(readFileSync(weights)), "w");
  expect((tensors.get("decoder.bias")!.data as Float32Array)[0]).toBe(which);
  return which;
}

test.each([
  ["a trained model by a trained one", stageRun, stageRun],
  [
    "a trained model by one that has no training",
    stageRun,
    (folder: string) => writeModelFolder(folder, model(2)),
  ],
  [
    "one that has no training by a trained one",
    (folder: string) => writeModelFolder(folder, model(1)),
    stageRun,
  ],
])("%s", { timeout: 60_000 }, async (name, old, next) => {
  let swapped = 0;
  let kept = 0;
  for (let last = 0; ; last++) {
    const folder = join(root, `${name} ${last}`);
    mkdirSync(folder);
    await old(folder, 1);
    writeFileSync(join(folder, "notes.txt"), "mine");
    const { crashed } = await crashAt(last, () => next(folder, 2));
    const which = await found(folder);
    if (which === 1) kept++;
    else swapped++;
    if (!crashed) expect(which).toBe(2);
    expect(swapped > 0, `once the new one counts it stays (crash at ${last})`).toBe(which === 2);
    // Who knows the places alone may find the old one a moment longer, or none.
    expect([1, which, undefined]).toContain(foundInPlace(folder));
    expect((await inspectModelFolder(folder)).model).toBe(true);

    // A crash while that is completed, then the next writer.
    await crashAt(last % 7, async () => completeSwap(folder));
    expect(await found(folder)).toBe(which);
    rmSync(modelPaths(folder).lock, { force: true });
    await stageRun(folder, 3);
    expect([await found(folder), foundInPlace(folder)]).toEqual([3, 3]);
    expect(readdirSync(modelPaths(folder).training).toSorted()).toEqual([
      "checkpoint.safetensors",
      "metrics.jsonl",
    ]);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");
    rmSync(folder, { recursive: true });
    if (!crashed) break;
  }
  expect(kept).toBeGreaterThan(3);
  expect(swapped).toBeGreaterThan(5);
});

test("what did not become whole leaves nothing behind once another is written", async () => {
  const folder = join(root, "half");
  mkdirSync(folder);
  const stage = beginStage(folder);
  writeFileSync(stage.config, JSON.stringify(model(1).config));
  writeFileSync(join(stagePaths(folder, "next").folder, ".model.safetensors.1-0123abcd.tmp"), "torn");
  await expect(readModelFolder(folder)).rejects.toThrow(
    /is not complete yet: its training has not saved its first weights/,
  );
  await writeModelFolder(folder, model(2));
  expect(readdirSync(folder).toSorted()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
});
