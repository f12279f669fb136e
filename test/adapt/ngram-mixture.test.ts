import { expect, test } from "vitest";
import { fitWeight, NgramMixture } from "../../src/adapt/ngram-mixture.js";
import { Random } from "../../src/engine/random.js";
import { trained } from "../ngram/trained.js";
import { smallModel } from "./small-model.js";

test("EM finds the weight of greatest likelihood", () => {
  const random = new Random(3);
  const [a, b] = [0, 1].map(() =>
    Float64Array.from({ length: 300 }, () => Math.log(0.01 + 0.9 * random.next())),
  );
  const loss = (w: number) =>
    a!.reduce((sum, x, t) => sum - Math.log((1 - w) * Math.exp(x) + w * Math.exp(b![t]!)), 0);
  const found = fitWeight(a!, b!);
  for (const other of [found - 0.02, found + 0.02]) expect(loss(found)).toBeLessThan(loss(other));
});

test("the mixture is of both probabilities, sums to 1, and gives strangers their part of <unk>", async () => {
  const { model: ngram } = await trained(["a b a\na b\nb q a\n"], { order: 3 });
  // q is no token; z is no word.
  const words = ["<unk>", "</s>", "a", "b", "z"];
  const map = { words, ends: new Set([1]), unknownId: 0 };
  const inner = smallModel({ vocabulary: 5 });
  const inputs = Int32Array.of(1, 2, 3, 0, 2, 1);
  const rowsOf = (weight: number): number[][] => {
    const mixture = new NgramMixture(inner, ngram, map, weight);
    const state = mixture.zeroState(1);
    return Array.from(inputs, (id) => {
      const logits = Array.from(mixture.logits(Int32Array.of(id), state));
      const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
      return logits.map((x) => Math.exp(x) / sum);
    });
  };
  const [plain, half, alone] = [rowsOf(0), rowsOf(0.5), rowsOf(1)];
  for (const [t, row] of half!.entries())
    for (const [v, p] of row.entries()) expect(p).toBeCloseTo((plain![t]![v]! + alone![t]![v]!) / 2, 5);
  // After the end of a line, <s> is the history.
  const p = (state: number, word: string) => Math.exp(ngram.score(state, ngram.wordId(word)).logProbability);
  const begin = ngram.beginState();
  expect(alone![0]![2]).toBeCloseTo(p(begin, "a"), 5);
  expect(alone![0]![4]).toBeCloseTo(p(begin, "<unk>") / 2, 5);
  expect(alone![0]![0]).toBeCloseTo(p(begin, "<unk>") / 2 + p(begin, "q"), 5);
  const { state } = ngram.score(begin, ngram.wordId("a"));
  expect(alone![1]![3]).toBeCloseTo(p(state, "b"), 5);

  const targets = Int32Array.of(2, 3, 0, 2, 1, -1);
  const mixture = new NgramMixture(inner, ngram, map, 0.5);
  const logs = new Float64Array(6);
  mixture.evaluate({ T: 6, B: 1, inputs, targets }, mixture.zeroState(1), logs);
  for (let t = 0; t < 5; t++) expect(Math.exp(logs[t]!)).toBeCloseTo(half![t]![targets[t]!]!, 5);
});
