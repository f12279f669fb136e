/** Wrong arguments that a call could take without a word, or answer with an error of the language. */
import { beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { quantize } from "../../src/apps/quantize.js";
import { train } from "../../src/apps/train.js";
import { option, sentence, UserError } from "../../src/errors.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "../generate/models.js";

let model: LoadedModel;
let tokenizers: Tokenizer[];

beforeAll(async () => {
  const kinds = ["char", "word", "bpe"] as const;
  tokenizers = await Promise.all(kinds.map((kind) => trainTokenizer(kind, [TEXT])));
  tokenizers.push(await trainTokenizer("char", [TEXT], { lines: true }));
  model = new LoadedModel(randomModel(tokenizers[0]!), tokenizers[0]!);
});

/** What a wrong call throws, which has to be a UserError. */
async function refused(call: () => unknown): Promise<UserError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("nothing was thrown");
}

test.each([{ batchSize: 0 }, { foo: 0 }])("evaluate refuses %j", async (options) => {
  const error = await refused(() => model.evaluate("abc", options as object));
  expect(error.option).toBe(Object.keys(options)[0]);
  expect(error.message).toMatch(/^evaluate has no option .*; there are onProgress, signal\.$/);
});

test.each([undefined, 5, null, ["a"]])("tokenizers refuse the text %j", async (text) => {
  for (const tokenizer of tokenizers) {
    const message = /^The text to encode is .*; give a string\.$/;
    expect((await refused(() => tokenizer.encode(text as unknown as string))).message).toMatch(message);
    await refused(() => tokenizer.encodeStream().push(text as unknown as string));
  }
});

test.each([undefined, null, 5])("tokenizers refuse to decode %j", async (ids) => {
  for (const tokenizer of tokenizers) await refused(() => tokenizer.decode(ids as unknown as number[]));
});

test.each([999, -1, 0.5, undefined])("tokenizers refuse the id %j with the ids there are", async (id) => {
  for (const tokenizer of tokenizers) {
    const calls = [
      () => tokenizer.decode([id as number]),
      () => tokenizer.display(id as number),
      () => tokenizer.decodeStream().push(id as number),
    ];
    for (const call of calls)
      expect((await refused(call)).message).toBe(
        `The token's id is ${id ?? "missing"}; give a whole number from 0 to ${tokenizer.size - 1}.`,
      );
  }
});

test("a path that no file can have is refused", async () => {
  expect((await refused(() => load("x\0"))).message).toContain("U+0000");
  expect((await refused(() => quantize("x\0", { out: "y" }))).message).toContain("U+0000");
  expect((await refused(() => train({ inputs: ["x\0"], out: "y" }))).message).toContain("U+0000");
  expect((await refused(() => train({ text: TEXT, out: "y\0" }))).message).toContain("U+0000");
});

describe("an error names its option", () => {
  const out = "never-made.model";
  test.each([
    ["valid", { text: TEXT, valid: ["no-such-file"] }],
    ["test", { text: TEXT, test: ["no-such-file"] }],
    ["inputs", { inputs: ["no-such-file"] }],
    ["inputs", { inputs: [] }],
    ["layers", { text: TEXT, hidden: [8, 9], layers: 3 }],
    ["cutoffs", { text: TEXT, softmax: "adaptive", cutoffs: [3, 5000] }],
  ] as const)("%s of %j", async (name, options) => {
    const error = await refused(() => train({ ...options, out }));
    expect(error.option).toBe(name);
    expect(error.message).not.toContain("config:");
  });

  test("and its sentence has no empty parts", () => {
    expect(sentence`${option("resume")}${""} and ${option("out")}`).toEqual([
      { option: "resume" },
      " and ",
      { option: "out" },
    ]);
  });
});

describe("a signal ends generation without an error", () => {
  const written = async (signal: AbortSignal, onPiece?: (count: number) => void): Promise<number> => {
    let count = 0;
    for await (const _ of model.generate({ length: 1000, seed: 1, samples: 2, signal })) onPiece?.(++count);
    return count;
  };

  test("before, between two pieces, and by a timer", async () => {
    expect(await written(AbortSignal.abort())).toBe(0);
    const control = new AbortController();
    expect(
      await written(control.signal, (count) => {
        if (count === 3) control.abort();
      }),
    ).toBe(3);
    let count = 0;
    const endless = model.generate({ length: 1e9, signal: AbortSignal.timeout(100) });
    for await (const _ of endless) count++;
    expect(count).toBeGreaterThan(0);
  });

  test("and anything else is refused at once", () => {
    expect(() => model.generate({ signal: 5 as unknown as AbortSignal })).toThrow(UserError);
  });
});
