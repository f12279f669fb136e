/** CTC beam search: against all paths there are, against the greedy path, and in pieces. */
import { expect, describe, test } from "vitest";
import { scoreLine } from "../../src/apps/score.js";
import { Random } from "../../src/engine/random.js";
import { CtcDecoder, type CtcHypothesis, type CtcOptions } from "../../src/generate/ctc/ctc-decoder.js";
import type { Matrix } from "../../src/generate/ctc/frames.js";
import { type NgramModel, scoreSentence } from "../../src/ngram/ngram-model.js";
import { ArpaParser } from "../../src/ngram/parse-arpa.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel } from "./models.js";

/** No beam is dropped, no label passed over. */
const EXACT = { beamWidth: 65_536, beamMargin: 1e9, labelFloor: -1e9, nBest: 1000 };

const ARPA = `\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-99\t<s>\t-0.3
-0.9\t</s>
-1.2\t<unk>
-0.5\ta\t-0.2
-0.7\tab\t-0.4

\\2-grams:
-0.1\t<s> ab
-0.25\tab a

\\end\\`;

function ngramOf(text: string): NgramModel {
  const parser = new ArpaParser("words.arpa");
  for (const line of text.split("\n")) parser.line(line);
  return parser.finish();
}

/** (T, V) of random log-probabilities. */
function randomMatrix(frames: number, labels: number, seed: number, sharpness = 2): Matrix {
  const random = new Random(seed);
  const data = new Float64Array(frames * labels);
  for (let t = 0; t < frames; t++) {
    const x = Array.from({ length: labels }, () => sharpness * random.next());
    const sum = Math.log(x.reduce((total, value) => total + Math.exp(value), 0));
    for (const [v, value] of x.entries()) data[t * labels + v] = value - sum;
  }
  return { frames, labels, data };
}

/** What one path says, and when, by the definition alone. */
function reading(path: readonly number[], labels: readonly string[], blank: string) {
  let spelled = "";
  const words: { start: number; end: number }[] = [];
  let within = false;
  let before = blank;
  for (const [t, column] of path.entries()) {
    const label = labels[column]!;
    if (label !== blank) {
      const letters = label.replace(/^[▁ |]/, "");
      if (label !== before) {
        const ends = letters !== label;
        if (ends) within = false;
        spelled += (ends ? " " : "") + letters;
        if (letters !== "" && !within) words.push({ start: t, end: t + 1 });
        within ||= letters !== "";
        if (letters !== "") words.at(-1)!.end = t + 1;
      } else if (letters !== "") words.at(-1)!.end = t + 1;
    }
    before = label;
  }
  return {
    text: spelled
      .split(" ")
      .filter((word) => word !== "")
      .join(" "),
    words,
  };
}

interface Heard {
  acoustic: number;
  best: number;
  words: { start: number; end: number }[];
}

/** Every text with Σ p over all of its paths, and the most probable of these. */
function allTexts(
  { frames, labels: V, data }: Matrix,
  labels: readonly string[],
  blank: string,
): Map<string, Heard> {
  const texts = new Map<string, Heard>();
  for (let n = 0; n < V ** frames; n++) {
    const path = Array.from({ length: frames }, (_, t) => Math.floor(n / V ** t) % V);
    const logProbability = path.reduce((sum, column, t) => sum + data[t * V + column]!, 0);
    const { text, words } = reading(path, labels, blank);
    const heard = texts.get(text);
    if (!heard) texts.set(text, { acoustic: Math.exp(logProbability), best: logProbability, words });
    else {
      heard.acoustic += Math.exp(logProbability);
      if (logProbability > heard.best) Object.assign(heard, { best: logProbability, words });
    }
  }
  return texts;
}

const times = ({ words }: CtcHypothesis) =>
  words.map(({ startFrame: start, endFrame: end }) => ({ start, end }));

const LABEL_SETS: [labels: string[], blank: string][] = [
  [["<blank>", " ", "a", "b"], "<blank>"],
  [["a", "|", "b", "<pad>"], "<pad>"],
  [["▁a", "b", "", "▁"], ""],
  [["▁ab", "b", "▁a", "<blk>"], "<blk>"],
  [["ab", "a", "b", " ", "<blank>"], "<blank>"],
];

describe("all texts, with the sum over all of their paths", () => {
  test.each(LABEL_SETS)("without a language model: %j", (labels, blank) => {
    for (let seed = 1; seed <= 3; seed++) {
      const matrix = randomMatrix(5, labels.length, seed);
      const expected = allTexts(matrix, labels, blank);
      const found = new CtcDecoder(labels, {}, EXACT).decode(matrix);
      expect(found.map(({ text }) => text).toSorted()).toEqual([...expected.keys()].toSorted());
      for (const hypothesis of found) {
        const { acoustic, words } = expected.get(hypothesis.text)!;
        expect(hypothesis.acoustic).toBeCloseTo(Math.log(acoustic), 9);
        expect(hypothesis.score).toBe(hypothesis.acoustic);
        expect(times(hypothesis)).toEqual(words);
        expect(hypothesis.words.map(({ word }) => word).join(" ")).toBe(hypothesis.text);
      }
      const sum = found.reduce((total, { acoustic }) => total + Math.exp(acoustic), 0);
      expect(sum).toBeCloseTo(1, 9);
      expect(found.map(({ score }) => score)).toEqual(
        found.map(({ score }) => score).toSorted((a, b) => b - a),
      );
    }
  });

  const text = "a b ab ba\nab a aab\nb abba a\n";
  test.each<[string, () => Promise<Tokenizer>]>([
    ["characters", () => trainTokenizer("char", [text])],
    ["characters of lines", () => trainTokenizer("char", [text], { lines: true })],
    ["words", () => trainTokenizer("word", [text], { minCount: 2 })],
    ["words of lines", () => trainTokenizer("word", [text], { minCount: 1, lines: true })],
    ["byte pairs", () => trainTokenizer("bpe", [text], { vocabSize: 262 })],
  ])("with a model of %s, and an n-gram model", async (_, tokenizerOf) => {
    const tokenizer = await tokenizerOf();
    const model = randomModel(tokenizer);
    const ngram = ngramOf(ARPA);
    const options: CtcOptions = {
      modelWeight: 0.7,
      ngramWeight: 0.3,
      wordBonus: 0.8,
      unknownScore: -1.5,
      hotWords: ["b a", "ab"],
      hotWeight: 0.9,
    };
    for (const [labels, blank] of [LABEL_SETS[0]!, LABEL_SETS[3]!]) {
      const matrix = randomMatrix(5, labels.length, 7);
      const expected = allTexts(matrix, labels, blank);
      const found = new CtcDecoder(
        labels,
        { model: { model, tokenizer }, ngram },
        { ...EXACT, ...options },
      ).decode(matrix);
      expect(found).toHaveLength(expected.size);
      for (const { text: heard, score, acoustic, model: byModel, ngram: byNgram } of found) {
        const words = heard.split(" ").filter((word) => word !== "");
        const line = scoreLine(model, tokenizer, heard);
        const lm = -line.nats - 1.5 * line.unknown;
        const unknownWords = words.filter((word) => ngram.wordId(word) === undefined).length;
        const counts = [...scoreSentence(ngram, words)].reduce(
          (sum, { logProbability }) => sum + logProbability,
          0,
        );
        const hot = ["b a", "ab"].flatMap(
          (phrase) => ` ${heard} `.match(new RegExp(`(?<= )${phrase}(?= )`, "g")) ?? [],
        );
        expect(acoustic).toBeCloseTo(Math.log(expected.get(heard)!.acoustic), 9);
        expect(byModel).toBeCloseTo(lm, 7);
        expect(byNgram).toBeCloseTo(counts - 1.5 * unknownWords, 7);
        expect(score).toBeCloseTo(
          acoustic + 0.7 * lm + 0.3 * byNgram! + 0.8 * words.length + 0.9 * hot.length,
          7,
        );
      }
    }
  });
});

describe("where beams are dropped", () => {
  const labels = [..." abcdefgh", "<blank>"];

  test("a sharp matrix gives the greedy path's text, even with one beam", () => {
    const random = new Random(4);
    const V = labels.length;
    const path = Array.from({ length: 60 }, () => random.below(V));
    const data = Float64Array.from(
      path.flatMap((said) => labels.map((_, v) => Math.log(v === said ? 0.9 : 0.1 / (V - 1)))),
    );
    const greedy = reading(path, labels, "<blank>").text;
    for (const beamWidth of [1, 100])
      expect(new CtcDecoder(labels, {}, { beamWidth }).decode({ frames: 60, labels: V, data })[0]!.text).toBe(
        greedy,
      );
  });

  test("a wider search is never worse, and no score is above the exact one", () => {
    const matrix = randomMatrix(30, labels.length, 3, 3);
    const scores = [1, 4, 16, 64, 256].map(
      (beamWidth) => new CtcDecoder(labels, {}, { ...EXACT, beamWidth }).decode(matrix)[0]!.score,
    );
    expect(scores.at(-1)!).toBeGreaterThan(scores[0]!);
  });

  test("pieces give the same as the whole, with a model whose states are used again", async () => {
    const tokenizer = await trainTokenizer("char", ["abc defgh\n cab\n"]);
    const model = { model: randomModel(tokenizer), tokenizer };
    const decoder = new CtcDecoder(labels, { model }, { beamWidth: 20, nBest: 5 });
    const matrix = randomMatrix(40, labels.length, 11, 4);
    const whole = decoder.decode(matrix);
    for (const size of [1, 7, 40]) {
      const stream = decoder.stream();
      let partial = "";
      for (let from = 0; from < 40; from += size) {
        const frames = Math.min(size, 40 - from);
        const data = matrix.data.subarray(from * labels.length, (from + frames) * labels.length);
        partial = stream.push({ frames, labels: labels.length, data });
      }
      expect(stream.frames).toBe(40);
      expect(typeof partial).toBe("string");
      expect(stream.finish()).toEqual(whole);
    }
    // The model's own score of the found text is the one that scoring has.
    for (const { text, model: lm } of whole) {
      const { nats, unknown } = scoreLine(model.model, tokenizer, text);
      expect(lm).toBeCloseTo(-nats - 10 * unknown, 7);
    }
  });

  test("a language model and a hot word decide where the sound does not", () => {
    const ab = ["a", "b", "<blank>"];
    const data = Float64Array.from([0.45, 0.44, 0.11].map(Math.log));
    const matrix = { frames: 1, labels: 3, data };
    const heard = (models: object, options: CtcOptions) =>
      new CtcDecoder(ab, models, options).decode(matrix)[0]!.text;
    expect(heard({}, {})).toBe("a");
    expect(heard({}, { hotWords: ["b"] })).toBe("b");
    const ngram = ngramOf(
      ARPA.replace("-0.5\ta", "-4\ta")
        .replace("-0.7\tab", "-0.1\tb")
        .replace("<s> ab", "<s> b")
        .replace("ab a", "b a"),
    );
    expect(heard({ ngram }, {})).toBe("b");
    expect(heard({ ngram }, { ngramWeight: 0 })).toBe("a");
  });

  test("nothing heard is an empty text", () => {
    const decoder = new CtcDecoder(["a", "<blank>"]);
    expect(decoder.decode({ frames: 0, labels: 2, data: new Float64Array(0) })).toEqual([
      { text: "", score: 0, acoustic: 0, words: [] },
    ]);
  });
});

describe("models that write otherwise than the labels", () => {
  const capitals = [..." ABCDE", "<blank>"];
  const small = "abc bed cab\nace dab\n";
  const made = (words: readonly string[]): NgramModel =>
    ngramOf(
      `\\data\\\nngram 1=${words.length}\n\n\\1-grams:\n${words.map((word) => `-1\t${word}`).join("\n")}\n\n\\end\\`,
    );
  const marks = ["<s>", "</s>", "<unk>"];

  test.each<["char" | "word", RegExp]>([
    [
      "char",
      /^The model knows 0 of the 5 characters of the labels; give the labels another case with case, or/,
    ],
    ["word", /^Of the 5 words of the model 0 can be written with the labels; give/],
  ])("a model of small letters, %s", async (kind, message) => {
    const tokenizer = await trainTokenizer(kind, [small], { minCount: 1 });
    const model = { model: randomModel(tokenizer), tokenizer };
    expect(() => new CtcDecoder(capitals, { model })).toThrow(message);
    const lower = new CtcDecoder(capitals, { model }, { case: "lower" });
    expect(lower.decode(randomMatrix(3, 7, 1))[0]!.text).toMatch(/^[a-e ]*$/);
  });

  test("n-gram models: of small letters, of a few words that fit, of characters, of byte pairs", () => {
    const refusal = (words: readonly string[], message: RegExp) =>
      expect(() => new CtcDecoder(capitals, { ngram: made([...marks, ...words]) })).toThrow(message);
    refusal(
      ["abc", "bed"],
      /^Of the 2 words of the n-gram model 0 can be written with the labels; give the labels/,
    );
    refusal(["A", ..."abcdefghij"], /^Of the 11 words of the n-gram model 1 can/);
    refusal(
      ["A", "B", "<0x20>"],
      /^The n-gram model is one over characters or byte pairs, .*; train one over words\.$/,
    );
    refusal(["A", "ĠA", "ĠB"], /^The n-gram model is one over characters or byte pairs/);
    const words = ["A", ..."abcdefghi"];
    expect(() => new CtcDecoder(capitals, { ngram: made([...marks, ...words]) })).not.toThrow();
    // A word of Maltese among many.
    const many = Array.from({ length: 30 }, (_, i) => "A".repeat(i + 1));
    expect(() => new CtcDecoder(capitals, { ngram: made([...many, "Ġurnata"]) })).not.toThrow();
  });
});

describe("what is refused", () => {
  const decoder = new CtcDecoder(["a", "b", "<blank>"]);
  const frame = (...data: number[]): Matrix => ({
    frames: 1,
    labels: data.length,
    data: Float64Array.from(data),
  });

  test.each<[string, Matrix, RegExp]>([
    ["NaN", frame(NaN, 0, 0), /m\.npy, frame 1: the value of label 1 is NaN, which is no log-probability/],
    ["+∞", frame(0, Infinity, 0), /the value of label 2 is Infinity/],
    [
      "logits",
      frame(5, 2, 1),
      /the probabilities sum to 15\d, so these are no log-probabilities; give values: logits/,
    ],
    ["nothing possible", frame(-Infinity, -Infinity, -Infinity), /no label is possible/],
    ["other labels", frame(0, 0), /m\.npy has 2 columns and there are 3 labels/],
  ])("%s", (_, matrix, message) => {
    expect(() => decoder.decode(matrix, "m.npy")).toThrow(message);
  });

  test("probabilities and logits are taken where they are said to be", () => {
    const { frames, labels, data } = randomMatrix(4, 3, 5);
    const expected = decoder.decode({ frames, labels, data })[0]!;
    const asked = (values: CtcOptions["values"], change: (x: number) => number) =>
      new CtcDecoder(["a", "b", "<blank>"], {}, { values }).decode({
        frames,
        labels,
        data: data.map(change),
      })[0]!;
    expect(asked("probabilities", Math.exp).score).toBeCloseTo(expected.score, 9);
    expect(asked("logits", (x) => x + 3).score).toBeCloseTo(expected.score, 9);
    expect(() => asked("probabilities", (x) => x)).toThrow(/which is no probability/);
  });

  test.each<[string, string[], CtcOptions, RegExp]>([
    ["no blank", ["a", "b"], {}, /None of the labels is a usual name of the blank .*; say which/],
    ["another blank", ["a", "b"], { blank: "-" }, /There is no label "-"/],
    ["a label twice", ["a", "a", ""], {}, /Label 2 is "a", as one before it/],
    ["white space within", ["a b", ""], {}, /Label 1 is "a b"/],
    [
      "an unknown option",
      ["a", ""],
      { beams: 3 } as CtcOptions,
      /CtcDecoder has no option beams; there are modelWeight/,
    ],
  ])("%s", (_, labels, options, message) => {
    expect(() => new CtcDecoder(labels, {}, options)).toThrow(message);
  });

  test("marks are not written, and letters take the case that is asked for", () => {
    const marked = new CtcDecoder(["<s>", "A", "<pad>", "|", "[UNK]"], {}, { case: "lower" });
    expect(marked.labels.marks).toEqual(["<s>", "[UNK]"]);
    const y = [0.9, 0.05, 0.03, 0.01, 0.01].map(Math.log);
    expect(marked.decode({ frames: 1, labels: 5, data: Float64Array.from(y) })[0]!.text).toBe("a");
  });
});
