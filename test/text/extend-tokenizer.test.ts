/** A tokenizer gets the characters or words that it lacks of another text; what it has keeps its ids. */
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { extendTokenizer } from "../../src/text/tokenizers/extend-tokenizer.js";
import { parseTokenizer } from "../../src/text/tokenizers/parse-any-tokenizer.js";
import type { Tokenizer, TokenizerKind } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";

const OLD = "the cat sees the moon.\nthe dog sees the sea.\n".repeat(3);
const spellings = (tokenizer: Tokenizer, from = 0): (string | undefined)[] =>
  Array.from({ length: tokenizer.size - from }, (_, id) => tokenizer.spelling(from + id));

describe.each([
  ["char", false],
  ["char", true],
  ["word", false],
  ["word", true],
] as [TokenizerKind, boolean][])("%s, lines %s", async (kind, lines) => {
  const old = await trainTokenizer(kind, [OLD], { lines, minCount: 1 });
  const text = "die Katze sieht den Mond, 🌝 und den Mond.\ndie Katze 🌝 schläft ‑ the cat.\n";
  const extended = await extendTokenizer(old, [text], { minCount: 1 });

  test("keeps every token at its id, and ends with the new ones", () => {
    expect(spellings(extended).slice(0, old.size)).toEqual(spellings(old));
    expect(extended.size).toBeGreaterThan(old.size);
    expect([extended.kind, extended.bosId, extended.eosId]).toEqual([old.kind, old.bosId, old.eosId]);
    expect(new Set(spellings(extended, old.size)).size).toBe(extended.size - old.size);
    expect(extended.encode(OLD)).toEqual(old.encode(OLD));
  });

  test("knows all of the text", () => {
    expect(old.unknowns(text)).not.toEqual([]);
    expect(
      lines
        ? extended.unknowns(text.replaceAll("\n", " ")).filter((x) => x !== " ")
        : extended.unknowns(text),
    ).toEqual([]);
  });

  test("is the same when it is written and read", () => {
    const read = parseTokenizer(JSON.parse(JSON.stringify(extended.toJSON())), "tokenizer.json");
    expect(spellings(read)).toEqual(spellings(extended));
    expect(read.encode(text)).toEqual(extended.encode(text));
  });

  test("stays itself where the text has nothing new", async () => {
    expect(await extendTokenizer(old, [OLD])).toBe(old);
  });

  test("has no more tokens than it may have, and the commonest of the new ones", async () => {
    const few = await extendTokenizer(old, ["Q R R S S S"], { vocabSize: old.size + 1, minCount: 1 });
    expect(spellings(few, old.size)).toEqual(["S"]);
    await expect(extendTokenizer(old, [text], { vocabSize: old.size - 1 })).rejects.toThrow(
      new RegExp(
        `vocabSize: ${old.size - 1} is fewer than the ${old.size} tokens of the model to begin with`,
      ),
    );
  });
});

test("words are added that occur twice, as for a vocabulary of their own, and characters from once on", async () => {
  const words = await trainTokenizer("word", [OLD], { minCount: 1 });
  expect(spellings(await extendTokenizer(words, ["one two two"]), words.size)).toEqual(["two"]);
  const characters = await trainTokenizer("char", [OLD]);
  expect(spellings(await extendTokenizer(characters, ["zzü"]), characters.size)).toEqual(["z", "ü"]);
});

test("words are found as the tokenizer finds them, and special tokens are none", async () => {
  const words = await trainTokenizer("word", [OLD], { minCount: 1, wordMode: "unicode" });
  const extended = await extendTokenizer(words, ["wolf,wolf <unk> <eos> <unk>"], { minCount: 1 });
  const added = spellings(extended, words.size);
  expect(added).toContain("wolf");
  expect(added).toContain(",");
  expect(added).not.toContain("<unk>");
});

test("byte pairs write every text: the text is not read, and limits would have no effect", async () => {
  const pairs = await trainTokenizer("bpe", [OLD], { vocabSize: 270 });
  const unread = {
    [Symbol.iterator](): Iterator<string> {
      throw new Error("read");
    },
  };
  expect(await extendTokenizer(pairs, unread)).toBe(pairs);
  expect(await extendTokenizer(pairs, unread, { vocabSize: pairs.size })).toBe(pairs);
  for (const options of [{ minCount: 3 }, { vocabSize: pairs.size + 100 }]) {
    await expect(extendTokenizer(pairs, unread, options)).rejects.toThrow(UserError);
    await expect(extendTokenizer(pairs, unread, options)).rejects.toThrow(/has no effect on the byte pairs/);
  }
});
