/** Folders of int8 weights: what is in them, every cell, and what is said of those that are not whole. */
import fs, { existsSync } from "node:fs";
import fsPromises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { quantize } from "../../src/apps/quantize.js";
import { UserError } from "../../src/errors.js";
import { modelPaths, writeModelFolder } from "../../src/format/model-folder.js";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors-file.js";
import type { NamedTensor, StoredTensor } from "../../src/format/safetensors.js";
import { CELLS, type Cell } from "../../src/model/config.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "../generate/models.js";
import { dataOf } from "../engine/tensor-data.js";

let root: string;
let tokenizer: Tokenizer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "recurra-int8-"));
  tokenizer = await trainTokenizer("char", [TEXT]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of a model with random weights, changed where wanted. */
async function floatFolder(name: string, cell: Cell, change?: (name: string, data: Float32Array) => void) {
  const folder = join(root, name);
  const model = randomModel(tokenizer, cell);
  const tensors = model.parameters.map(({ name: of, shape, value }): NamedTensor => {
    const data = Float32Array.from(dataOf(value));
    change?.(of, data);
    return { name: of, shape, dtype: "F32", data };
  });
  await writeModelFolder(folder, {
    config: model.config,
    tokenizerJson: tokenizer.toJSON(),
    weights: tensors,
  });
  return folder;
}

describe.each(CELLS)("%s", (cell) => {
  test("matrices are stored as int8 with a scale a row, within half of it; biases as they were", async () => {
    const folder = await floatFolder(`${cell}.model`, cell);
    const out = join(root, `${cell}-int8.model`);
    await quantize(folder, { out });
    const before = (await readSafetensors(modelPaths(folder).weights)).tensors;
    const after = (await readSafetensors(modelPaths(out).weights)).tensors;
    for (const [name, { shape, data }] of before) {
      if (shape.length === 1) {
        expect(after.get(name)!.data).toEqual(data);
        continue;
      }
      const [q, scale] = [after.get(name)!, after.get(`${name}.scale`)!];
      expect([q.dtype, scale.dtype, q.shape, scale.shape]).toEqual(["I8", "F32", shape, [shape[0]]]);
      for (let i = 0; i < data.length; i++) {
        const s = Number(scale.data[Math.floor(i / shape[1]!)]);
        expect(Math.abs(Number(q.data[i]) * s - Number(data[i]))).toBeLessThanOrEqual(s * 0.50001);
      }
    }
    const matrices = [...before.values()].filter(({ shape }) => shape.length === 2).length;
    expect(after.size).toBe(before.size + matrices);
    const [a, b] = [(await load(folder)).scoreLine(TEXT), (await load(out)).scoreLine(TEXT)];
    expect(Math.abs(a.nats / b.nats - 1)).toBeLessThan(0.01);
    expect(await load(out, { engine: "reference", precision: "f64" })).toMatchObject({
      parameterCount: (await load(folder)).parameterCount,
    });
  });
});

test("weights that are not finite are refused with their place", async () => {
  const folder = await floatFolder("nan.model", "lstm", (name, data) => {
    if (name === "rnn.weight_hh_l0") data[data.length - 1] = Number.NaN;
  });
  const out = join(root, "never.model");
  await expect(quantize(folder, { out })).rejects.toThrow(
    /rnn\.weight_hh_l0, row \d+ holds NaN, with which nothing can be computed/,
  );
  await expect(readFile(modelPaths(out).config)).rejects.toThrow(/ENOENT/);
});

describe("a full disk leaves nothing behind", () => {
  const { writeFileSync } = fs;
  const { open } = fsPromises;
  const full = () => {
    throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  test.each<[string, () => void]>([
    ["for the lock", () => Object.assign(fs, { writeFileSync: full })],
    [
      "for the weights",
      () =>
        Object.assign(fsPromises, {
          open: (path: string, flags: string) => (/safetensors.*tmp/.test(path) ? full() : open(path, flags)),
        }),
    ],
  ])("%s", async (name, fill) => {
    const folder = await floatFolder(`full ${name}`, "gru");
    const above = join(root, `none ${name}`);
    fill();
    syncBuiltinESMExports();
    try {
      await expect(quantize(folder, { out: join(above, "a", "int8.model") })).rejects.toThrow(
        /the disk is full/,
      );
    } finally {
      Object.assign(fs, { writeFileSync });
      Object.assign(fsPromises, { open });
      syncBuiltinESMExports();
    }
    expect(existsSync(above)).toBe(false);
    await quantize(folder, { out: join(above, "a", "int8.model") });
  });
});

describe("a folder that is not whole", () => {
  let good: Map<string, StoredTensor>;
  let folder: string;
  beforeAll(async () => {
    folder = join(root, "hostile.model");
    await quantize(await floatFolder("source.model", "lstm"), { out: folder });
    good = (await readSafetensors(modelPaths(folder).weights)).tensors;
  });

  const scaleOf = (tensors: Map<string, StoredTensor>, value: number) => {
    const stored = tensors.get("embedding.weight.scale")!;
    const data = Float32Array.from(stored.data as Float32Array);
    data[1] = value;
    tensors.set("embedding.weight.scale", { ...stored, data });
  };
  test.each<[string, (tensors: Map<string, StoredTensor>) => void, RegExp]>([
    ["no scale", (t) => t.delete("decoder.weight.scale"), /decoder\.weight\.scale is missing/],
    ["no int8", (t) => t.delete("rnn.weight_ih_l0"), /rnn\.weight_ih_l0 is missing/],
    ["scale NaN", (t) => scaleOf(t, Number.NaN), /embedding\.weight\.scale, element 1 holds NaN, with which/],
    ["scale infinite", (t) => scaleOf(t, Infinity), /scale, element 1 holds Infinity/],
    ["scale negative", (t) => scaleOf(t, -1), /scale, row 1 holds -1, but a scale is a number from 0 up/],
    [
      "as many scales as elements",
      (t) => t.set("decoder.weight.scale", { dtype: "F32", shape: [2, 2], data: new Float32Array(4) }),
      /decoder\.weight\.scale has the shape \[2, 2\]/,
    ],
    [
      "unsigned bytes",
      (t) =>
        t.set("decoder.weight", {
          ...t.get("decoder.weight")!,
          dtype: "U8",
          data: new Uint8Array(t.get("decoder.weight")!.data.length),
        }),
      /decoder\.weight has the dtype U8, not I8/,
    ],
    [
      "one more",
      (t) => t.set("x.scale", { dtype: "F32", shape: [1], data: new Float32Array(1) }),
      /"x\.scale" belongs/,
    ],
  ])("%s", async (_, change, message) => {
    const tensors = new Map(good);
    change(tensors);
    await writeSafetensors(
      modelPaths(folder).weights,
      [...tensors].map(([name, tensor]) => ({ name, ...tensor })),
    );
    await expect(load(folder)).rejects.toThrow(message);
    await expect(load(folder)).rejects.toBeInstanceOf(UserError);
  });

  test("int8 weights beside a config of floats, and floats beside one of int8", async () => {
    const floats = join(root, "source.model");
    const [a, b] = [modelPaths(floats).config, modelPaths(folder).config];
    const [float, int8] = [await readFile(a), await readFile(b)];
    await writeFile(a, int8);
    await writeFile(b, float);
    await writeSafetensors(
      modelPaths(folder).weights,
      [...good].map(([name, tensor]) => ({ name, ...tensor })),
    );
    await expect(load(floats)).rejects.toThrow(/has the dtype F32, not I8/);
    await expect(load(folder)).rejects.toThrow(/has the dtype I8, not F32, F64, F16 or BF16/);
    await expect(quantize(floats, { out: join(root, "never.model") })).rejects.toThrow(/int8 already/);
  });
});
