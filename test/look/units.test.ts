/** What the units do: figures by brute force, units of which it is known, and a property planted in a text. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { train, trainTokenizer } from "../../src/index.js";
import { type LookText, lookText } from "../../src/look/look-text.js";
import { readText } from "../../src/look/read-text.js";
import { ablate } from "../../src/look/units/ablation.js";
import { areaUnderCurve, Bars, BARS } from "../../src/look/units/area.js";
import { heldModel } from "../../src/look/units/held-model.js";
import { phraseUnits } from "../../src/look/units/phrase.js";
import { halfOf, searchUnits } from "../../src/look/units/search.js";
import { givenTrack, textTracks } from "../../src/look/units/tracks.js";
import { units } from "../../src/look/units/units.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { change, lossAfter, smallModel } from "./small-model.js";

const LETTERS = "abc (d)e,\nF1";

function madeText(tokens: number): LookText {
  const random = new Random(3);
  const ids = Int32Array.from({ length: tokens }, () => Math.floor(random.next() * LETTERS.length));
  return { ids, pieces: Array.from(ids, (id) => LETTERS[id]!), starts: [0], beginning: undefined };
}

async function hiddenStates(model: LanguageModel, text: LookText): Promise<number[][]> {
  const found: number[][] = [];
  await readText(model, text, { recording: { hidden: true } }, ({ count, read, recording }) => {
    for (let n = 0; n < count; n++)
      if (read[n]! >= 0)
        found[read[n]!] = recording!.hidden.flatMap((h) => {
          const H = h.length / count;
          return Array.from(h.subarray(n * H, (n + 1) * H));
        });
  });
  return found;
}

describe("the search", () => {
  test("AUC and correlation of every unit as counted by hand, in each half", async () => {
    const model = smallModel(LETTERS.length);
    // Of a shorter memory than what is read before each piece of the text.
    change(model, /./, (x) => x / 3);
    const text = madeText(3000);
    const tracks = textTracks(text.pieces);
    const { following, means } = await searchUnits(model, text, tracks);
    const h = await hiddenStates(model, text);
    const places = Array.from(text.ids.keys());
    for (let unit = 0; unit < 12; unit += 5)
      expect(means[unit]).toBeCloseTo(
        places.reduce((sum, place) => sum + h[place]![unit]!, 0) / places.length,
        4,
      );
    for (const half of [0, 1] as const) {
      const own = places.filter((place) => halfOf(place) === half);
      const figure = (track: number, unit: number): number => {
        const { searched, told } = following[track]![unit]!;
        return half === 0 ? searched : told;
      };
      for (const name of ["vowel", "punctuation"]) {
        const i = tracks.findIndex((track) => track.name === name);
        const [yes, no] = [1, 0].map((value) => own.filter((place) => tracks[i]!.values[place] === value));
        for (let unit = 0; unit < 12; unit += 3) {
          let above = 0;
          for (const a of yes!)
            for (const b of no!) {
              const difference = h[a]![unit]! - h[b]![unit]!;
              above += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
            }
          expect(Math.abs(figure(i, unit) - above / (yes!.length * no!.length))).toBeLessThan(0.01);
        }
      }
      const i = tracks.findIndex((track) => track.name === "letters into the word");
      const mean = (of: (place: number) => number): number =>
        own.reduce((sum, place) => sum + of(place), 0) / own.length;
      for (let unit = 0; unit < 12; unit += 3) {
        const x = (place: number): number => h[place]![unit]!;
        const y = (place: number): number => tracks[i]!.values[place]!;
        const [mx, my] = [mean(x), mean(y)];
        const covariance = mean((place) => (x(place) - mx) * (y(place) - my));
        const variances = mean((place) => (x(place) - mx) ** 2) * mean((place) => (y(place) - my) ** 2);
        expect(figure(i, unit)).toBeCloseTo(covariance / Math.sqrt(variances), 3);
      }
    }
  });

  test("the area of a hand-made case, and how far rounding to bars may be off", () => {
    // Of the one kind 1 and 3 in two bars, of the other 2 and 0: P = ¾ + ¼ · ½
    expect(areaUnderCurve([1, 3], [2, 0])).toEqual({ auc: 0.75 + 0.125, rounding: 0.125 });
  });
});

test("bars have as many values of a sample each, and keep the order of all", () => {
  const random = new Random(2);
  const sample = Float32Array.from({ length: 2560 }, () => random.next() ** 8);
  const bars = new Bars(sample.slice());
  const counts = new Array<number>(BARS).fill(0);
  for (const value of sample) counts[bars.of(value)]!++;
  expect(Math.max(...counts)).toBeLessThanOrEqual(11);
  const edges = Array.from(sample.toSorted()).filter((_, i) => i > 0 && i % 10 === 0);
  for (const value of [...sample.slice(0, 500), ...edges, -3, 3])
    expect(bars.of(value)).toBe(edges.filter((edge) => edge <= value).length);
  const values = [-Infinity, -1, 0, 1e-9, 0.02, 0.9, 1, 30];
  const found = values.map((value) => bars.of(value));
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect([found[0], found.at(-1)]).toEqual([0, BARS - 1]);
  expect(new Bars(new Float32Array(10)).of(0)).toBe(BARS - 1);
});

test("properties of a text", () => {
  const text = 'He said: "I (and you) go"\n  x = 1; // no\n';
  const tracks = textTracks([...text]);
  const where = (name: string): string => {
    const { values } = tracks.find((track) => track.name === name)!;
    return [...text].map((character, n) => (values[n] === 1 ? character : "")).join("");
  };
  const at = (name: string, character: string): number =>
    tracks.find((track) => track.name === name)!.values[text.indexOf(character)]!;
  expect(where("inside quotes")).toBe('"I (and you) go');
  expect(where("inside brackets")).toBe("(and you");
  expect(where("in a comment")).toBe("/ no");
  expect(where("first letter of a word")).toBe("HsIaygxn");
  expect(where("capital letter")).toBe("HI");
  expect(where("digit")).toBe("1");
  expect([at("characters into the line", "x"), at("indentation of the line", "x")]).toEqual([3, 2]);
  expect(at("letters into the word", "d")).toBe(4);
});

test("a track that a person gives fits the text, or is refused", () => {
  const pieces = ["ab", "", "c\n", "😀"];
  expect(Array.from(givenTrack({ name: "own", digits: "01 1\n0 1" }, pieces).values)).toEqual([1, 1, 0, 1]);
  expect(() => givenTrack({ name: "own", digits: "0110" }, pieces)).toThrow(
    /own.* has 4 digits, and the text 5 characters/,
  );
  expect(() => givenTrack({ name: "own", digits: "01x10" }, pieces)).toThrow(/own.* has "x" in it/);
});

describe("held units", () => {
  test("without any it is the model to the bit; a unit that nothing reads changes nothing", async () => {
    const model = smallModel(LETTERS.length, { layers: 1, tie: false });
    const H = 6;
    // Column 2 of all that reads h.
    change(model, /weight_hh|decoder\.weight/, (x, i) => (i % H === 2 ? 0 : x));
    const text = madeText(600);
    const { model: held } = await heldModel(model);
    const losses = async (of: LanguageModel): Promise<number[]> => {
      const found: number[] = [];
      await readText(of, text, {}, ({ logProbabilities }) => void found.push(...logProbabilities));
      return found;
    };
    expect(await losses(held)).toEqual(await losses(model));
    const [track] = textTracks(text.pieces).filter(({ name }) => name === "vowel");
    const [none, some] = await ablate(model, text, [
      { layer: 0, unit: 2, value: 0.7, track: track! },
      { layer: 0, unit: 3, value: 0.7, track: track! },
    ]);
    expect([none!.there.mean, none!.elsewhere.mean]).toEqual([0, 0]);
    expect(Math.abs(some!.there.mean)).toBeGreaterThan(1e-3);
    expect(none!.there.tokens + none!.elsewhere.tokens).toBe(599);
  });

  test("what is held is read above and at the next step: as a unit of constant output", async () => {
    const model = smallModel(LETTERS.length, { cell: "rnn" });
    const H = 6;
    const { model: held, hold } = await heldModel(model);
    hold([{ layer: 0, unit: 4, value: 0.3 }]);
    // h = tanh(W x + b + W_hh h): row 4 becomes the constant.
    change(model, /(weight|bias)_.._l0/, (x, i, count) => (Math.floor((i * H) / count) === 4 ? 0 : x));
    change(model, /bias_ih_l0/, (x, i) => (i === 4 ? Math.atanh(0.3) : x));
    const ids = madeText(30).ids;
    const text = { ids, pieces: Array.from(ids, String), starts: [0], beginning: undefined };
    const logs = new Float64Array(30);
    await readText(held, text, {}, ({ count, predicted, logProbabilities }) => {
      for (let n = 0; n < count; n++) if (predicted[n]! >= 0) logs[predicted[n]!] = logProbabilities[n]!;
    });
    // The first step differs: there is no output before it that could be held.
    const state = model.zeroState(1);
    const h = model.engine.read(state.layers[0]!.h).slice();
    h[4] = 0;
    model.engine.write(h, state.layers[0]!.h);
    expect(-logs[29]!).toBeCloseTo(lossAfter(model, ids, state), 12);
  });
});

describe("a property that is planted", () => {
  const random = new Random(11);
  const write = (depth: number): string => {
    let out = "";
    for (let i = 0; i < 3 + Math.floor(random.next() * 5); i++)
      out +=
        depth < 3 && random.next() < (depth === 0 ? 0.08 : 0.25)
          ? `(${write(depth + 1)})`
          : depth > 0
            ? "xyz"[Math.floor(random.next() * 3)]
            : "abc"[Math.floor(random.next() * 3)];
    return out;
  };
  let text = "";
  while (text.length < 24_000) text += `${write(0)} `;

  test("a model that learned brackets has a unit that follows them, and needs it; of a shuffled track it has none", async () => {
    const { model, tokenizer } = (
      await train({
        text: text.slice(0, 16_000),
        hidden: 16,
        embedding: 8,
        layers: 1,
        batchSize: 8,
        seqLen: 32,
        epochs: 8,
        lr: 0.01,
        seed: 1,
        threads: 1,
      })
    ).model;
    const looked = lookText(tokenizer, text.slice(16_000));
    const digits = Array.from(looked.pieces, () => (random.next() < 0.3 ? "1" : "0")).join("");
    const found = await units(model, looked, { tracks: [{ name: "shuffled", digits }] });
    const of = (name: string) => found.properties.find((property) => property.name === name)!;
    const brackets = of("inside brackets");
    const [best] = brackets.units;
    expect(Math.max(best!.told, 1 - best!.told)).toBeGreaterThan(0.95);
    expect(best!.significant).toBe(true);
    const { there, elsewhere } = brackets.ablation!;
    expect(there.mean - 3 * there.error).toBeGreaterThan(0);
    expect(there.mean - elsewhere.mean).toBeGreaterThan(2 * Math.hypot(there.error, elsewhere.error));
    for (const { told, significant } of of("shuffled").units) {
      expect(significant).toBe(false);
      expect(Math.abs(told - 0.5)).toBeLessThan(0.05);
    }
  }, 60_000);
});

test("a phrase: which units are on over all of it, and where else", async () => {
  const tokenizer = await trainTokenizer("char", [LETTERS]);
  const model = smallModel(tokenizer.size);
  const text = lookText(tokenizer, madeText(400).pieces.join(""));
  const at = 200;
  const phrase = text.pieces.slice(at, at + 2).join("");
  const found = await phraseUnits(model, text, phrase);
  const h = await hiddenStates(model, text);
  const on = (place: number, unit: number): number =>
    Math.abs(h[place]![unit]!) < 0.3 ? 0 : Math.sign(h[place]![unit]!);
  const place = text.pieces.join("").indexOf(phrase);
  expect(found.place).toBe(place);
  const wanted = Array.from({ length: 12 }, (_, unit) => unit).filter(
    (unit) => on(place, unit) !== 0 && on(place, unit) === on(place + 1, unit),
  );
  expect(found.units.map(({ layer, unit }) => layer * 6 + unit).toSorted((a, b) => a - b)).toEqual(wanted);
  for (const { layer, unit, before, after } of found.units) {
    expect(before).toBe(on(place - 1, layer * 6 + unit) === on(place, layer * 6 + unit));
    expect(after).toBe(on(place + 2, layer * 6 + unit) === on(place, layer * 6 + unit));
  }
  for (const passage of found.passages) {
    const share = [0, 1].map(
      (i) => wanted.filter((unit) => on(passage.place + i, unit) === on(place, unit)).length / wanted.length,
    );
    expect(passage.score).toBeCloseTo((share[0]! + share[1]!) / 2, 5);
    expect(passage.text).toBe(text.pieces.slice(passage.place, passage.place + 2).join(""));
  }
  await expect(phraseUnits(model, text, "not there")).rejects.toThrow(/does not stand in the text/);
});
