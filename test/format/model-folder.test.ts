import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import {
  inspectModelFolder,
  modelPaths,
  readConfig,
  readModelFolder,
  writeModelFolder,
} from "../../src/format/model-folder.js";
import { type ExpectedWeight, checkWeights } from "../../src/format/model-weights.js";
import type { NamedTensor } from "../../src/format/safetensors.js";
import { modelConfig } from "../../src/model/config.js";
import { weightShapes } from "../../src/model/weight-shapes.js";

const root = mkdtempSync(join(tmpdir(), "recurra-folder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const config = modelConfig({ vocabulary: 3, hidden: 2 });
const tokenizerJson = { version: "1.0", model: { vocab: { a: 0, é: 1, "<unk>": 2 } } };
const weights: NamedTensor[] = [...weightShapes(config)].map(({ name, shape }) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return { name, dtype: "F32", shape, data: Float32Array.from({ length }, (_, i) => i + 7) };
});

let count = 0;
let folder: string;
beforeEach(() => {
  folder = join(root, `model-${count++}`);
});

async function wholeModel(): Promise<void> {
  await writeModelFolder(folder, { config, tokenizerJson, weights, metadata: { note: "x" } });
}

async function message(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

describe("a model's folder", () => {
  it("gives back what was written", async () => {
    await wholeModel();
    const stored = await readModelFolder(folder);
    expect(stored.config).toEqual(config);
    expect(stored.tokenizerJson).toEqual(tokenizerJson);
    expect(stored.weights.get("decoder.bias")).toEqual({
      dtype: "F32",
      shape: [3],
      data: Float32Array.of(7, 8, 9),
    });
    expect(stored.metadata).toEqual({
      note: "x",
      crc32: expect.stringMatching(/^[0-9a-f]{8} of 252 bytes$/),
    });
    expect(readdirSync(folder).toSorted()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
  });

  it("is made with the folders above it", async () => {
    folder = join(folder, "a", "b");
    await wholeModel();
    expect(existsSync(modelPaths(folder).config)).toBe(true);
  });

  it("tells what it holds", async () => {
    const nothing = { exists: false, model: false, weights: false, checkpoint: false };
    expect(await inspectModelFolder(folder)).toEqual(nothing);
    mkdirSync(folder);
    expect(await inspectModelFolder(folder)).toEqual({ ...nothing, exists: true });
    await wholeModel();
    expect(await inspectModelFolder(folder)).toEqual({
      ...nothing,
      exists: true,
      model: true,
      weights: true,
    });
    mkdirSync(modelPaths(folder).training);
    writeFileSync(modelPaths(folder).checkpoint, "x");
    rmSync(modelPaths(folder).tokenizer);
    expect(await inspectModelFolder(folder)).toEqual({
      exists: true,
      model: false,
      weights: true,
      checkpoint: true,
    });
  });

  it("written anew keeps nothing of the model before, but encoded texts and what is not a model's", async () => {
    await wholeModel();
    const paths = modelPaths(folder);
    mkdirSync(paths.ids, { recursive: true });
    for (const path of [
      paths.checkpoint,
      paths.metrics,
      join(paths.ids, "training.ids"),
      join(folder, "notes.txt"),
    ]) {
      writeFileSync(path, "x");
    }
    await writeModelFolder(folder, { config: { ...config, layers: 2 }, tokenizerJson: {}, weights });
    expect(readdirSync(paths.training)).toEqual(["ids"]);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("x");
    expect(await readConfig(paths.config)).toEqual({ ...config, layers: 2 });
  });

  it("knows where its files are", () => {
    const paths = modelPaths(folder);
    expect(paths.checkpoint).toBe(join(folder, "training", "checkpoint.safetensors"));
    expect(paths.metrics).toBe(join(folder, "training", "metrics.jsonl"));
    expect(dirname(paths.ids)).toBe(paths.training);
  });
});

describe("a folder that is not one", () => {
  it.each(["config.json", "tokenizer.json", "model.safetensors"])("%s a link to itself", async (name) => {
    await writeModelFolder(folder, { config, tokenizerJson, weights });
    rmSync(join(folder, name));
    symlinkSync(name, join(folder, name));
    const read = readModelFolder(folder);
    await expect(read).rejects.toThrow(UserError);
    await expect(read).rejects.toThrow("its links lead in a circle");
  });

  it("missing", async () => {
    expect(await message(() => readModelFolder(folder))).toBe(
      `There is no model at ${folder}: no such folder; check the path.`,
    );
  });

  it("a file", async () => {
    writeFileSync(folder, "x");
    const sentence = `${folder} is a file, not a model's folder; give the path of a folder.`;
    expect(await message(() => readModelFolder(folder))).toBe(sentence);
    expect(await message(() => inspectModelFolder(folder))).toBe(sentence);
    expect(await message(() => writeModelFolder(folder, { config, tokenizerJson, weights }))).toBe(sentence);
  });

  it("below a file", async () => {
    writeFileSync(folder, "x");
    expect(await message(() => readModelFolder(join(folder, "m")))).toContain("a part of its path is a file");
  });

  it("of something else", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "README"), "x");
    expect(await message(() => readModelFolder(folder))).toBe(
      `${folder} is not a model's folder: it has no config.json; give the folder that "train" wrote.`,
    );
  });

  it("of another program's model", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "config.json"), '{"model_type": "gpt2"}');
    expect(await message(() => readModelFolder(folder))).toContain(modelPaths(folder).config);
  });

  it.each(["tokenizer.json", "model.safetensors"])("without its %s", async (name) => {
    await wholeModel();
    rmSync(join(folder, name));
    expect(await message(() => readModelFolder(folder))).toContain(
      `The model in ${folder} is not whole: ${name} is missing`,
    );
  });

  it("of a newer recurra", async () => {
    await wholeModel();
    writeFileSync(modelPaths(folder).config, JSON.stringify({ ...config, version: 99 }));
    expect(await message(() => readModelFolder(folder))).toContain(
      "config.json has format version 99, newer than",
    );
  });

  it("with JSON that is not", async () => {
    await wholeModel();
    writeFileSync(modelPaths(folder).tokenizer, '{\n  "model": }');
    expect(await message(() => readModelFolder(folder))).toBe(
      `${modelPaths(folder).tokenizer} is not valid JSON: line 2, column 12: a value is expected, but "}" is there.`,
    );
    writeFileSync(modelPaths(folder).tokenizer, new Uint8Array([0x22, 0xff, 0x22]));
    expect(await message(() => readModelFolder(folder))).toContain("tokenizer.json is not UTF-8 text");
  });

  it("with weights that are cut off", async () => {
    await wholeModel();
    const { weights: path } = modelPaths(folder);
    truncateSync(path, readFileSync(path).length - 1);
    expect(await message(() => readModelFolder(folder))).toContain(
      `${path} is not a whole safetensors file: it is cut off`,
    );
  });
});

describe("weights that are not the config's", () => {
  const stored = [
    { name: "embedding.weight", dtype: "F32", shape: [3, 2] },
    { name: "decoder.bias", dtype: "F32", shape: [3] },
  ] as const;
  const embedding: ExpectedWeight = { name: "embedding.weight", shape: [3, 2] };
  const bias: ExpectedWeight = { name: "decoder.bias", shape: [3] };
  it.each<[string, ExpectedWeight[], string]>([
    ["one missing", [embedding, bias, { name: "rnn.bias_ih_l0", shape: [8] }], "rnn.bias_ih_l0 is missing"],
    ["another size", [embedding, { ...bias, shape: [4] }], "decoder.bias has the shape [3], not [4]"],
    [
      "another rank",
      [{ ...embedding, shape: [3, 2, 1] }, bias],
      "embedding.weight has the shape [3, 2], not [3, 2, 1]",
    ],
    ["turned", [{ ...embedding, shape: [2, 3] }, bias], "embedding.weight has the shape [3, 2], not [2, 3]"],
    ["one too many", [embedding], '"decoder.bias" belongs to no layer'],
  ])("%s", async (_, expected, problem) => {
    expect(await message(() => checkWeights(stored, expected, "model.safetensors"))).toBe(
      `model.safetensors does not fit the model's config.json: ${problem}; the folder is torn, restore it from a copy or train again.`,
    );
  });

  it("of whole numbers", async () => {
    const integers = [{ name: "decoder.bias", dtype: "I32", shape: [3] }] as const;
    expect(await message(() => checkWeights(integers, [bias], "w"))).toContain(
      "has the dtype I32, not F32, F64, F16 or BF16",
    );
  });
});
