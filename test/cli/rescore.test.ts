/** `recurra rescore` and `score --kaldi` as a person uses them: a model that knows better corrects the recogniser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../src/apps/load.js";
import { rescore } from "../../src/apps/rescore.js";
import { rescoreUtterances } from "../../src/apps/rescore-utterances.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-rescore-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [model, dev, tested] = [at("toy.model"), at("dev.json"), at("test.json")];
/** What was said, and what a recogniser that confuses "sea" with "see" puts first. */
const lists = (sentences: readonly string[]) =>
  JSON.stringify(
    sentences.map((ref) => ({ ref, hyps: [ref.replace("sea", "see"), ref, ref.replace("the", "a")] })),
  );

beforeAll(async () => {
  const sentences = [
    "the sea is calm",
    "the whale swims in the sea",
    "the ship is on the sea",
    "the sea was blue",
  ];
  writeFileSync(at("text.txt"), `${sentences.join("\n")}\n`.repeat(150));
  const flags = [
    "--tokenizer",
    "word",
    "--lines",
    "--hidden",
    "16",
    "--layers",
    "1",
    "--steps",
    "150",
    "--threads",
    "1",
  ];
  expect((await recurra(["train", at("text.txt"), "--out", model, ...flags])).code).toBe(0);
  writeFileSync(dev, lists(sentences.slice(0, 2)));
  writeFileSync(tested, lists(sentences.slice(2)));
});

describe("rescore", () => {
  test("tunes on one set, corrects the other, keeps the weights and uses them again", async () => {
    const weights = at("weights.json");
    const first = await recurra(["rescore", model, tested, "--tune", dev, "--weights", weights, "--json"]);
    expect([first.code, first.err]).toEqual([0, ""]);
    const told = JSON.parse(first.out) as Record<string, number> & {
      weights: Record<string, number>;
      changed: object[];
    };
    expect(told).toMatchObject({ utterances: 2, words: 10, hypotheses: 12, wer_oracle: 0, wer_rescored: 0 });
    expect(told["wer_first"]).toBeCloseTo(0.2, 12);
    expect(told.weights).toMatchObject({
      rank: 1,
      model: expect.any(Number) as number,
      words: expect.any(Number) as number,
    });
    expect(told.changed[0]).toMatchObject({
      id: "1",
      errors_first: 1,
      errors_chosen: 0,
      chosen: "the ship is on the sea",
    });
    const again = await recurra(["rescore", model, tested, "--weights", weights, "--out", at("best.txt")]);
    const twice = await recurra(["rescore", model, tested, "--weights", weights, "--out", at("best.txt")]);
    expect([twice.code, twice.err]).toEqual([
      2,
      expect.stringMatching(/There is a file .*best\.txt already/),
    ]);
    const kept = readFileSync(dev, "utf8");
    expect((await recurra(["rescore", model, tested, "--tune", dev, "--weights", dev])).code).toBe(2);
    expect(readFileSync(dev, "utf8")).toBe(kept);
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/errors, first +20\.00 % of words, 100\.00 % of utterances/);
    expect(again.out).toMatch(/errors, rescored +0\.00 % of words/);
    expect(again.out).toMatch(/changed +2: 2 better, 0 worse, 0 as good/);
    expect(readFileSync(at("best.txt"), "utf8")).toBe("1 the ship is on the sea\n2 the sea was blue\n");
  });

  test("with none in the model's place the n-gram model scores alone; something has to score", async () => {
    const ngram = at("toy.arpa");
    expect((await recurra(["ngram", "train", at("text.txt"), "--order", "2", "--out", ngram])).code).toBe(0);
    const alone = await recurra(["rescore", "none", tested, "--tune", dev, "--ngram", ngram, "--json"]);
    expect([alone.code, alone.err]).toEqual([0, ""]);
    const told = JSON.parse(alone.out) as { weights: object };
    expect(told).toMatchObject({ wer_rescored: 0, hypotheses: 12 });
    expect(Object.keys(told.weights)).toEqual(["rank", "ngram", "words"]);
    const nothing = await recurra(["rescore", "none", tested, "--tune", dev]);
    expect([nothing.code, nothing.out]).toEqual([2, ""]);
    expect(nothing.err).toMatch(/nothing to score with: neither a model nor --ngram is given; give one/);
    await expect(rescoreUtterances(undefined, [], { weights: { rank: 1 } })).rejects.toThrow(
      /nothing to score with: give a model, or ngram/,
    );
  });

  test("a reference under another name is not passed over", async () => {
    writeFileSync(at("typo.json"), '[{"reference":"the sea","hyps":["the see"]}]');
    const { code, err } = await recurra(["rescore", model, at("typo.json"), "--tune", dev]);
    expect([code, err]).toEqual([2, expect.stringMatching(/utterance 1 has a key "reference".*as ref\.\n$/)]);
  });

  test("without references prints what is chosen", async () => {
    writeFileSync(at("said.json"), '[{"id":"u","hyps":["the see was blue","the sea was blue"]}]');
    const { out } = await recurra(["rescore", model, at("said.json"), "--tune", dev]);
    expect(out).toBe("u the sea was blue\n");
  });

  test("an n-gram model's score is added, and tuned as the others are", async () => {
    const words = at("words.arpa");
    expect((await recurra(["ngram", "train", at("text.txt"), "--order", "2", "--out", words])).code).toBe(0);
    const { out } = await recurra(["rescore", model, tested, "--tune", dev, "--ngram", words, "--json"]);
    const { weights, wer_rescored } = JSON.parse(out) as { weights: object; wer_rescored: number };
    expect(Object.keys(weights)).toEqual(["rank", "model", "ngram", "words"]);
    expect(wer_rescored).toBe(0);
    // In other case the n-gram model knows none of the words.
    const upper = await recurra([
      "rescore",
      "none",
      tested,
      "--tune",
      dev,
      "--ngram",
      words,
      "--case",
      "upper",
    ]);
    expect([upper.code, upper.err]).toEqual([
      0,
      expect.stringMatching(/^The n-gram model does not know (\d+) of the \1 words: most likely/),
    ]);
    const missing = await recurra(["rescore", model, tested, "--tune", dev, "--ngram", at("no.arpa")]);
    expect([missing.code, missing.err]).toEqual([2, expect.stringMatching(/no\.arpa/)]);
    const characters = at("characters.arpa");
    const unigrams = ["<0x20>", "</s>", "a", "b"].map((character) => `-0.6\t${character}`);
    writeFileSync(characters, `\\data\\\nngram 1=4\n\n\\1-grams:\n${unigrams.join("\n")}\n\n\\end\\\n`);
    const refused = await recurra(["rescore", model, tested, "--tune", dev, "--ngram", characters]);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/one over characters or byte pairs/),
    ]);
  });

  test("writes texts as it is asked to before it compares and scores them", async () => {
    writeFileSync(
      at("loud.json"),
      '[{"ref":"THE SEA, WAS BLUE.","hyps":["the see was blue","the sea was blue"]}]',
    );
    const flags = ["--tune", dev, "--case", "lower", "--drop-punctuation", "--json"];
    const { out } = await recurra(["rescore", model, at("loud.json"), ...flags]);
    expect(JSON.parse(out)).toMatchObject({ wer_first: 0.25, wer_rescored: 0 });
    const { out: as } = await recurra(["rescore", model, at("loud.json"), "--tune", dev, "--json"]);
    expect(JSON.parse(as)).toMatchObject({ wer_first: 1 });
  });

  test.each([
    [[], /There are no weights: neither --tune nor --weights is given; give lists to tune them on/],
    [["--weights", "toy.model/config.json"], /config\.json is no file of weights/],
    [["--tune", "said.json"], /The utterances of .*said\.json have no references, .*; give each one/],
    [
      ["--tune", "half.json"],
      /half\.json: 1 of 2 utterances have no reference, the first of them "2"; give all/,
    ],
    [["--tune-refs", "x", "--weights", "y"], /--tune-refs is given without --tune/],
    [
      ["--tune", "scored.json"],
      /no weight for rank in what was tuned on .*scored\.json, and these lists need rank, model, words; tune/,
    ],
  ])("refuses %j", async (flags, message) => {
    writeFileSync(at("half.json"), '[{"ref":"a","hyps":["a"]},{"hyps":["a"]}]');
    writeFileSync(at("scored.json"), '[{"ref":"a","hyps":[{"text":"a","score":1}]}]');
    const own = flags.map((flag) => (flag.endsWith(".json") ? at(flag) : flag));
    const { code, out, err } = await recurra(["rescore", model, tested, ...own]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  test("weights of other scores are refused with their file", async () => {
    const weights = (name: string, own: object) =>
      writeFileSync(at(name), JSON.stringify({ format: "recurra-rescoring", version: 1, weights: own }));
    weights("few.json", { rank: 1, model: 1 });
    weights("many.json", { rank: 1, model: 1, words: 0, acoustic: 1 });
    const refusal = async (name: string) =>
      (await recurra(["rescore", model, tested, "--weights", at(name)])).err;
    expect(await refusal("few.json")).toMatch(/no weight for words in .*few\.json, and these lists need/);
    expect(await refusal("many.json")).toMatch(
      /a weight for acoustic in .*many\.json, a score that these lists do not have .*; tune/,
    );
    writeFileSync(at("silent.json"), '[{"ref":"","hyps":["a"]}]');
    writeFileSync(at("clash.json"), '[{"hyps":[{"text":"a","scores":{"model":1}}]}]');
    const tuned = async (name: string) => (await recurra(["rescore", model, at(name), "--tune", dev])).err;
    expect(await tuned("silent.json")).toMatch(/references of .*silent\.json have no words, .*; give/);
    expect(await tuned("clash.json")).toMatch(/A score of .*clash\.json is called model, .*; give/);
  });

  test("the library takes utterances as they are, and checks its options", async () => {
    const loaded = await load(model, { threads: 1 });
    const hypothesis = (text: string) => ({ text, scores: {} });
    const utterance = (said: string) => ({
      id: said,
      references: [said],
      hypotheses: [hypothesis(said.replace("sea", "see")), hypothesis(said)],
    });
    const tune = [utterance("the sea is calm")];
    const result = await rescoreUtterances(loaded, [utterance("the sea was blue")], { tune });
    expect(result.chosen).toEqual([{ id: "the sea was blue", text: "the sea was blue", place: 2 }]);
    await expect(rescore(loaded, [], { tune: [dev] })).rejects.toThrow(
      /argument lists of rescore is an empty list/,
    );
    await expect(rescore(loaded, [tested], { tuned: [dev] } as never)).rejects.toThrow(
      /no option tuned; did you mean tune/,
    );
    await expect(rescoreUtterances(loaded, tune, {})).rejects.toThrow(/needs weights, or utterances to tune/);
    await expect(rescoreUtterances(loaded, [...tune, ...tune], { tune })).rejects.toThrow(
      /utterances, number 2: the id "the sea is calm" stood before/,
    );
    const following = await loaded.adapt({ cache: true });
    await expect(rescore(following, [tested], { tune: [dev] })).rejects.toThrow(
      /follows what it reads cannot score/,
    );
  });
});

describe("score --kaldi", () => {
  test("answers every line with its id and −ln p, in order, an empty one too", async () => {
    const stdin = "u-2 the sea was blue\nv-1 the see was blue\nu-1\n";
    const { code, out } = await recurra(["score", model, "--kaldi"], capturedIo({ stdin }));
    expect(code).toBe(0);
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    expect(lines.map(([id]) => id)).toEqual(["u-2", "v-1", "u-1"]);
    const loaded = await load(model, { threads: 1 });
    for (const [i, text] of ["the sea was blue", "the see was blue", ""].entries())
      expect(Number(lines[i]![1])).toBeCloseTo(loaded.scoreLine(text).nats, 3);
  });

  test("refuses what is no such line, and what does not go with it", async () => {
    expect((await recurra(["score", model, "--kaldi"], capturedIo({ stdin: "u-1 a\n\n" }))).err).toMatch(
      /line 2 has no id; write/,
    );
    const twice = capturedIo({ stdin: "u-1 a\nv-1 a\nu-1 b\n" });
    expect((await recurra(["score", model, "--kaldi"], twice)).err).toMatch(
      /^recurra: Standard input, line 3: the id "u-1" stood before, in line 1; keep one of the two/,
    );
    expect((await recurra(["score", model, "--kaldi"], capturedIo({ stdin: "" }))).err).toMatch(
      /Standard input is empty: there is no line to score; pipe some in/,
    );
    expect((await recurra(["score", model, "--kaldi", "a line"])).err).toMatch(
      /takes lines with ids from standard input/,
    );
    expect(
      (await recurra(["score", model, "--kaldi", "--json"], capturedIo({ stdin: "u a\n" }))).err,
    ).toMatch(/two forms of the same output/);
  });
});
