/** Held-out text: where it is cut, that nothing is lost or on both sides, and that it does not depend on chance. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { option, sentence, UserError } from "../../src/errors.js";
import { linesOf } from "../../src/text/corpus/lines.js";
import { survey, type Chunks, splitText } from "../../src/text/corpus/split.js";

async function* inChunks(text: string, size: number): AsyncGenerator<string> {
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i += size) yield characters.slice(i, i + size).join("");
}

const again =
  (text: string, size = 7): Chunks =>
  () =>
    inChunks(text, size);

async function whole(chunks: Chunks): Promise<string> {
  let text = "";
  for await (const chunk of chunks()) text += chunk;
  return text;
}

const size = fc.integer({ min: 1, max: 50 });
const text = fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\n", " "), maxLength: 200 });

describe("running text", () => {
  test("is cut after exactly ⌊(1 − fraction) · n⌋ characters, however it comes in chunks", async () => {
    const fraction = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    await fc.assert(
      fc.asyncProperty(text, size, fraction, async (all, chunk, part) => {
        const characters = Array.from(all);
        const at = Math.floor((1 - part) * characters.length);
        const split = await splitText(again(all, chunk), false, part);
        expect(split.trainCharacters).toBe(at);
        expect(await whole(split.train)).toBe(characters.slice(0, at).join(""));
        expect(await whole(split.valid)).toBe(characters.slice(at).join(""));
      }),
    );
  });

  test("is held out by a tenth, as tiny-shakespeare is by custom", async () => {
    const split = await splitText(again("x".repeat(1_115_394), 65_536), false);
    expect(split.trainCharacters).toBe(1_003_854);
    expect((await survey(split.valid)).characters).toBe(111_540);
  });

  test("that is not needed further is not read further", async () => {
    let given = 0;
    async function* counted() {
      for (let i = 0; i < 100; i++) {
        given++;
        yield "0123456789";
      }
    }
    const split = await splitText(counted, false, 0.75);
    given = 0;
    expect((await whole(split.train)).length).toBe(250);
    expect(given).toBe(25);
  });
});

describe("lines", () => {
  const line = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "😀", " "), maxLength: 6 });
  const lines = fc
    .array(line, { minLength: 2, maxLength: 60 })
    .filter((all) => new Set(all.filter((one) => one.trim() !== "")).size > 1);
  const listOf = async (chunks: Chunks) => (await whole(chunks)).split("\n").slice(0, -1);

  test("are each on one side, all of a wording on the same, in order, without the blank ones", async () => {
    await fc.assert(
      fc.asyncProperty(lines, size, async (all, chunk) => {
        const split = await splitText(again(all.join("\n"), chunk), true);
        const [train, valid] = [await listOf(split.train), await listOf(split.valid)];
        expect(train.length).toBeGreaterThan(0);
        expect(valid.length).toBeGreaterThan(0);
        const held = new Set(valid);
        const written = all.filter((one) => one.trim() !== "");
        expect(train).toEqual(written.filter((one) => !held.has(one)));
        expect(valid).toEqual(written.filter((one) => held.has(one)));
      }),
    );
  });

  const many = Array.from({ length: 20_000 }, (_, i) => `line ${i * i}`);

  test("are held out by about the fraction, and counted", async () => {
    for (const fraction of [0.02, 0.1, 0.5]) {
      const split = await splitText(again(many.join("\n"), 65_536), true, fraction);
      const [train, valid] = [await listOf(split.train), await listOf(split.valid)];
      expect(Math.abs(valid.length / 20_000 - fraction)).toBeLessThan(0.01);
      expect(split.trainCharacters).toBe(train.join("\n").length + 1);
    }
  });

  test("fall on the same sides in any order and company", async () => {
    const split = await splitText(again(many.join("\n"), 65_536), true);
    const other = await splitText(again([...many.toReversed(), "one more"].join("\n"), 65_536), true);
    const [one, two] = [await listOf(split.valid), await listOf(other.valid)];
    expect(two.filter((each) => each !== "one more").toReversed()).toEqual(one);
  });
});

test("what cannot be split is refused", async () => {
  for (const fraction of [0, 1, -0.1, Number.NaN]) {
    await expect(splitText(again("text"), false, fraction)).rejects.toThrow(
      new UserError(`A part of ${fraction} cannot be held out; give a number between 0 and 1.`),
    );
  }
  await expect(splitText(again("same\n\nsame\n"), true)).rejects.toThrow(
    new UserError({
      option: "valid",
      problem: "All lines say the same, so none can be held out to measure on",
      advice: sentence`give more lines, or a text to validate on with ${option("valid")}`,
    }),
  );
});

test("lines come whole, however the text comes in chunks", async () => {
  await fc.assert(
    fc.asyncProperty(text, size, async (all, chunk) => {
      const expected = all.split("\n");
      if (expected.at(-1) === "") expected.pop();
      const found: string[] = [];
      for await (const group of linesOf(inChunks(all, chunk))) found.push(...group);
      expect(found).toEqual(expected);
    }),
  );
});

test("of a large text at most a million characters are held out", async () => {
  const book = "abcdefghi\n".repeat(1_100_000);
  const split = await splitText(again(book, 1 << 20), false);
  expect(split.trainCharacters).toBe(10_000_000);
  let lines = "";
  for (let i = 0; i < 600_000; i++) lines += `line number ${i}\n`;
  const byLines = await splitText(again(lines, 1 << 20), true);
  let held = 0;
  for await (const chunk of byLines.valid()) held += chunk.length;
  expect(held).toBeGreaterThan(950_000);
  expect(held).toBeLessThan(1_050_000);
  expect(Math.abs(byLines.trainCharacters + held - lines.length)).toBeLessThan(50_000);
});
