/** Every probability and backoff weight against an oracle in another language; it needs python3, as building the addon does. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { NgramTrie } from "../../src/ngram/ngram-trie.js";
import { randomText, rareWords, trained } from "./trained.js";

const ORACLE = fileURLToPath(new URL("kneser_ney_oracle.py", import.meta.url));
/** Of p and b: a logarithm to the base 10 below 8 that is rounded to float32 is off by less than 0.6 of it. */
const TOLERANCE = 1e-6;

type Entry = readonly [words: string, p: number | null, b: number];

interface Job {
  readonly order: number;
  readonly prune: readonly number[];
}

function asked(text: string, jobs: readonly Job[]): Entry[][] {
  const input = JSON.stringify({ text, jobs });
  const output = execFileSync("python3", [ORACLE], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  return JSON.parse(output) as Entry[][];
}

/** Every n-gram of a model with its p and b, found from the arrays. */
function entriesOf({ words, order, arrays }: NgramTrie): Map<string, readonly [p: number, b: number]> {
  const { begins, word, probability, backoff, firstChild } = arrays;
  const texts: string[] = [""];
  const found = new Map<string, readonly [p: number, b: number]>();
  for (let node = 0; node < begins[order]!; node++)
    for (let child = firstChild[node]!; child < firstChild[node + 1]!; child++) {
      texts[child] = `${texts[node]!} ${words[word[child]!]!}`.trimStart();
      found.set(texts[child]!, [10 ** probability[child]!, 10 ** (backoff[child] ?? 0)]);
    }
  return found;
}

const LEFT_OUT: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0],
  [0, 0, 1, 1, 1],
  [0, 1, 1, 2, 3],
];
const JOBS: Job[] = [1, 2, 3, 4, 5].flatMap((order) =>
  LEFT_OUT.map((limits) => ({ order, prune: limits.slice(0, order) })),
);

describe.each([
  ["whose discounts are estimated", randomText(400, 12) + rareWords(), false],
  ["with <unk> in it, too short to estimate them", "a b a <unk>\n\na b c\nb <unk> a\n", true],
])("of a text %s", (_, text, short) => {
  const answers = asked(text, JOBS);

  test.each(JOBS.map((job, i) => [job, answers[i]!] as const))(
    "every p and b is what the formulas say: %j",
    async ({ order, prune }, expected) => {
      const { model, usual } = await trained([text], { order, prune });
      expect(usual.length > 0).toBe(short && order > 1);
      const found = entriesOf(model);
      expect([...found.keys()].toSorted()).toEqual(expected.map(([words]) => words).toSorted());
      const off = expected.filter(([words, p, b]) => {
        const [ours, weight] = found.get(words)!;
        const near = (x: number, y: number): boolean => Math.abs(x / y - 1) <= TOLERANCE;
        return !((p === null || near(ours, p)) && near(weight, b));
      });
      expect(off).toEqual([]);
    },
  );
});
