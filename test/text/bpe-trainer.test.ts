/** The merges learned are those of the algorithm written plainly, and those of Hugging Face's trainer. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BPE, byteLevelPreTokenizer, Tokenizer } from "@anush008/tokenizers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { trainBpe } from "../../src/text/tokenizers/bpe-trainer.js";
import { BYTE_ALPHABET, RANK_OF_BYTE } from "../../src/text/tokenizers/byte-alphabet.js";
import { forEachPreToken } from "../../src/text/tokenizers/pre-tokens.js";
import { PieceCounts } from "../../src/text/tokenizers/piece-counts.js";
import { ALL_AWKWARD } from "./tokenizer-samples.js";

function countPreTokens(text: string): PieceCounts {
  const counts = new PieceCounts();
  forEachPreToken(text, (preToken) => counts.add(preToken));
  return counts;
}

/** Algorithm 1 of Sennrich et al. with all pairs counted anew for each merge. */
function trainPlainly(preTokens: readonly (readonly [string, number])[], merges: number): [string, string][] {
  const spelling = [...BYTE_ALPHABET];
  const words = preTokens.map(([text, count]) => ({
    ids: Array.from(new TextEncoder().encode(text), (byte) => RANK_OF_BYTE[byte]!),
    count,
  }));
  const learned: [string, string][] = [];
  while (spelling.length < 256 + merges) {
    const counts = new Map<string, number>();
    for (const { ids, count } of words) {
      for (let i = 0; i + 1 < ids.length; i++) {
        const key = `${ids[i]} ${ids[i + 1]}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
      }
    }
    let best: { left: number; right: number; count: number } | undefined;
    for (const [key, count] of counts) {
      const [left, right] = key.split(" ").map(Number) as [number, number];
      const better =
        best === undefined ||
        count > best.count ||
        (count === best.count && (left < best.left || (left === best.left && right < best.right)));
      if (better) best = { left, right, count };
    }
    if (best === undefined) break;
    const text = spelling[best.left]! + spelling[best.right]!;
    const known = spelling.indexOf(text);
    const id = known < 0 ? spelling.push(text) - 1 : known;
    learned.push([spelling[best.left]!, spelling[best.right]!]);
    for (const word of words) {
      const ids: number[] = [];
      for (let i = 0; i < word.ids.length; i++) {
        const found = word.ids[i] === best.left && word.ids[i + 1] === best.right;
        ids.push(found ? id : word.ids[i]!);
        if (found) i++;
      }
      word.ids = ids;
    }
  }
  return learned;
}

test("the same merges as the algorithm written plainly", async () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "é"), minLength: 1, maxLength: 12 });
  const counted = fc.uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 9 })), {
    selector: ([text]) => text,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(counted, async (words) => {
      const { merges } = await trainBpe(words, { newTokens: 30, minCount: 1 });
      expect(merges).toEqual(trainPlainly(words, 30));
    }),
    { numRuns: 300 },
  );
});

test("the same merges whatever the order of the pre-tokens", async () => {
  const words = [...countPreTokens(ALL_AWKWARD).entries()];
  const training = { newTokens: 200, minCount: 1 };
  expect(await trainBpe(words.toReversed(), training)).toEqual(await trainBpe(words, training));
});

test("others have their turn while it merges, and what hears of it may end it", async () => {
  const words = Array.from({ length: 60_000 }, (_, i): [string, number] => [`word ${i * 7919}`, 1 + (i % 5)]);
  const reported: number[] = [];
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("stopped")), 60);
  const onProgress = (done: number): void => {
    reported.push(done);
    stop.signal.throwIfAborted();
  };
  await expect(trainBpe(words, { newTokens: 1e6, minCount: 1, onProgress })).rejects.toThrow("stopped");
  expect(reported).toEqual(reported.toSorted((a, b) => a - b));
});

test("no pair rarer than the least count is merged, and training ends when none is left", async () => {
  const { tokens, merges } = await trainBpe(
    [
      ["abab", 3],
      ["cd", 2],
    ],
    { newTokens: 100, minCount: 3 },
  );
  expect(merges).toEqual([
    ["a", "b"],
    ["ab", "ab"],
  ]);
  expect(tokens).toEqual(["ab", "abab"]);
});

test("the same merges as Hugging Face's trainer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "recurra-bpe-"));
  try {
    // Their trainer reads line by line, so a pre-token there never reaches over the end of a line.
    const book = readFileSync(new URL("../../LICENSE", import.meta.url), "utf8");
    const text = book
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
      .join("\n");
    writeFileSync(join(folder, "text.txt"), text);
    const theirs = new Tokenizer(BPE.empty());
    theirs.setPreTokenizer(byteLevelPreTokenizer(false, true));
    theirs.train([join(folder, "text.txt")]);
    theirs.save(join(folder, "tokenizer.json"));
    const saved = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")) as {
      model: { merges: [string, string][] };
    };
    const { merges } = await trainBpe(countPreTokens(text).entries(), { newTokens: 100_000, minCount: 1 });
    expect(merges.length).toBeGreaterThan(1000);
    expect(merges).toEqual(saved.model.merges);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("counts in little room forget the rarest and say so", () => {
  const counts = new PieceCounts(8);
  for (let i = 0; i < 100; i++) {
    counts.add("often");
    counts.add(`once ${i}`);
  }
  expect(counts.forgetful).toBe(true);
  expect(counts.size).toBeLessThanOrEqual(8);
  expect(new Map(counts.entries()).get("often")).toBe(100);
});
