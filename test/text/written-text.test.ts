/** Punctuation that was taken apart is joined to words again. */
import { describe, expect, test } from "vitest";
import { generate } from "../../src/generate/generate.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { writtenStream } from "../../src/text/tokenizers/written-text.js";
import { addToLogit, randomModel } from "../generate/models.js";

const TEXTS = [
  "Call me Ishmael. Some years ago, never mind how long precisely; I thought!",
  "“So it ends,” he said (at last): ‘no more’—and slept…",
  '"Who is there?" said the mate; "I," said Ahab.',
  "A sea-faring man pays $5, or 10% of 1,024.5.",
  "It _was_ don't-care weather; and/or rain. ¿Qué?",
];

const written = (tokenizer: Tokenizer, text: string): string => {
  const stream = writtenStream(tokenizer);
  return Array.from(tokenizer.encode(text), (id) => stream.push(id)).join("") + stream.end();
};

describe("words by Unicode's classes", async () => {
  const tokenizer = await trainTokenizer("word", [TEXTS.join("\n")], { wordMode: "unicode", minCount: 1 });

  test.each(TEXTS)("%s", (text) => {
    expect(written(tokenizer, text)).toBe(text);
    // Reading it again gives the same tokens.
    expect(tokenizer.encode(written(tokenizer, text))).toEqual(tokenizer.encode(text));
  });

  test("a line begins anew", () => {
    expect(written(tokenizer, '"Who said\n"I" slept')).toBe('"Who said\n"I" slept');
  });

  test("the tokenizer's own text keeps a space between tokens", () => {
    expect(tokenizer.decode(tokenizer.encode("I slept."))).toBe("I slept .");
  });

  test("what a model writes goes on with its prompt", async () => {
    const write = async (next: string, prompt: string) => {
      const model = randomModel(tokenizer);
      addToLogit(model, tokenizer.encode(next)[0]!, 1000);
      let text = prompt;
      for await (const piece of generate(model, tokenizer, { prompt, length: 1, seed: 1 }))
        text += piece.text;
      return text;
    };
    expect(await write(".", "he slept")).toBe("he slept.");
    expect(await write("slept", "he")).toBe("he slept");
    expect(await write("slept", "he ")).toBe("he slept");
    expect(await write("I", '"')).toBe('"I');
    expect(await write('"', '"I,')).toBe('"I,"');
    expect(await write('"', "said he,")).toBe('said he, "');
    expect(await write("said", '"I,"')).toBe('"I," said');
  });
});

test("other tokenizers' text is as it was", async () => {
  for (const [kind, options] of [
    ["word", { minCount: 1 }],
    ["char", {}],
    ["bpe", { vocabSize: 280 }],
  ] as const) {
    const tokenizer = await trainTokenizer(kind, [TEXTS.join("\n")], options);
    for (const text of ["he slept .", TEXTS[0]!])
      expect(written(tokenizer, text)).toBe(tokenizer.decode(tokenizer.encode(text)));
  }
});
