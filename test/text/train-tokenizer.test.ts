/** What the options of training mean, and what is refused. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import type { TokenizerOptions, TokenizerProgress } from "../../src/text/tokenizers/train-tokenizer.js";
import type { Tokenizer, TokenizerKind } from "../../src/text/tokenizers/tokenizer.js";
import { ALL_AWKWARD } from "./tokenizer-samples.js";

function vocabulary(tokenizer: Tokenizer): string[] {
  const { vocab } = tokenizer.toJSON()["model"] as { vocab: Record<string, number> };
  return Object.keys(vocab).toSorted((a, b) => vocab[a]! - vocab[b]!);
}

async function trained(kind: TokenizerKind, text: string, options?: TokenizerOptions): Promise<string[]> {
  return vocabulary(await trainTokenizer(kind, [text], options));
}

test("characters: <unk>, then by code point; limited by count or number", async () => {
  expect(await trained("char", "b\ud83d\ude00a\uffeeb\n")).toEqual(["<unk>", "\n", "a", "b", "\uffee", "😀"]);
  expect(await trained("char", "aabbbc", { minCount: 2 })).toEqual(["<unk>", "a", "b"]);
  expect(await trained("char", "aabbbcc", { vocabSize: 3 })).toEqual(["<unk>", "a", "b"]);
  expect(await trained("char", "ab\nc\n", { lines: true })).toEqual([
    "<unk>",
    "<bos>",
    "<eos>",
    "a",
    "b",
    "c",
  ]);
  expect(await trained("char", "ab\ud800")).toEqual(["<unk>", "a", "b"]);
});

test("words: special tokens, then by count and code point; case is kept", async () => {
  const text = "b a b \uffee 😀 <unk> A\nb\n";
  expect(await trained("word", text)).toEqual(["<unk>", "<eos>", "b", "A", "a", "\uffee", "😀"]);
  expect(await trained("word", text, { vocabSize: 4 })).toEqual(["<unk>", "<eos>", "b", "A"]);
  expect(await trained("word", "b a b a c", { minCount: 2 })).toEqual(["<unk>", "<eos>", "a", "b"]);
  expect(await trained("word", text, { lines: true, vocabSize: 5 })).toEqual([
    "<unk>",
    "<bos>",
    "<eos>",
    "b",
    "A",
  ]);
});

test("words by Unicode: letters, numbers and signs apart", async () => {
  const tokenizer = await trainTokenizer("word", ["Don't pay 1,024.5 m², l’été: <unk>!\nnaïve\n"], {
    wordMode: "unicode",
  });
  const words = "Don't pay 1,024.5 m ² , l’été : <unk> !\nnaïve\n";
  expect(tokenizer.decode(tokenizer.encode("Don't pay 1,024.5 m², l’été: <unk>!\nnaïve\n"))).toBe(words);
});

test("a newline is one <eos>, and none is added where the text does not end in one", async () => {
  const tokenizer = await trainTokenizer("word", ["a b"]);
  expect([...tokenizer.encode("a\n\n b")]).toEqual([2, 1, 1, 3]);
  expect([...tokenizer.encode("a\r\n")]).toEqual([2, 1]);
  expect(tokenizer.eosId).toBeUndefined();
});

test("bpe: the 256 bytes, then what was learned; over lines no token reaches", async () => {
  const tokens = await trained("bpe", "low low lower", { vocabSize: 259 });
  expect(tokens.length).toBe(259);
  expect(tokens.slice(256)).toEqual(["lo", "low", "Ġlow"]);
  const lines = await trained("bpe", "\n\n\na\n\n\nb".repeat(9), { lines: true, minCount: 1 });
  expect(lines).toEqual(["<bos>", "<eos>", ...(await trained("bpe", "ab", { vocabSize: 256 }))]);
  expect((await trainTokenizer("bpe", [ALL_AWKWARD])).size).toBeLessThan(4096);
});

test("how the text is cut into chunks does not matter", async () => {
  const variants: [TokenizerKind, TokenizerOptions][] = [
    ["char", {}],
    ["word", { wordMode: "unicode" }],
    ["bpe", { vocabSize: 300, lines: true }],
  ];
  for (const [kind, options] of variants) {
    const whole = vocabulary(await trainTokenizer(kind, [ALL_AWKWARD], options));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        async function* chunks(): AsyncGenerator<string> {
          for (let i = 0; i < ALL_AWKWARD.length; i += size) yield ALL_AWKWARD.slice(i, i + size);
        }
        expect(vocabulary(await trainTokenizer(kind, chunks(), options))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  }
});

describe("words seen once", () => {
  const notices: string[] = [];
  const onNotice = (message: string): void => void notices.push(message);
  beforeEach(() => void notices.splice(0));
  const book = "the sea the ship the sea a ship a whale\n".repeat(9);

  test.each([false, true])("are <unk> by default, so that it is learned (lines: %s)", async (lines) => {
    const tokenizer = await trainTokenizer("word", [book, "once upon\n"], { lines, onNotice });
    expect(tokenizer.unknowns("once upon the sea")).toEqual(["once", "upon"]);
    expect(notices).toEqual([]);
  });

  test("stay where they are asked for", async () => {
    const tokenizer = await trainTokenizer("word", [book, "once upon\n"], { minCount: 1, onNotice });
    expect(tokenizer.unknowns("once upon the sea")).toEqual([]);
  });

  test("stay where the text has <unk> of its own, or the size leaves words out", async () => {
    const own = await trainTokenizer("word", [book, "<unk> once upon\n"]);
    expect(own.unknowns("once upon")).toEqual([]);
    const limited = await trainTokenizer("word", [book, "once upon\n"], { vocabSize: 8 });
    expect(limited.size).toBe(8);
    expect(limited.unknowns("once upon")).toEqual(["upon"]);
    const roomy = await trainTokenizer("word", [book, "once upon\n"], { vocabSize: 9 });
    expect(roomy.unknowns("once upon")).toEqual(["once", "upon"]);
  });

  test("stay where they are most of the text, which is said", async () => {
    const tokenizer = await trainTokenizer("word", ["the quick brown fox jumps over the dog\n"], {
      onNotice,
    });
    expect(tokenizer.unknowns("quick brown fox")).toEqual([]);
    expect(notices).toEqual([
      expect.stringMatching(/^75 % of the text is words that stand in it only once, /),
    ]);
  });

  test("are counted without the ends of lines", async () => {
    // Four of eight words are seen once: half, which is not too many; five of nine are.
    const half = await trainTokenizer("word", ["a b c d\n\n\n\n\ne e f f\n"], { onNotice });
    expect(half.unknowns("a b e")).toEqual(["a", "b"]);
    expect(notices).toEqual([]);
    const more = await trainTokenizer("word", ["a b c d g\n\n\n\n\ne e f f\n"], { onNotice });
    expect(more.unknowns("a b e")).toEqual([]);
    expect(notices).toHaveLength(1);
  });

  test("stay where fewer than two words would be left", async () => {
    const tokenizer = await trainTokenizer("word", ["la la la la land\n"], { onNotice });
    expect(tokenizer.unknowns("land")).toEqual([]);
    expect(notices).toHaveLength(1);
  });
});

test("a special token that stands in the text as a word is told of", async () => {
  const notices: string[] = [];
  const onNotice = (message: string): void => void notices.push(message);
  const text = "a b <eos> a b <eos> <bos> a b <unk>\n";
  const words = await trainTokenizer("word", [text], { onNotice });
  expect(notices).toEqual([
    "<eos> stands in the text as a word 2 times: it is read as the end of a line, as a newline is. If it should be a word like others, write it in another way.",
  ]);
  expect(words.unknowns("<bos>")).toEqual([]);
  notices.splice(0);
  await trainTokenizer("word", [text], { lines: true, wordMode: "unicode", onNotice });
  expect(notices.map((notice) => notice.slice(0, 40))).toEqual([
    "<eos> stands in the text as a word 2 tim",
    "<bos> stands in the text as a word once:",
  ]);
  notices.splice(0);
  await trainTokenizer("char", [text], { onNotice });
  await trainTokenizer("bpe", [text], { lines: true, onNotice });
  expect(notices).toEqual([]);
});

test("progress is told", async () => {
  const reported: TokenizerProgress[] = [];
  await trainTokenizer("bpe", ["low low", " low"], {
    vocabSize: 258,
    onProgress: (event) => reported.push(event),
  });
  expect(reported).toEqual([
    { stage: "reading", done: 7, total: undefined },
    { stage: "reading", done: 11, total: undefined },
    { stage: "merging", done: 2, total: 2 },
  ]);
});

describe("refused, with a reason", () => {
  const cases: [string, TokenizerKind, string, TokenizerOptions, RegExp][] = [
    ["an empty text", "char", "", {}, /part of it to learn from has no character/],
    ["one character", "char", "aaaa", {}, /only one distinct character.*give a text with more/],
    ["one character besides newlines", "char", "a\na\n", { lines: true }, /only one distinct character/],
    ["one word", "word", "la la la\n", {}, /only one distinct word/],
    ["one byte", "bpe", "aaaa", {}, /only one distinct byte/],
    ["a least count that leaves nothing", "word", "a b a b", { minCount: 3 }, /none occurs 3 times/],
    ["a least count that leaves one", "char", "aab", { minCount: 2 }, /only one occurs 2 times/],
    ["too small a vocabulary", "bpe", "ab", { vocabSize: 100 }, /100.*from 256 on/],
    ["a vocabulary that is no number", "char", "ab", { vocabSize: Number.NaN }, /whole number/],
    ["a least count of zero", "word", "a b", { minCount: 0 }, /from 1 on/],
    ["words of characters", "char", "a b", { wordMode: "unicode" }, /wordMode belongs to tokenizer: word/],
  ];
  test.each(cases)("%s", async (_name, kind, text, options, message) => {
    const training = trainTokenizer(kind, [text], options);
    await expect(training).rejects.toThrow(UserError);
    await expect(training).rejects.toThrow(message);
  });
});
