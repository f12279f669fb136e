/** Whatever a function of the library is called with, what is wrong is said in a sentence: a UserError, never a TypeError. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as recurra from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-arguments-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let ngram: recurra.NgramModel;
beforeAll(async () => {
  const text = join(folder, "text.txt");
  writeFileSync(text, "the whale swims\nthe sea is calm\n".repeat(5));
  ({ model: ngram } = await recurra.trainNgram([text], { order: 2 }));
});

type Call = (...values: readonly unknown[]) => unknown;
const trial = (name: string, call: Call, wrong: readonly unknown[][]) => ({ name, call, wrong });
const of = (call: unknown): Call => call as Call;

const NO_MODEL = [undefined, null, 5, "model", {}, []];
const TRIALS = [
  trial("trainNgram", of(recurra.trainNgram), [[], ["text.txt"], [5], [{}], [[5]], [[], { order: "3" }]]),
  trial(
    "writeNgram",
    of(recurra.writeNgram),
    NO_MODEL.map((model) => [model, "x.arpa"]),
  ),
  trial(
    "interpolate",
    of(recurra.interpolate),
    NO_MODEL.map((model) => [model, {}, 0.5]),
  ),
  trial(
    "fitInterpolation",
    of(recurra.fitInterpolation),
    NO_MODEL.map((model) => [model, {}, ["o.txt"]]),
  ),
  trial("wordErrors", of(recurra.wordErrors), [[], ["a b", "a c"], [5, 6], [["a"]], [["a"], [5]]]),
  trial(
    "scoreSentence",
    (...values) => [...(of(recurra.scoreSentence)(...values) as Iterable<unknown>)],
    NO_MODEL.map((model) => [model, ["a"]]),
  ),
  trial("rescoreUtterances", of(recurra.rescoreUtterances), [
    [],
    [undefined, [], {}],
    [undefined, 5, { weights: {} }],
  ]),
  trial("rescore", of(recurra.rescore), [[], [undefined, "x", {}], [undefined, ["x"], { weights: "w" }]]),
  trial("openLabelled", of(recurra.openLabelled), [
    [],
    ["a.csv"],
    [[5]],
    [[], { field: 5 }],
    [[], { columns: "x" }],
  ]),
  trial("loadNgram", of(recurra.loadNgram), [[], [5], [{}]]),
  trial("load", of(recurra.load), [[], [5], ["x", 5]]),
  trial(
    "CtcDecoder",
    (...values) =>
      new (recurra.CtcDecoder as unknown as new (...v: readonly unknown[]) => unknown)(...values),
    [
      [],
      ["abc"],
      [["a", "<blank>"], 5],
      [["a", "<blank>"], { model: "char.model" }],
      [["a", "<blank>"], { ngram: {} }],
      [["a", "<blank>"], { other: 1 }],
    ],
  ),
];

describe("wrong arguments", () => {
  for (const { name, call, wrong } of TRIALS)
    test(name, async () => {
      for (const values of wrong) {
        let error: unknown;
        try {
          await call(...values);
        } catch (thrown) {
          error = thrown;
        }
        expect(error, `${name}(${values.map(String).join(", ")})`).toBeInstanceOf(recurra.UserError);
      }
    });

  test("of utterances to rescore", async () => {
    const hypotheses = [{ text: "a", scores: {} }];
    const wrong = [
      5,
      {},
      { id: 1, hypotheses },
      { id: "u", hypotheses: {} },
      { id: "u", hypotheses: ["a"] },
      { id: "u", hypotheses: [{ text: "a" }] },
      { id: "u", hypotheses: [{ text: "a", scores: { s: Number.NaN } }] },
      { id: "u", references: "a", hypotheses },
      { id: "u", references: [], hypotheses },
    ];
    for (const utterance of wrong)
      for (const options of [{ weights: { rank: 1 } }, { tune: [utterance] }]) {
        const utterances = "tune" in options ? [{ id: "u", hypotheses }] : [utterance];
        const done = recurra.rescoreUtterances(
          undefined,
          utterances as never,
          { ...options, ngram } as never,
        );
        await expect(done).rejects.toThrow(/ (utterances|tune), number 1|^(utterances|tune), number 1/);
        await expect(done).rejects.toBeInstanceOf(recurra.UserError);
      }
  });

  test("of a matrix", () => {
    const decoder = new recurra.CtcDecoder(["a", "b", "<blank>"]);
    const row = Float32Array.of(-1, -1, -1);
    const wrong = [
      null,
      undefined,
      [[0, 0, 0]],
      { frames: 1, labels: 3, data: [-1, -1, -1] },
      { frames: Number.NaN, labels: 3, data: row },
      { frames: -1, labels: 3, data: row },
      { frames: 1, data: row },
    ];
    for (const matrix of wrong)
      expect(() => decoder.decode(matrix as unknown as recurra.Matrix)).toThrow(recurra.UserError);
  });

  test("probabilities that are taken for log-probabilities are known as what they are", () => {
    const decoder = new recurra.CtcDecoder(["a", "b", "<blank>"]);
    const matrix = { frames: 1, labels: 3, data: Float32Array.of(0.2, 0.7, 0.1) };
    expect(() => decoder.decode(matrix)).toThrow(
      /give values: "probabilities"|give values "probabilities"|probabilities: give/,
    );
  });

  test("words of a sentence are words", () => {
    for (const words of ["the", [1, 2], ["<s>"], 5])
      expect(() => [...recurra.scoreSentence(ngram, words as string[])]).toThrow(recurra.UserError);
    expect([...recurra.scoreSentence(ngram, ["the"])]).toHaveLength(2);
  });

  test("an n-gram model replaces a file only where that is asked for", async () => {
    const path = join(folder, "mine.arpa");
    writeFileSync(path, "precious\n");
    const model = ngram as Parameters<typeof recurra.writeNgram>[0];
    await expect(recurra.writeNgram(model, path)).rejects.toThrow(/There is a file .* already/);
    await recurra.writeNgram(model, path, { overwrite: true });
    expect((await recurra.loadNgram(path)).words).toEqual(ngram.words);
  });
});
