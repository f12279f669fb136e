/** Encoding a text in chunks: the same ids as of the whole, and counts that are true. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countBytes, countCharacters } from "../../src/text/characters.js";
import { encodeToMemory } from "../../src/text/windows/encode.js";
import { UserError } from "../../src/errors.js";
import { linesOf } from "../../src/text/corpus/lines.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import type { TokenSource } from "../../src/text/windows/token-source.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";

const utf8 = new TextEncoder();
const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "\u{1f600}", " ", "\n", "z"), maxLength: 60 });

/** Cut at some places, never within a surrogate pair. */
function cut(whole: string, places: readonly number[]): string[] {
  const points = Array.from(whole);
  const ends = [...places.map((place) => place % (points.length + 1)), points.length].toSorted(
    (a, b) => a - b,
  );
  return ends.map((end, i) => points.slice(ends[i - 1] ?? 0, end).join(""));
}
const places = fc.array(fc.nat(60), { maxLength: 5 });

const all = (tokens: TokenSource): number[] => {
  const ids = new Int32Array(tokens.length);
  tokens.read(0, ids);
  return [...ids];
};

it("counts code points and UTF-8 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (whole) => {
      expect(countCharacters(whole)).toBe(Array.from(whole).length);
      expect(countBytes(whole)).toBe(utf8.encode(whole).length);
    }),
  );
  expect([countCharacters("\ud83da\ude00"), countBytes("\ud83da\ude00")]).toEqual([3, 7]);
});

it("finds the lines wherever the chunks end", async () => {
  await fc.assert(
    fc.asyncProperty(text, places, async (whole, at) => {
      const found: string[] = [];
      for await (const group of linesOf(cut(whole, at))) found.push(...group);
      const lines = whole.split("\n");
      expect(found).toEqual(lines.at(-1) === "" ? lines.slice(0, -1) : lines);
    }),
  );
});

const SAMPLE = "ab bé \u{1f600}\nba a";
const kinds = ["char", "word", "bpe"] as const;

describe.each(kinds)("%s tokens", (kind) => {
  const running = trainTokenizer(kind, [SAMPLE]);
  const byLine = trainTokenizer(kind, [SAMPLE], { lines: true });

  it("of running text are those of the whole", async () => {
    const tokenizer = await running;
    await fc.assert(
      fc.asyncProperty(text, places, async (whole, at) => {
        const { tokens, offsets, stats } = await encodeToMemory(cut(whole, at), tokenizer, false);
        const ids = [...tokenizer.encode(whole)];
        expect(all(tokens)).toEqual(ids);
        expect(offsets).toBeUndefined();
        expect(stats).toMatchObject({
          tokens: ids.length,
          characters: Array.from(whole).length,
          bytes: utf8.encode(whole).length,
          lines: 0,
          unknown: ids.filter((id) => id === tokenizer.unknownId).length,
        });
        expect(stats.extent.characters).toBeGreaterThanOrEqual(0);
        expect(stats.extent.characters).toBeLessThanOrEqual(stats.characters);
        expect(stats.extent.bytes).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("of lines have a begin and an end, and blank lines none", async () => {
    const tokenizer = await byLine;
    await fc.assert(
      fc.asyncProperty(text, places, async (whole, at) => {
        const { tokens, offsets, stats } = await encodeToMemory(cut(whole, at), tokenizer, true);
        const lines = whole.split("\n").filter((line) => line.trim() !== "");
        const encoded = lines.map((line) => [tokenizer.bosId!, ...tokenizer.encode(line), tokenizer.eosId!]);
        expect(all(tokens)).toEqual(encoded.flat());
        let offset = 0;
        expect([...offsets!]).toEqual([0, ...encoded.map((ids) => (offset += ids.length))]);
        const joined = lines.map((line) => `${line}\n`).join("");
        const extent = { characters: Array.from(joined).length, bytes: utf8.encode(joined).length };
        expect(stats).toMatchObject({ tokens: offset, lines: lines.length, ...extent, extent });
      }),
    );
  });
});

describe("the text that is predicted", () => {
  const extentOf = async (tokenizer: Tokenizer, whole: string) =>
    (await encodeToMemory([whole.slice(0, 1), whole.slice(1)], tokenizer, false)).stats.extent;

  it("is all but the first character", async () => {
    const tokenizer = await trainTokenizer("char", ["abé"]);
    expect(await extentOf(tokenizer, "éab")).toEqual({ characters: 2, bytes: 2 });
    expect(await extentOf(tokenizer, "語ab")).toEqual({ characters: 2, bytes: 2 });
  });

  it("is all but the first word", async () => {
    const tokenizer = await trainTokenizer("word", ["one two"]);
    expect(await extentOf(tokenizer, "one two")).toEqual({ characters: 4, bytes: 4 });
    expect(await extentOf(tokenizer, "  one two")).toEqual({ characters: 4, bytes: 4 });
    expect(await extentOf(tokenizer, "unheard two")).toEqual({ characters: 4, bytes: 4 });
    expect(await extentOf(tokenizer, "\none")).toEqual({ characters: 3, bytes: 3 });
  });

  it("is all but the first byte pair, unless that is no whole character", async () => {
    const tokenizer = await trainTokenizer("bpe", ["ab"]);
    expect(await extentOf(tokenizer, "cab")).toEqual({ characters: 2, bytes: 2 });
    expect(await extentOf(tokenizer, "éab")).toEqual({ characters: 3, bytes: 4 });
  });
});

describe("a line longer than it may be", () => {
  async function lines(chunks: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for await (const group of linesOf(chunks, { name: "a.txt", longest: 4 })) found.push(...group);
    return found;
  }

  it.each([
    [["12345\n"], 1],
    [["a\n123", "45"], 2],
    [["a\nb", "\n123", "4", "5\nc\n"], 3],
    [["a\nb\nc\n12345\nd\n"], 4],
    [["a", "\n", "12345"], 2],
  ])("is refused with its number, however the text is cut: %j", async (chunks, number) => {
    await expect(lines(chunks)).rejects.toThrow(UserError);
    await expect(lines(chunks)).rejects.toThrow(
      `a.txt, line ${number}: the line has more than 4 characters, too many to be read as one; cut it into shorter lines.`,
    );
  });

  it("and no other", async () => {
    expect(await lines(["1234\n12", "34\n\n123", "4"])).toEqual(["1234", "1234", "", "1234"]);
  });

  it("of a text without end is refused before the memory is full", async () => {
    const mebibyte = "x".repeat(1 << 20);
    function* chunks(): Generator<string> {
      for (;;) yield mebibyte;
    }
    const read = async (): Promise<void> => {
      for await (const group of linesOf(chunks())) expect(group).toEqual([]);
    };
    await expect(read()).rejects.toThrow(/^The text, line 1: the line has more than 134,217,728 characters/);
  });
});
