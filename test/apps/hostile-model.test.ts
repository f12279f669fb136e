/**
 * Folders whose files are damaged, do not belong together, or are no files: every way that loads a model says so, before
 * anything large is built, and what other programs saved again is read.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { storedModelFiles } from "../../src/apps/model-files.js";
import { parseFiles } from "../../src/format/parse-files.js";
import { quantize } from "../../src/apps/quantize.js";
import { modelInfo } from "../../src/cli/model-info.js";
import { createEngine } from "../../src/engine/create.js";
import { UserError } from "../../src/errors.js";
import { modelPaths, writeModelFolder } from "../../src/format/model-folder.js";
import { FILE_NAMES } from "../../src/format/model-files.js";
import { readSafetensors, writeSafetensors } from "../../src/format/safetensors-file.js";
import { type NamedTensor, encodeSafetensors } from "../../src/format/safetensors.js";
import { CELLS, modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { emptyModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { weightShapes } from "../../src/model/weight-shapes.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "../generate/models.js";
import { dataOf } from "../engine/tensor-data.js";

let root: string;
let good: string;
let folder: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "recurra-hostile-"));
  good = join(root, "good.model");
  const tokenizer = await trainTokenizer("char", [TEXT]);
  const model = randomModel(tokenizer, "gru");
  await writeModelFolder(good, {
    config: model.config,
    tokenizerJson: tokenizer.toJSON(),
    weights: named(model),
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  folder = join(root, `m${count++}.model`);
  await cp(good, folder, { recursive: true });
});

function named(model: LanguageModel): NamedTensor[] {
  return model.parameters.map(({ name, shape, value }) => {
    return { name, shape, dtype: "F32", data: Float32Array.from(dataOf(value)) };
  });
}

async function filesOf(of: string): Promise<Record<string, Uint8Array>> {
  const names = [FILE_NAMES.config, FILE_NAMES.tokenizer, FILE_NAMES.weights];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, new Uint8Array(await readFile(join(of, name)))] as const),
    ),
  );
}

/** Every way from a folder to a model: load (and with it eval, score, generate), info, quantize, export, a page. */
const WAYS: readonly [string, (from: string) => Promise<unknown>][] = [
  ["load", load],
  ["info", modelInfo],
  ["quantize", (from) => quantize(from, { out: `${from}-int8` })],
  ["export", storedModelFiles],
  ["a page", async (from) => parseFiles(await filesOf(from))],
];

async function everyWayRefuses(message: RegExp, ways = WAYS): Promise<void> {
  for (const [way, go] of ways) {
    const error = await go(folder).then(
      () => new Error("nothing was said"),
      (thrown: unknown) => thrown as Error,
    );
    expect(error.message, way).toMatch(message);
    expect(error, way).toBeInstanceOf(UserError);
  }
}

async function changeWeights(change: (tensors: Map<string, NamedTensor>) => void): Promise<void> {
  const path = modelPaths(folder).weights;
  const { tensors } = await readSafetensors(path);
  const all = new Map([...tensors].map(([name, tensor]) => [name, { name, ...tensor }]));
  change(all);
  await writeSafetensors(path, all.values());
}

test("whole, it is taken by every way", async () => {
  for (const [way, go] of WAYS) await expect(go(folder), way).resolves.toBeDefined();
});

test.each([NaN, Infinity, -Infinity])("a weight that is %d", async (value) => {
  await changeWeights((all) => {
    const { data } = all.get("rnn.bias_hh_l0")!;
    data[data.length - 1] = value;
  });
  await everyWayRefuses(
    new RegExp(`rnn\\.bias_hh_l0, element \\d+ holds ${value}, with which nothing can be computed`),
  );
});

test("a weight of 64 bits that is infinite in 32", async () => {
  await changeWeights((all) => {
    const tensor = all.get("decoder.bias")!;
    const data = Float64Array.from(tensor.data as Float32Array);
    all.set("decoder.bias", { ...tensor, dtype: "F64", data });
  });
  await load(folder);
  await changeWeights((all) => {
    all.get("decoder.bias")!.data[1] = 1e300;
  });
  await everyWayRefuses(/decoder\.bias, element 1 holds 1e\+300, with which nothing can be computed/);
});

test("one flipped bit in the weights", async () => {
  const path = modelPaths(folder).weights;
  const bytes = await readFile(path);
  bytes[bytes.length - 2]! ^= 1;
  await writeFile(path, bytes);
  await everyWayRefuses(/model\.safetensors is damaged: its content does not fit its checksum/);
});

describe("a config that the weights do not fit is told before anything is built", () => {
  const change = async (key: string, value: unknown) => {
    const path = modelPaths(folder).config;
    const config = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...config, [key]: value }));
  };
  test.each<[string, unknown, RegExp]>([
    ["layers", 1e9, /key "layers": it is 1000000000, but has to be a whole number from 1 to 1024/],
    ["layers", 1024, /rnn\.weight_ih_l\d+ is missing/],
    ["hidden", 2 ** 20, /rnn\.weight_ih_l0 has the shape/],
    ["hidden", 2 ** 40, /key "hidden": .* from 1 to 1048576/],
    ["embedding", 1e300, /key "embedding": .* from 1 to 1048576/],
    ["vocabulary", 2 ** 24, /embedding\.weight has the shape/],
    ["vocabulary", 2 ** 31, /key "vocabulary": .* from 2 to 16777216/],
    ["cell", "lstm", /rnn\.weight_ih_l0 has the shape/],
    ["adaptive", { cutoffs: [2], divisor: 1e300 }, /divisor|version/],
    ["mixture", { components: 2 }, /key "mixture" is not of format version 1, but of 3/],
    ["mixture", { components: 1 }, /key "mixture\.components": it is 1, but has to be .* from 2 to 64/],
    ["mixture", { components: 1e9 }, /key "mixture\.components": .* from 2 to 64/],
    ["mixture", { components: 2, width: 3 }, /key "mixture\.width": a model has no such key/],
    ["mixture", 2, /key "mixture": it is 2, but has to be an object/],
    ["adaptive", { cutoffs: Array.from({ length: 1e4 }, (_, i) => i + 1), divisor: 4 }, /at most 64 whole/],
  ])("%s: %j", { timeout: 5000 }, async (key, value, message) => {
    await change(key, value);
    await everyWayRefuses(message);
  });
});

test("a header of many megabytes is refused by its length", { timeout: 5000 }, async () => {
  const header = new TextEncoder().encode(`{${'"a":{},'.repeat(1e6)}"b":{}}`);
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  await writeFile(modelPaths(folder).weights, bytes);
  await everyWayRefuses(/its header claims \d+ bytes, more than the 4000000 allowed/);
});

const onNode = WAYS.slice(0, 4);
describe.runIf(spawnSync("mkfifo", ["--version"]).status === 0)("pipes and devices instead of files", () => {
  test.each(["config.json", "tokenizer.json", "model.safetensors"])(
    "%s",
    { timeout: 10_000 },
    async (name) => {
      const path = join(folder, name);
      await rm(path);
      execFileSync("mkfifo", [path]);
      await everyWayRefuses(new RegExp(`${name}.*device or pipe`), onNode);
      await rm(path);
      await symlink("/dev/zero", path);
      await everyWayRefuses(new RegExp(`${name}.*device or pipe`), onNode);
    },
  );

  test("the record of the training", { timeout: 10_000 }, async () => {
    await mkdir(modelPaths(folder).training);
    execFileSync("mkfifo", [modelPaths(folder).metrics]);
    await expect(modelInfo(folder)).rejects.toThrow(/metrics\.jsonl.*device or pipe/);
  });
});

describe("weights that other programs saved in 16 bits", () => {
  /** Nearest even, as PyTorch rounds. */
  const bf16 = (data: Float32Array): Uint16Array => {
    const words = new Uint32Array(Float32Array.from(data).buffer);
    return Uint16Array.from(words, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
  };
  const f16 = (data: Float32Array): Uint16Array =>
    Uint16Array.from(data, (x) => {
      if (x === 0) return Object.is(x, -0) ? 0x8000 : 0;
      const e = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
      const units = Math.round((Math.abs(x) / 2 ** e) * 1024);
      return (x < 0 ? 0x8000 : 0) + (units < 1024 ? units : (e + 15) * 1024 + units - 1024);
    });

  test.each([
    ["BF16", bf16, 2 ** -8],
    ["F16", f16, 2 ** -11],
  ] as const)("%s is read by every way, as near as it is", async (dtype, round, part) => {
    const before = (await readSafetensors(modelPaths(folder).weights)).tensors;
    await changeWeights((all) => {
      for (const [name, tensor] of all)
        all.set(name, {
          ...tensor,
          dtype,
          data: round(tensor.data as Float32Array) as Uint16Array<ArrayBuffer>,
        });
    });
    for (const [way, go] of WAYS) await expect(go(folder), way).resolves.toBeDefined();
    const { model } = await load(folder);
    for (const { name, value } of model.parameters) {
      const data = before.get(name)!.data as Float32Array;
      for (const [i, x] of data.entries())
        expect(Math.abs(dataOf(value)[i]! - x)).toBeLessThanOrEqual(part * Math.abs(x) + 2 ** -25);
    }
    const [a, b] = [(await load(folder)).scoreLine(TEXT).nats, (await load(good)).scoreLine(TEXT).nats];
    expect(Math.abs(a / b - 1)).toBeLessThan(0.01);
  });

  test("scales of int8 weights in F16", async () => {
    const int8 = `${folder}-int8`;
    await quantize(folder, { out: int8 });
    folder = int8;
    await changeWeights((all) => {
      for (const [name, tensor] of all) {
        if (tensor.dtype === "F32")
          all.set(name, {
            ...tensor,
            dtype: "F16",
            data: f16(tensor.data as Float32Array) as Uint16Array<ArrayBuffer>,
          });
      }
    });
    const [a, b] = [(await load(int8)).scoreLine(TEXT).nats, (await load(good)).scoreLine(TEXT).nats];
    expect(Math.abs(a / b - 1)).toBeLessThan(0.01);
  });

  test("infinity in 16 bits", async () => {
    await changeWeights((all) => {
      const tensor = all.get("decoder.bias")!;
      const data = new Uint16Array(tensor.data.length).fill(0x7c00);
      all.set("decoder.bias", { ...tensor, dtype: "F16", data });
    });
    await everyWayRefuses(/decoder\.bias, element 0 holds Infinity/);
  });
});

test("names and shapes that a config tells are those of the model, in every architecture", async () => {
  const engine = await createEngine({ engine: "reference" });
  const shapes: Partial<ModelConfigInput>[] = [
    {},
    { layers: 3, embedding: 5 },
    { tie: true, layers: 2 },
    { adaptive: { cutoffs: [4, 9], divisor: 4 }, embedding: 3 },
    { hidden: [9, 5, 7] },
    { layers: 2, residual: true },
    { hidden: [9, 5], adaptive: { cutoffs: [4, 9], divisor: 4 } },
    { tie: true, embedding: 3 },
    { mixture: { components: 3 }, embedding: 3 },
    { mixture: { components: 2 }, tie: true, embedding: 3 },
    { tie: true, hidden: [9, 5], embedding: 6 },
  ];
  for (const cell of CELLS) {
    for (const shape of shapes) {
      const config = modelConfig({ vocabulary: 17, hidden: 8, cell, ...shape });
      const model = emptyModel(engine, config);
      expect([...weightShapes(config)], JSON.stringify(config)).toEqual(
        model.parameters.map(({ name, shape: built }) => ({ name, shape: built })),
      );
    }
  }
});

test(
  "bytes changed anywhere in the three files give a sentence or a model",
  { timeout: 60_000 },
  async () => {
    const files = await filesOf(folder);
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      byte: fc.nat(255),
    });
    const name = fc.constantFrom<string>(...Object.keys(files));
    fc.assert(
      fc.property(name, fc.array(change, { minLength: 1, maxLength: 4 }), (of, changes) => {
        const bytes = files[of]!.slice();
        for (const { at, byte } of changes) bytes[Math.floor(at * bytes.length)] = byte;
        try {
          parseFiles({ ...files, [of]: bytes });
        } catch (error) {
          expect(error, String((error as Error).stack)).toBeInstanceOf(UserError);
        }
      }),
      { seed: 26, numRuns: 1500 },
    );
  },
);

test("weights without a checksum, as earlier versions wrote them, are read", async () => {
  const { weights } = modelPaths(folder);
  const { tensors } = await readSafetensors(weights);
  await writeFile(
    weights,
    encodeSafetensors(
      [...tensors].map(([name, tensor]) => ({ name, ...tensor })),
      { format: "pt" },
    ),
  );
  await expect(load(folder)).resolves.toBeDefined();
});
