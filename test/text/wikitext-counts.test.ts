/** WikiText-2's published counts, and how fast real text is cut. */
import { createReadStream, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { testWithSharedData } from "../shared-data.js";

const TRAIN = "wikitext-2/train.txt";

testWithSharedData("WikiText-2 by words: the published tokens and vocabulary", TRAIN, async (path) => {
  const chunks = createReadStream(path, { encoding: "utf8" }) as AsyncIterable<string>;
  const tokenizer = await trainTokenizer("word", chunks);
  expect(tokenizer.size).toBe(33_278);
  const count = (name: string): number => {
    const stream = tokenizer.encodeStream();
    const text = readFileSync(`${dirname(path)}/${name}.txt`, "utf8");
    return stream.push(text).length + stream.end().length;
  };
  expect(count("train")).toBe(2_088_628);
  expect(count("valid")).toBe(217_646);
  expect(count("test")).toBe(245_569);
  const valid = readFileSync(`${dirname(path)}/valid.txt`, "utf8");
  expect(tokenizer.unknowns(valid)).toEqual([]);
  expect([0, 1, 2, 3, 4].map((id) => tokenizer.decode([id]))).toEqual(["<unk>", "\n", "the", ",", "."]);
  const stripped = valid.replaceAll(/^ | $/gm, "");
  expect(tokenizer.decode(tokenizer.encode(valid)) === stripped).toBe(true);
});

testWithSharedData(
  "WikiText-2 by byte pairs: 8,000 merges well inside a minute, text given back",
  TRAIN,
  async (path) => {
    const text = readFileSync(path, "utf8");
    const start = performance.now();
    const tokenizer = await trainTokenizer("bpe", [text], { vocabSize: 256 + 8000 });
    // Usually two seconds; the bound leaves room for a busy machine.
    expect((performance.now() - start) / 1000).toBeLessThan(30);
    expect(tokenizer.size).toBe(8256);
    const part = text.slice(0, 2_000_000);
    const ids = tokenizer.encode(part);
    expect(part.length / ids.length).toBeGreaterThan(3.8);
    expect(tokenizer.decode(ids) === part).toBe(true);
  },
);
