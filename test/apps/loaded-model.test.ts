/** A loaded model: from its folder, scoring, evaluation and single steps. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { load } from "../../src/apps/load.js";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import type { LineScore } from "../../src/apps/score.js";
import { UserError } from "../../src/errors.js";
import { writeModelFolder } from "../../src/format/model-folder.js";
import { CELLS } from "../../src/model/config.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomModel, TEXT } from "../generate/models.js";
import { dataOf } from "../engine/tensor-data.js";

let char: Tokenizer;
let lines: Tokenizer;
let word: Tokenizer;
let dna: Tokenizer;

beforeAll(async () => {
  char = await trainTokenizer("char", [TEXT]);
  lines = await trainTokenizer("char", [TEXT], { lines: true });
  word = await trainTokenizer("word", [TEXT]);
  dna = await trainTokenizer("char", ["ACGT"]);
});

const loaded = (tokenizer: Tokenizer) => new LoadedModel(randomModel(tokenizer), tokenizer);

describe("step", () => {
  it.each(CELLS)("leaves the given state as it is, and gives what reading gives: %s", (cell) => {
    const model = new LoadedModel(randomModel(char, cell), char);
    const ids = char.encode("the sea");
    const state = model.model.zeroState(1);
    let step = model.step(undefined, ids[0]!);
    let logits = model.model.logits(ids.subarray(0, 1), state);
    for (let i = 1; i < ids.length; i++) {
      expect(step.logits).toEqual(logits);
      expect(step.state).toEqual(state);
      const before = step.state.copy();
      const again = model.step(step.state, ids[i]!);
      expect(step.state).toEqual(before);
      expect(model.step(step.state, ids[i]!)).toEqual(again);
      step = again;
      logits = model.model.logits(ids.subarray(i, i + 1), state);
    }
    expect(() => model.step(undefined, char.size)).toThrow(UserError);
    expect(() => model.step(model.model.zeroState(2), 1)).toThrow(UserError);
    const foreign = randomModel(char, "gru").zeroState(1);
    expect(() => model.step(foreign, 1)).toThrow("The state is of another model");
  });
});

/** ln p of every token by single steps, from the softmax written out. */
function stepwise(model: LoadedModel, ids: number[]): number[] {
  const all: number[] = [];
  let step = model.step(undefined, ids[0]!);
  for (const id of ids.slice(1)) {
    let sum = 0;
    for (const logit of step.logits) sum += Math.exp(logit);
    all.push(step.logits[id]! - Math.log(sum));
    step = model.step(step.state, id);
  }
  return all;
}

function checkSums(score: LineScore): void {
  const known = score.scores.filter(({ logProbability }) => logProbability !== null);
  const nats = known.reduce((sum, { logProbability }) => sum - logProbability!, 0);
  expect(score.tokens).toBe(known.length);
  expect(score.nats).toBeCloseTo(nats, 9);
  expect(score.bits).toBeCloseTo(nats / Math.LN2, 9);
  expect(score.perplexity).toBeCloseTo(Math.exp(nats / known.length), 9);
  for (const { logProbability, surprisal } of known) {
    expect(surprisal).toBeCloseTo(-logProbability! / Math.LN2, 12);
  }
}

describe("score", () => {
  it("gives every token of running text as it follows a newline", () => {
    const model = loaded(char);
    const text = "the whale sleptz".repeat(10); // 160 characters, several windows; z is unknown
    const score = model.scoreLine(text);
    const expected = stepwise(model, [...char.encode(`\n${text}`)]);
    expect(score.scores.map(({ id }) => id)).toEqual([...char.encode(text)]);
    for (const [i, { logProbability }] of score.scores.entries()) {
      expect(logProbability).toBeCloseTo(expected[i]!, 9);
    }
    checkSums(score);
    expect(score.tokens).toBe(160);
    expect(score.unknown).toBe(10);
    expect(score.bitsPerChar).toBeCloseTo(score.bits / 160, 9);
    expect(score.scores[3]!.token).toBe("␣");
  });

  it("takes the end of a line into account in models of lines", () => {
    const model = loaded(lines);
    const score = model.scoreLine("the 🐋");
    const expected = stepwise(model, [lines.bosId!, ...lines.encode("the 🐋"), lines.eosId!]);
    expect(score.scores.map(({ token }) => token)).toEqual(["t", "h", "e", "␣", "🐋", "<eos>"]);
    expect(score.nats).toBeCloseTo(-expected.reduce((a, b) => a + b), 9);
    checkSums(score);
    expect(score.bitsPerChar).toBeCloseTo(score.bits / 6, 9);
    expect(model.scoreLine("").tokens).toBe(1);
  });

  it("leaves out the first token where there is no newline", () => {
    const score = loaded(dna).scoreLine("GATT");
    expect(score.scores[0]).toEqual({ token: "G", id: 3, logProbability: null, surprisal: null });
    expect(score.scores).toHaveLength(4);
    checkSums(score);
    expect(score.bitsPerChar).toBeCloseTo(score.bits / 3, 9);
    const empty = loaded(dna).scoreLine("");
    expect(empty).toMatchObject({ scores: [], tokens: 0, nats: 0, perplexity: null, bitsPerChar: null });
  });

  it("scores lines one after the other, each by itself", async () => {
    const model = loaded(char);
    const all: LineScore[] = [];
    for await (const score of model.score(["the sea", "and", "the sea"])) all.push(score);
    expect(all.map(({ text }) => text)).toEqual(["the sea", "and", "the sea"]);
    expect(all[2]).toEqual(all[0]);
  });

  it("gives the log-probabilities that generation told", async () => {
    const model = loaded(lines);
    let text = "";
    let nats = 0;
    let end = "";
    for await (const piece of model.generate({ seed: 5, temperature: 1.5, length: 5000 })) {
      text += piece.text;
      nats -= piece.logProbability;
      end = piece.done ?? "";
    }
    expect(end).toBe("eos");
    expect(model.scoreLine(text).nats).toBeCloseTo(nats, 6);
  });
});

describe("evaluate", () => {
  it("of running text equals the score after its first token", async () => {
    for (const tokenizer of [char, word]) {
      const model = loaded(tokenizer);
      const text = TEXT.repeat(3);
      const evaluation = await model.evaluate(`\n${text}`);
      const score = model.scoreLine(text);
      expect(evaluation.tokens).toBe(score.tokens);
      expect(evaluation.natsPerToken * evaluation.tokens).toBeCloseTo(score.nats, 6);
      expect(evaluation.perplexity).toBeCloseTo(score.perplexity!, 9);
      expect(evaluation.bitsPerChar).toBeCloseTo(score.bitsPerChar!, 9);
    }
  });

  it("of lines equals the sum of their scores", async () => {
    const model = loaded(lines);
    const texts = Array.from({ length: 40 }, (_, i) => TEXT.replaceAll("\n", " ").slice(i, 3 * i + 2));
    const scores = texts.map((text) => model.scoreLine(text));
    const evaluation = await model.evaluate(texts.map((text) => `${text}\n`));
    expect(evaluation.tokens).toBe(scores.reduce((sum, { tokens }) => sum + tokens, 0));
    const nats = scores.reduce((sum, score) => sum + score.nats, 0);
    expect(evaluation.natsPerToken * evaluation.tokens).toBeCloseTo(nats, 6);
    const characters = texts.reduce((sum, text) => sum + [...text].length + 1, 0);
    expect(evaluation.bitsPerChar).toBeCloseTo(nats / Math.LN2 / characters, 9);
  });

  it("counts unknown tokens, and says when there is nothing to predict", async () => {
    expect((await loaded(char).evaluate("the zzz sea")).unknown).toBe(3);
    await expect(loaded(char).evaluate("")).rejects.toThrow(UserError);
    await expect(loaded(char).evaluate("t")).rejects.toThrow("only one token");
    await expect(loaded(lines).evaluate("\n\n")).rejects.toThrow("no line");
  });
});

describe("load", () => {
  const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), "recurra-load-"));
    try {
      const { config, parameters } = randomModel(char);
      await writeModelFolder(folder, {
        config,
        tokenizerJson: char.toJSON(),
        weights: parameters.map(({ name, shape, value }) => ({
          name,
          shape,
          dtype: "F32" as const,
          data: Float32Array.from(dataOf(value)),
        })),
      });
      await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  it("gives the model that was saved", () =>
    inFolder(async (folder) => {
      const model = await load(folder, { engine: "reference", precision: "f64" });
      const saved = loaded(char);
      expect(model.config).toEqual(saved.config);
      expect(model.parameterCount).toBe(saved.parameterCount);
      expect(model.unknowns("the zoo, q")).toEqual(["z", "q"].filter((c) => !TEXT.includes(c)));
      expect(model.scoreLine("the sea").nats).toBeCloseTo(saved.scoreLine("the sea").nats, 4);
      const other = await load(folder, { engine: "reference" });
      expect(other.scoreLine("the sea").nats).toBeCloseTo(saved.scoreLine("the sea").nats, 3);
    }));

  it("says when the tokenizer is another model's", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "tokenizer.json"), JSON.stringify(dna.toJSON()));
      await expect(load(folder, { engine: "reference" })).rejects.toThrow(/torn/);
      expect(() => new LoadedModel(randomModel(char), dna)).toThrow(RangeError);
    }));

  it("says when there is no model", async () => {
    await expect(load("no/such/folder")).rejects.toThrow(UserError);
  });
});
