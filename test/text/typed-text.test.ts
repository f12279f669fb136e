/** The tokens of a text that is being typed: those of a text typed at once, and settled whatever follows. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { TypedText } from "../../src/text/tokenizers/typed-text.js";

const SOURCE = "don't know, it's 1,024.5 — naïve café 🐋🐋 ab  cd\n\n“so” (it) was'' 'tis\n".repeat(9);
const PIECES = [
  "a",
  "b",
  "'",
  "’",
  "s",
  " ",
  "  ",
  "\n",
  ",",
  "1",
  ".",
  "é",
  "e\u0301",
  "🐋",
  "—",
  "(",
  "don't ",
];

const kinds: readonly [string, () => Promise<Tokenizer>][] = [
  ["char", () => trainTokenizer("char", [SOURCE])],
  ["bpe", () => trainTokenizer("bpe", [SOURCE], { vocabSize: 300 })],
  ["words", () => trainTokenizer("word", [SOURCE], { minCount: 1 })],
  ["unicode words", () => trainTokenizer("word", [SOURCE], { minCount: 1, wordMode: "unicode" })],
  ["words of lines", () => trainTokenizer("word", [SOURCE], { minCount: 1, lines: true })],
];

describe.each(kinds)("%s", (_, make) => {
  test("changes give what the whole text gives, and say what stayed", async () => {
    const tokenizer = await make();
    const random = new Random(3);
    const typed = new TypedText(tokenizer);
    let text = "";
    let before = new Int32Array(0);
    for (let i = 0; i < 400; i++) {
      const choice = random.below(8);
      if (choice === 0) text = text.slice(0, random.below(text.length + 1));
      else if (choice === 1) text = SOURCE.slice(0, random.below(SOURCE.length));
      else text += PIECES[random.below(PIECES.length)]!;
      const same = typed.change(text);
      const whole = new TypedText(tokenizer);
      whole.change(text);
      expect([...typed.ids], JSON.stringify(text)).toEqual([...whole.ids]);
      expect(typed.ends).toEqual(whole.ends);
      expect([...typed.ids.subarray(0, same)]).toEqual([...before.subarray(0, same)]);
      before = typed.ids.slice();
    }
  });

  test("what is settled stays whatever follows", async () => {
    const tokenizer = await make();
    const random = new Random(4);
    for (let i = 0; i < 200; i++) {
      const pieces = Array.from({ length: 1 + random.below(12) }, () => PIECES[random.below(PIECES.length)]!);
      // In the form that the vocabulary has: the other one is converted, a whole text is not.
      const text = pieces.join("").normalize("NFC");
      const typed = new TypedText(tokenizer);
      typed.change(text);
      const { settled } = typed;
      for (const following of ["", ...PIECES]) {
        const ids = tokenizer.encode(text + following.normalize("NFC"));
        if (text.endsWith("e") && following.startsWith("\u0301")) continue;
        expect([...ids.subarray(0, settled.ids)], JSON.stringify([text, following])).toEqual([
          ...typed.ids.subarray(0, settled.ids),
        ]);
      }
    }
  });
});

test("a long run of bytes is open only at its end", async () => {
  const tokenizer = await trainTokenizer("bpe", [SOURCE], { vocabSize: 300 });
  const typed = new TypedText(tokenizer);
  typed.change("a".repeat(5000));
  expect(typed.ends[0]!.typed.length).toBeLessThanOrEqual(32);
  expect(typed.ids.length).toBeGreaterThan(1000);
});
