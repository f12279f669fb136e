import { describe, expect, test } from "vitest";
import { childOf } from "../../src/ngram/ngram-trie.js";
import { ArpaParser } from "../../src/ngram/parse-arpa.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/format/safetensors.js";
import { ngramOf, ngramTensors } from "../../src/ngram/binary-ngram.js";
import { NgramMeasure } from "../../src/ngram/measure-ngram.js";
import { scoreSentence } from "../../src/ngram/ngram-model.js";

const SMALL = `made by hand

\\data\\
ngram 1=5
ngram  2= 4
ngram 3=1

\\1-grams:
-1\tb -0.25
-99\t<s>\t-0.5
-0.5\t</s>
-0.75\ta\t-0.125
-2\t<unk>

\\2-grams:
-0.3\t<s> a\t-0.1
-0.2 b </s>
-0.6\ta b\t-0.7\r
-0.4\tb a\t0

\\3-grams:
-0.05\t<s> a b

\\end\\
`;

const parse = (text: string) => {
  const parser = new ArpaParser("x.arpa");
  for (const line of text.replace(/\n$/, "").split("\n")) parser.line(line);
  return parser.finish();
};

const log10s = (text: string, sentence: string) =>
  [...scoreSentence(parse(text), sentence.split(" "))].map((s) =>
    Number((s.logProbability / Math.LN10).toFixed(5)),
  );

/** log10 p, and whether it was above 1. */
const scoresOf = (text: string, sentence: string) =>
  [...scoreSentence(parse(text), sentence.split(" "))].map(({ logProbability, aboveOne }) => [
    Number((logProbability / Math.LN10).toFixed(5)) + 0,
    aboveOne,
  ]);

describe("an ARPA file", () => {
  test("gives the probabilities that Katz's backoff says", () => {
    expect(parse(SMALL).counts).toEqual([5, 4, 1]);
    expect(log10s(SMALL, "a b")).toEqual([-0.3, -0.05, -0.9]);
    // <s> b: backoff of <s>; b a; a b after b a: b(b a) = 0, then the bigram.
    expect(log10s(SMALL, "b a b")).toEqual([-1.5, -0.4, -0.6, -0.9]);
    const lengths = [...scoreSentence(parse(SMALL), ["a", "x", "a"])];
    expect(lengths.map(({ length, outOfVocabulary }) => [length, outOfVocabulary])).toEqual([
      [2, false],
      [1, true],
      [1, false],
      [1, false],
    ]);
    expect(lengths[1]!.logProbability / Math.LN10).toBeCloseTo(-0.1 - 0.125 - 2, 5);
  });

  test("gives whole distributions that agree with single scores", () => {
    const model = parse(SMALL);
    const into = new Float64Array(model.words.length);
    for (const state of [
      model.emptyState(),
      model.beginState(),
      model.score(model.beginState(), model.wordId("a")).state,
    ]) {
      model.logProbabilities(state, into);
      for (let id = 0; id < into.length; id++) expect(into[id]).toBe(model.score(state, id).logProbability);
    }
    expect(childOf(model.arrays, 1, 0)).toBe(-1);
  });

  test("has an <unk> of 10^-100 where it names none, and <UNK> is <unk>", () => {
    const without = SMALL.replace("-2\t<unk>\n", "").replace("1=5", "1=4");
    expect(log10s(without, "x")[0]).toBe(-100.5);
    expect(log10s(SMALL.replace("<unk>", "<UNK>"), "x")[0]).toBe(-2.5);
  });

  test("has −inf as −99, of probabilities and of weights", () => {
    const text = SMALL.replace("-0.5\t</s>", "-inf\t</s>").replace("a\t-0.125", "a\t-Infinity");
    expect(log10s(text, "a b a")).toEqual([-0.3, -0.05, -1.1, -198]);
  });

  test("takes 1 where a weight makes more of a probability, and says so", () => {
    const katz = SMALL.replace("a\t-0.125", "a\t0.6");
    // After <s> a, which has a weight of its own: −0.1 + 0.6 − 0.5 is 1 to within what numbers are rounded.
    expect(scoresOf(katz, "a")).toEqual([
      [-0.3, undefined],
      [0, undefined],
    ]);
    const more = SMALL.replace("a\t-0.125", "a\t0.75");
    expect(scoresOf(more, "a")).toEqual([
      [-0.3, undefined],
      [0, true],
    ]);
    const measure = new NgramMeasure(parse(more));
    measure.add(["a"]);
    expect(measure.figures()).toMatchObject({ tokens: 2, aboveOne: 1 });
    expect(measure.notices()).toEqual([expect.stringMatching(/1 of 2 tokens have a probability above 1/)]);
  });

  test("keeps its binary form to the bit, which is refused where it is damaged", () => {
    const model = parse(SMALL);
    const { tensors, metadata } = ngramTensors(model);
    const again = ngramOf(decodeSafetensors(encodeSafetensors(tensors, metadata), "x"), "x");
    expect(again.words).toEqual(model.words);
    expect(again.arrays).toEqual(model.arrays);
    for (const name of ["begins", "word", "first_child", "suffix"]) {
      const damaged = tensors.map((tensor) =>
        tensor.name === name ? { ...tensor, data: (tensor.data as Int32Array).map((x) => x + 9) } : tensor,
      );
      expect(() => ngramOf(decodeSafetensors(encodeSafetensors(damaged, metadata), "x"), "x")).toThrow(
        "x is damaged",
      );
    }
    expect(() => ngramOf(decodeSafetensors(encodeSafetensors(tensors, {}), "x"), "x")).toThrow(
      "not an n-gram",
    );
  });

  test.each<[string, (text: string) => string, string]>([
    ["no ARPA file", () => "hello\n", "x.arpa is no ARPA file"],
    ["IRSTLM's own", () => "iARPA\n", "line 1: this is IRSTLM's own format"],
    ["cut", (t) => t.slice(0, -8), "x.arpa ends early, after line"],
    ["no counts", () => "\\data\\\n\\1-grams:\n", "line 2: no counts"],
    [
      "a doubled count",
      (t) => t.replace("ngram 3", "ngram 2"),
      "line 6: the count of 2-grams comes where that of 3-grams",
    ],
    ["too many", (t) => t.replace("2= 4", "2=3"), "line 19: there are more 2-grams than the 3"],
    [
      "too few",
      (t) => t.replace("2= 4", "2=4000000000"),
      "line 21: there are 4 2-grams, and \\data\\ names 4,000,000,000",
    ],
    [
      "a positive probability",
      (t) => t.replace("-0.6\ta b", "0.6\ta b"),
      "line 18: the logarithm of a probability is 0.6",
    ],
    [
      "no number",
      (t) => t.replace("-0.6\ta b", "NaN\ta b"),
      'line 18: the logarithm of a probability is "NaN"',
    ],
    [
      "a bad backoff",
      (t) => t.replace("b\t-0.7", "b\t--7"),
      'line 18: the logarithm of a backoff weight is "--7"',
    ],
    [
      "an unknown word",
      (t) => t.replace("a b\t-0.7", "a c\t-0.7"),
      'line 18: the word "c" is not among the 1-grams',
    ],
    ["a doubled word", (t) => t.replace("-2\t<unk>", "-2\ta"), 'line 13: the word "a" stands twice'],
    ["a doubled n-gram", (t) => t.replace("b a\t0", "a b\t0"), "line 19: this 2-gram stands twice"],
    [
      "a missing context",
      (t) => t.replace("<s> a b", "b b a"),
      'line 22: the words before the last, "b b", are not among the 2-grams',
    ],
    ["columns", (t) => t.replace("-0.05\t<s> a b", "-0.05\ta b"), "line 22: an entry of 3-grams"],
    [
      "a wrong section",
      (t) => t.replace("\\3-grams:", "\\4-grams:"),
      'line 21: "\\\\4-grams:" stands where \\3-grams: is expected',
    ],
    ["more after the end", (t) => `${t}more\n`, 'line 25: "more" follows after \\end\\'],
  ])("is refused with the line: %s", (_, change, message) => {
    expect(() => parse(change(SMALL))).toThrow(message);
  });
});
