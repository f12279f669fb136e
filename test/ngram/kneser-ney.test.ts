import { describe, expect, test } from "vitest";
import { arpaText } from "../../src/ngram/arpa-text.js";
import type { NgramTrie } from "../../src/ngram/ngram-trie.js";
import { ArpaParser } from "../../src/ngram/parse-arpa.js";
import { randomText, rareWords, trained } from "./trained.js";

/** All histories that the model knows, as states. */
function allStates(model: NgramTrie): Set<number> {
  const states = new Set([model.emptyState(), model.beginState()]);
  for (const state of states)
    for (let id = 0; id < model.words.length; id++) states.add(model.score(state, id).state);
  return states;
}

function expectSums(model: NgramTrie): void {
  const into = new Float64Array(model.words.length);
  for (const state of allStates(model)) {
    model.logProbabilities(state, into);
    expect(Math.abs(into.reduce((sum, log) => sum + Math.exp(log), 0) - 1)).toBeLessThan(2e-6);
  }
}

/**
 * p by the equations of Chen and Goodman, from lists of strings: slow, and nothing of the code under test. Rare n-grams
 * that are left out give all that they have to the backoff weight.
 */
function oracle(text: string, order: number, prune: readonly number[]) {
  const sentences = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ["<s>", ...line.split(" ").filter((word) => word !== ""), "</s>"]);
  const raw = (n: number) => {
    const counts = new Map<string, number>();
    for (const words of sentences)
      for (let i = 0; i + n <= words.length; i++) {
        const key = words.slice(i, i + n).join(" ");
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    return counts;
  };
  const adjusted = (n: number) => {
    const own = raw(n);
    if (n === order) return n === 1 ? new Map([...own].filter(([g]) => g !== "<s>")) : own;
    const before = new Map<string, Set<string>>();
    for (const key of raw(n + 1).keys()) {
      const [first, ...rest] = key.split(" ");
      const set = before.get(rest.join(" ")) ?? new Set();
      before.set(rest.join(" "), set.add(first!));
    }
    const a = new Map([...before].map(([key, set]) => [key, set.size]));
    if (n > 1) for (const [key, count] of own) if (key.startsWith("<s> ")) a.set(key, count);
    return a;
  };
  const tables = Array.from({ length: order }, (_, i) => {
    const a = adjusted(i + 1);
    const t = [0, 1, 2, 3, 4].map((k) => [...a.values()].filter((x) => x === k).length);
    const Y = t[1]! / (t[1]! + 2 * t[2]!);
    const D = [0, 1, 2, 3].map((k) => (k === 0 ? 0 : k - ((k + 1) * Y * t[k + 1]!) / t[k]!));
    return { a, D, counts: raw(i + 1) };
  });
  const V = new Set(sentences.flat()).size; // with <unk>, without <s>
  const p = (history: readonly string[], word: string): number => {
    const i = history.length;
    const { a, D, counts } = tables[i]!;
    const lower = i === 0 ? 1 / V : p(history.slice(1), word);
    const prefix = history.map((w) => `${w} `).join("");
    const kin = [...a].filter(([g]) => g.startsWith(prefix) && g.split(" ").length === i + 1);
    const sum = kin.reduce((total, [, x]) => total + x, 0);
    if (sum === 0) return lower;
    const kept = (g: string) => i === 0 || counts.get(g)! > prune[i]!;
    const b = kin.reduce((left, [g, x]) => left + (kept(g) ? D[Math.min(x, 3)]! : x), 0) / sum;
    const own = a.get(prefix + word);
    return (own !== undefined && kept(prefix + word) ? (own - D[Math.min(own, 3)]!) / sum : 0) + b * lower;
  };
  return p;
}

describe("modified Kneser–Ney", () => {
  test.each([[[0, 0, 0]], [[0, 0, 1]], [[0, 1, 2]]])(
    "is what the equations say, leaving out %j",
    async (prune) => {
      const text = randomText(120, 12) + rareWords();
      const { model, usual } = await trained([text], { order: 3, prune });
      expect(usual).toEqual([]);
      const p = oracle(text, 3, prune);
      const words = model.words.filter((word) => word !== "<s>");
      for (const history of [
        ["<s>"],
        ["<s>", "w0"],
        ["w0", "w1"],
        ["w3", "w0"],
        ["w9", "w2"],
        ["w11", "w11"],
      ]) {
        let state = history[0] === "<s>" ? model.beginState() : model.emptyState();
        for (const word of history.filter((w) => w !== "<s>"))
          ({ state } = model.score(state, model.wordId(word)));
        for (const word of words)
          expect(Math.exp(model.score(state, model.wordId(word)).logProbability)).toBeCloseTo(
            p(history, word),
            6,
          );
      }
      expectSums(model);
    },
  );

  test("is what a hand finds for a small text, with the usual discounts", async () => {
    // a(a) = |{<s>, b}| = 2, a(b) = 1, a(</s>) = |{a, b}| = 2; sum 5; D = 0.5, 1: kept 1, 0.5, 1; left 2.5 / 5.
    const { model, usual } = await trained(["a b a\na b\n"], { order: 2 });
    expect(usual).toEqual([1, 2]);
    const p = (state: number, word: string) =>
      Math.exp(model.score(state, model.wordId(word)).logProbability);
    const empty = model.emptyState();
    const b = 2.5 / 5;
    expect(p(empty, "a")).toBeCloseTo(1 / 5 + b / 4, 6);
    expect(p(empty, "b")).toBeCloseTo(0.5 / 5 + b / 4, 6);
    expect(p(empty, "<unk>")).toBeCloseTo(b / 4, 6);
    // After <s>, a comes twice: D_2 = 1, so that half is left.
    expect(p(model.beginState(), "a")).toBeCloseTo(1 / 2 + (1 / 2) * p(empty, "a"), 6);
    // After a: b twice, </s> once: (2 − 1) / 3 and (1 − 0.5) / 3, and 1.5 / 3 left.
    const { state } = model.score(model.beginState(), model.wordId("a"));
    expect(p(state, "b")).toBeCloseTo(1 / 3 + 0.5 * p(empty, "b"), 6);
    expect(p(state, "</s>")).toBeCloseTo(0.5 / 3 + 0.5 * p(empty, "</s>"), 6);
    expectSums(model);
  });

  test.each([1, 2, 5])("sums to 1 after every history, of order %i", async (order) => {
    expectSums((await trained([randomText(40, 9)], { order })).model);
  });

  test("goes through an ARPA file to the bit", async () => {
    const { model } = await trained([randomText(60, 10)], { order: 4 });
    const parser = new ArpaParser("x");
    for (const line of [...arpaText(model)].join("").split("\n")) parser.line(line);
    const again = parser.finish();
    expect(again.words).toEqual(model.words);
    expect(again.arrays).toEqual(model.arrays);
  });
});
