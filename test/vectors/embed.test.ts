/** `model.embed`: every pooling by plain loops, whatever the batch, the engine and the length. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { createEngine } from "../../src/engine/create.js";
import { UserError } from "../../src/errors.js";
import { createModel } from "../../src/model/create-model.js";
import { modelConfig } from "../../src/model/config.js";
import { POOLS } from "../../src/options/words.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { readVectors } from "../../src/vectors/read-vectors.js";
import { dataOf } from "../engine/tensor-data.js";
import { randomModel, TEXT } from "../generate/models.js";
import { cosine, difference, plainVector, unit } from "./plain.js";

const tokenizers = {
  "running text": await trainTokenizer("char", [TEXT]),
  "running text without a newline": await trainTokenizer("char", ["a b ab"]),
  lines: await trainTokenizer("char", [TEXT], { lines: true }),
  words: await trainTokenizer("word", [TEXT], { minCount: 1 }),
};

const countsOf = (tokenizer: (typeof tokenizers)["lines"], texts: readonly string[]): number[] => {
  const counts = Array.from({ length: tokenizer.size }, () => 0);
  for (const text of texts) for (const id of tokenizer.encode(text)) counts[id]!++;
  return counts;
};

describe.each(Object.entries(tokenizers))("a model of %s", (_name, tokenizer) => {
  const model = randomModel(tokenizer);
  const loaded = new LoadedModel(model, tokenizer);
  test.each(POOLS)("%s is what the plain loops make of each text", async (pool) => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "the "), maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 7 }), async (texts) => {
        const counts = countsOf(tokenizer, texts);
        const found = await loaded.embed(texts, { pool, unit: false });
        expect(found).toHaveLength(texts.length);
        for (const [i, one] of texts.entries())
          expect(difference(found[i]!, plainVector(model, tokenizer, one, pool, counts))).toBeLessThan(1e-6);
        const units = await loaded.embed(texts, { pool });
        for (const [i, vector] of units.entries())
          expect(difference(vector, unit(Array.from(found[i]!)))).toBeLessThan(1e-6);
      }),
      { numRuns: 12 },
    );
  });
});

/** Texts of lengths from 0 to a few hundred, more of them than a batch has rows. */
function manyTexts(count: number): string[] {
  const letters = "the sea was calm, and slept ";
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: (n * n * 7) % 97 }, (_value, i) => letters[(n * 31 + i * i) % letters.length]).join(
      "",
    ),
  );
}

describe("many texts at once", () => {
  const tokenizer = tokenizers["running text"];
  test.each(["native", "reference"] as const)("are what each is by itself: %s", async (name) => {
    const engine = await createEngine({ engine: name });
    const config = modelConfig({
      vocabulary: tokenizer.size,
      cell: "gru",
      hidden: 12,
      embedding: 8,
      layers: 2,
    });
    const model = createModel(engine, config, 3);
    const loaded = new LoadedModel(model, tokenizer);
    const texts = manyTexts(200);
    const together = await loaded.embed(texts, { pool: "concat", unit: false });
    for (const n of [0, 1, 5, 50, 127, 128, 199]) {
      const [alone] = await loaded.embed([texts[n]!], { pool: "concat", unit: false });
      expect(difference(together[n]!, alone!)).toBeLessThan(1e-5);
      expect(difference(together[n]!, plainVector(model, tokenizer, texts[n]!, "concat"))).toBeLessThan(1e-5);
    }
  });

  test("native and reference agree", async () => {
    const config = modelConfig({
      vocabulary: tokenizer.size,
      cell: "lstm",
      hidden: 16,
      embedding: 8,
      layers: 1,
    });
    const vectors = await Promise.all(
      (["native", "reference"] as const).map(async (engine) =>
        new LoadedModel(createModel(await createEngine({ engine }), config, 5), tokenizer).embed(
          manyTexts(60),
          {
            pool: "concat",
            unit: false,
            centre: true,
            components: 2,
          },
        ),
      ),
    );
    for (const [i, vector] of vectors[0]!.entries())
      expect(difference(vector, vectors[1]![i]!)).toBeLessThan(1e-5);
  });

  test("a long text carries its state from window to window", async () => {
    const model = randomModel(tokenizer);
    const loaded = new LoadedModel(model, tokenizer);
    const long = manyTexts(300).join("");
    expect(long.length).toBeGreaterThan(3 * 4096);
    for (const pool of ["last", "concat"] as const) {
      const [vector] = await loaded.embed([long], { pool, unit: false });
      expect(difference(vector!, plainVector(model, tokenizer, long, pool))).toBeLessThan(1e-6);
    }
  });

  test("a long text beside short ones", async () => {
    const model = randomModel(tokenizer);
    const ids = ["the sea", "a", manyTexts(40).join(""), ""].map((text) => tokenizer.encode(text));
    const vectors = await readVectors(model, ids, 12, { pool: "mean" });
    const alone = await readVectors(model, [ids[2]!], 12, { pool: "mean" });
    expect(difference(vectors.subarray(24, 36), alone)).toBeLessThan(1e-6);
    expect(Array.from(vectors.subarray(36))).toEqual(Array.from({ length: 12 }, () => 0));
  });
});

describe("what all have in common", () => {
  const tokenizer = tokenizers["running text"];
  const loaded = new LoadedModel(randomModel(tokenizer), tokenizer);
  const texts = ["", ...manyTexts(40)];

  test("the mean is gone, and an empty text stays 0", async () => {
    const vectors = await loaded.embed(texts, { centre: true, unit: false });
    for (let d = 0; d < 12; d++)
      expect(Math.abs(vectors.reduce((sum, vector) => sum + vector[d]!, 0))).toBeLessThan(1e-5);
    expect(vectors[0]!.every((x) => x === 0)).toBe(true);
  });

  test("the first components are gone: of all directions none has more left than the next had", async () => {
    const energies = await Promise.all(
      [0, 1, 2, 3].map(async (components) => {
        const vectors = await loaded.embed(texts, { centre: true, components, unit: false });
        return vectors.reduce((sum, vector) => sum + vector.reduce((s, x) => s + x * x, 0), 0);
      }),
    );
    const [first, second, third] = [0, 1, 2].map((i) => energies[i]! - energies[i + 1]!);
    expect(first).toBeGreaterThan(second!);
    expect(second).toBeGreaterThan(third!);
    expect(third).toBeGreaterThan(0);
  });

  test("by default vectors have the length 1", async () => {
    const vectors = await loaded.embed(texts.slice(1), { pool: "max" });
    for (const vector of vectors)
      if (vector.some((x) => x !== 0)) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    const [a, b] = await loaded.embed(["the sea", "the sea"]);
    expect(cosine(a!, b!)).toBeCloseTo(1, 6);
  });
});

describe("sif", () => {
  const tokenizer = tokenizers.words;
  const model = randomModel(tokenizer);
  test("takes the counts of the training text, where they are known, else those of the texts, and says so", async () => {
    const counts = Float64Array.from({ length: tokenizer.size }, (_, id) => (id * 5) % 7);
    const source = {
      read: async () => undefined,
      statistics: async () => undefined,
      tokenCounts: async () => counts,
    };
    const texts = ["the sea was calm,", "and the whale slept."];
    const notices: string[] = [];
    const onNotice = (message: string): void => void notices.push(message);
    const known = new LoadedModel(model, tokenizer, { tuned: source });
    const found = await known.embed(texts, { pool: "sif", sifA: 0.1, unit: false, onNotice });
    for (const [i, text] of texts.entries())
      expect(difference(found[i]!, plainVector(model, tokenizer, text, "sif", counts, 0.1))).toBeLessThan(
        1e-6,
      );
    expect(notices).toEqual([]);
    async function* coming(): AsyncGenerator<string> {
      yield* texts;
    }
    const own = await new LoadedModel(model, tokenizer).embed(coming(), {
      pool: "sif",
      unit: false,
      onNotice,
    });
    for (const [i, text] of texts.entries())
      expect(
        difference(own[i]!, plainVector(model, tokenizer, text, "sif", countsOf(tokenizer, texts))),
      ).toBeLessThan(1e-6);
    expect(notices).toEqual([expect.stringContaining("those in the texts themselves")]);
  });
});

describe("refuses", () => {
  const tokenizer = tokenizers.lines;
  const loaded = new LoadedModel(randomModel(tokenizer), tokenizer);
  test.each([
    ["one string", "the sea", {}, /The argument of embed is "the sea"; give the texts in an array/],
    ["nothing", undefined, {}, /argument of embed is missing/],
    ["what is no text", ["a", 5], {}, /A text to embed is 5; give a string/],
    ["another pool", ["a"], { pool: "men" }, /pool is "men" \(did you mean mean\?\)/],
    ["a of another pool", ["a"], { sifA: 0.1 }, /sifA belongs to pool: sif/],
    ["the mean of one", ["a", ""], { centre: true }, /there is one text that is not empty/],
    ["all components", ["a", "b"], { components: 2 }, /components: 2 would leave nothing of 2 vectors/],
    ["components of a half", ["a"], { components: 0.5 }, /components is 0.5/],
  ])("%s", async (_name, texts, options, message) => {
    const error = await loaded.embed(texts as never, options as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
  });

  test("vectors that are not finite, with the number of the text", async () => {
    const model = randomModel(tokenizers.words, "mingru");
    for (const { name, value } of model.parameters) if (name.includes("weight")) dataOf(value).fill(1e308);
    model.weightsChanged();
    const error = await new LoadedModel(model, tokenizers.words)
      .embed(["", "the sea was"], {})
      .catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/The vector of text 2 is not finite/);
    expect(error).toBeInstanceOf(UserError);
  });

  test("to go on after the signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(loaded.embed(["a"], { signal })).rejects.toThrow("enough");
    const told: number[] = [];
    await loaded.embed(["a", "b"], { onProgress: (done) => void told.push(done) });
    expect(told).toEqual([2]);
  });
});
