/** Beam search against all texts there are, and where it has to end. */
import { describe, expect, test } from "vitest";
import { follow } from "../../src/adapt/follow.js";
import { followSettings } from "../../src/adapt/settings.js";
import { TextModel } from "../../src/apps/text-model.js";
import { UserError } from "../../src/errors.js";
import { beginningOf, unwrittenTokens } from "../../src/generate/beginning.js";
import { beamSearch } from "../../src/generate/beam-search.js";
import { generate } from "../../src/generate/generate.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { addToLogit, randomModel, TEXT } from "./models.js";

const running = await trainTokenizer("char", ["ab\nba\n"]);
const lines = await trainTokenizer("char", ["ab\nba\n"], { lines: true });
const char = await trainTokenizer("char", [TEXT]);
const LENGTH = 4;

/** ln p of ids after a beginning. */
function logProbability(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string,
  ids: readonly number[],
): number {
  const all = Int32Array.from([beginningOf(tokenizer)!, ...tokenizer.encode(prompt), ...ids]);
  const inputs = all.subarray(0, -1);
  const targets = Int32Array.from(all.subarray(1), (id, i) => (i < inputs.length - ids.length ? -1 : id));
  const { nats } = model.evaluate({ T: inputs.length, B: 1, inputs, targets }, model.zeroState(1));
  return -nats;
}

/** Every text of at most LENGTH tokens, `<eos>` being the last of a shorter one. */
function everyText(tokenizer: Tokenizer): number[][] {
  const possible = Array.from({ length: tokenizer.size }, (_, id) => id).filter(
    (id) => !unwrittenTokens(tokenizer).includes(id),
  );
  let live: number[][] = [[]];
  const whole: number[][] = [];
  for (let n = 1; n <= LENGTH; n++) {
    const longer = live.flatMap((ids) => possible.map((id) => [...ids, id]));
    const ends = (ids: number[]): boolean => n === LENGTH || ids.at(-1) === tokenizer.eosId;
    whole.push(...longer.filter(ends));
    live = longer.filter((ids) => !ends(ids));
  }
  return whole;
}

describe.each([
  ["running text", running],
  ["lines", lines],
])("a search of %s", (_name, tokenizer) => {
  const model = randomModel(tokenizer);

  test.each([0, 0.7, 1])(
    "that keeps all beginnings finds the best of all texts, with a penalty of %d",
    async (alpha) => {
      const all = everyText(tokenizer)
        .map((ids) => ({ ids, score: logProbability(model, tokenizer, "a", ids) / ids.length ** alpha }))
        .toSorted((a, b) => b.score - a.score);
      const found = await beamSearch(model, tokenizer, {
        prompt: "a",
        length: LENGTH,
        beams: 500,
        lengthPenalty: alpha,
      });
      expect(found).toHaveLength(Math.min(500, all.length));
      for (const [i, { ids, score }] of all.slice(0, 20).entries()) {
        expect(found[i]!.score).toBeCloseTo(score, 9);
        expect(found[i]!.ids).toEqual(ids);
      }
    },
  );

  test("that keeps few finds texts whose probabilities are true, best first, none twice", async () => {
    const found = await beamSearch(model, tokenizer, { length: LENGTH, beams: 3 });
    expect(found).toHaveLength(3);
    for (const { ids, logProbability: own, score } of found) {
      expect(own).toBeCloseTo(logProbability(model, tokenizer, "", ids), 9);
      expect(score).toBeCloseTo(own / ids.length, 12);
    }
    expect(found.map(({ score }) => score)).toEqual(
      found.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(3);
  });
});

test("one beam takes the most probable token every time", async () => {
  const model = randomModel(char);
  let text = "";
  for await (const piece of generate(model, char, { prompt: "the sea", length: 30, temperature: 0 }))
    text += piece.text;
  const [found] = await beamSearch(model, char, { prompt: "the sea", length: 30, beams: 1 });
  expect(found).toMatchObject({ text, done: "length" });
});

test("a text ends before a stop string, and at the end of its line", async () => {
  const model = randomModel(lines);
  addToLogit(model, lines.eosId!, 50);
  expect((await beamSearch(model, lines, { length: 9, beams: 2 }))[0]).toMatchObject({
    text: "",
    done: "eos",
    ids: [lines.eosId],
  });
  const other = randomModel(running);
  const found = await beamSearch(other, running, { length: 6, beams: 4, stop: ["b"] });
  for (const { text, done } of found) {
    expect(text).not.toContain("b");
    expect(["stop", "length"]).toContain(done);
  }
  expect(found.some(({ done }) => done === "stop")).toBe(true);
});

test("it refuses what cannot be searched, and ends with the signal's reason", async () => {
  const model = randomModel(char);
  const bare = await trainTokenizer("char", ["ab"]);
  await expect(beamSearch(randomModel(bare), bare, {})).rejects.toThrow(/no newline; give a prompt/);
  await expect(beamSearch(model, char, { beams: 0 })).rejects.toThrow(
    /beams is 0; give a whole number from 1 to 1,024/,
  );
  await expect(beamSearch(model, char, { beam: 2 } as never)).rejects.toThrow(UserError);
  const { predictor } = follow(model, followSettings({ cache: true }, undefined));
  await expect(new TextModel(predictor, char).beamSearch({})).rejects.toThrow(/this model follows one/);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(beamSearch(model, char, { length: 50, signal })).rejects.toThrow("enough");
});
