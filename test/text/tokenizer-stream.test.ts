/** Streams give what the whole gives, wherever the text is cut; decoding gives the text back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { anyUnits, AWKWARD, awkwardText, tokenizers } from "./tokenizer-samples.js";

function encodeInChunks(tokenizer: Tokenizer, chunks: Iterable<string>): number[] {
  const stream = tokenizer.encodeStream();
  const ids: number[] = [];
  for (const chunk of chunks) for (const id of stream.push(chunk)) ids.push(id);
  for (const id of stream.end()) ids.push(id);
  return ids;
}

function decodeOneByOne(tokenizer: Tokenizer, ids: Iterable<number>): string {
  const stream = tokenizer.decodeStream();
  let text = "";
  for (const id of ids) text += stream.push(id);
  return text + stream.end();
}

function bytesOf(ids: Int32Array): Uint8Array {
  return new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
}

/** A text with places to cut it, anywhere. */
const cutText = fc
  .tuple(fc.oneof(awkwardText, anyUnits), fc.array(fc.nat(), { maxLength: 12 }))
  .map(([text, cuts]) => {
    const places = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
    return places.slice(1).map((end, i) => text.slice(places[i], end));
  });

describe.each(tokenizers)("$name", ({ tokenizer }) => {
  test("chunks of any size give the ids of the whole", () => {
    fc.assert(
      fc.property(cutText, (chunks) => {
        expect(encodeInChunks(tokenizer, chunks)).toEqual([...tokenizer.encode(chunks.join(""))]);
      }),
      { numRuns: 300 },
    );
  });

  test("single UTF-16 units give the ids of the whole", () => {
    for (const text of Object.values(AWKWARD)) {
      expect(encodeInChunks(tokenizer, text.split(""))).toEqual([...tokenizer.encode(text)]);
    }
  });

  test("ids decoded one by one give the text of all", () => {
    const ids = fc.array(fc.nat({ max: tokenizer.size - 1 }), { maxLength: 40 });
    fc.assert(
      fc.property(ids, (list) => {
        expect(decodeOneByOne(tokenizer, list)).toBe(tokenizer.decode(list));
      }),
    );
  });

  test("an id that is none is refused", () => {
    for (const id of [-1, tokenizer.size, 0.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(UserError);
      expect(() => tokenizer.decodeStream().push(id)).toThrow(UserError);
      expect(() => tokenizer.display(id)).toThrow(UserError);
    }
  });

  test("the unknown pieces are told once each, in order, and only they become <unk>", () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        const unknown = tokenizer.unknowns(text);
        expect(new Set(unknown).size).toBe(unknown.length);
        const literal = tokenizer.kind === "word" && text.includes("<unk>");
        const has = tokenizer.unknownId !== undefined && tokenizer.encode(text).includes(tokenizer.unknownId);
        if (!literal) expect(unknown.length > 0).toBe(has);
        let from = 0;
        for (const piece of unknown) {
          expect(text).toContain(piece);
          if (tokenizer.kind === "char") from = text.indexOf(piece, from);
          expect(from).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

test("bpe gives every well-formed text back", () => {
  for (const { tokenizer } of tokenizers.filter((named) => named.tokenizer.kind === "bpe")) {
    fc.assert(
      fc.property(awkwardText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        expect(decodeOneByOne(tokenizer, tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  }
});

test("char gives every text of known characters back, and U+FFFD for each other", () => {
  const { tokenizer } = tokenizers[0]!;
  fc.assert(
    fc.property(awkwardText, (text) => {
      const unknown = new Set(tokenizer.unknowns(text));
      const expected = Array.from(text, (character) => (unknown.has(character) ? "\ufffd" : character)).join(
        "",
      );
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(expected);
    }),
  );
});

test("bpe holds back a cut character and nothing else", async () => {
  const bytes = await trainTokenizer("bpe", ["ab"], { vocabSize: 256 });
  const ids = bytes.encode("a€😀");
  const stream = bytes.decodeStream();
  expect(Array.from(ids, (id) => stream.push(id))).toEqual(["a", "", "", "€", "", "", "", "😀"]);
  stream.push(ids[1]!);
  expect(stream.end()).toBe("\ufffd");
});

test("words are joined by one space, and lines have none at their ends", async () => {
  const words = await trainTokenizer("word", ["a b\n"]);
  expect(words.decode(words.encode("  a   b \n\n b\na"))).toBe("a b\n\nb\na");
  expect(words.decode(words.encode("a c"))).toBe("a <unk>");
});

test("tokens are shown as a person can read them", async () => {
  const char = await trainTokenizer("char", ["a \n\t\r\u0000\u00a0\u200d\u0301é"]);
  const shown = Array.from({ length: char.size }, (_, id) => char.display(id));
  expect(shown).toEqual(["<unk>", "␀", "⇥", "⏎", "␍", "␣", "a", "U+00A0", "é", "◌\u0301", "U+200D"]);
  const word = await trainTokenizer("word", ["a b\n"]);
  expect([0, 1, 2].map((id) => word.display(id))).toEqual(["<unk>", "⏎", "a"]);
  const bpe = await trainTokenizer("bpe", [" the the the"], { vocabSize: 270, lines: true });
  expect(bpe.display(0)).toBe("<bos>");
  expect(bpe.display(bpe.encode(" the")[0]!)).toBe("␣the");
  expect(bpe.display(bpe.encode("é")[0]!)).toBe("\\xC3");
});

describe("a long text without a boundary", () => {
  const long = (piece: string): string => piece.repeat(Math.ceil(6e5 / piece.length));
  const texts = {
    letters: long("abracadabra"),
    spaces: long("  \n "),
    signs: long("'=-"),
    astral: long("𠀀𠀁"),
  };

  test.each(Object.entries(texts))("%s", (_name, text) => {
    const chunks: string[] = [];
    for (let i = 0; i < text.length; i += 65_537) chunks.push(text.slice(i, i + 65_537));
    for (const { tokenizer } of tokenizers.filter((_named, i) => [0, 3, 5, 7].includes(i))) {
      const whole = tokenizer.encode(text);
      // Compared as bytes: a matcher would look at the ids one by one.
      expect(
        Buffer.compare(bytesOf(Int32Array.from(encodeInChunks(tokenizer, chunks))), bytesOf(whole)),
      ).toBe(0);
      if (tokenizer.kind === "bpe") expect(tokenizer.decode(whole) === text).toBe(true);
    }
  });
});

test("a stream holds back only the last word of what it was given", async () => {
  for (const { tokenizer } of tokenizers) {
    const stream = tokenizer.encodeStream();
    let given = 0;
    for (let i = 0; i < 50; i++) {
      given += stream.push("one two three ").length;
      const behind = tokenizer.encode("one two three ".repeat(i + 1)).length - given;
      expect(behind).toBeLessThanOrEqual(tokenizer.encode("three ").length);
    }
  }
});
