/** Where a model is surprised: every figure against reading the text token by token. */
import { describe, expect, test } from "vitest";
import { CELLS } from "../../src/cells.js";
import { type LookText, lookText } from "../../src/look/look-text.js";
import { readText } from "../../src/look/read-text.js";
import { Calibration } from "../../src/look/surprise/calibration.js";
import { MOST_MAPPED, surprise } from "../../src/look/surprise/surprise.js";
import { sortings } from "../../src/look/token-kinds.js";
import { trainTokenizer } from "../../src/index.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import { smallModel } from "./small-model.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";

const TEXT =
  "Call me Ishmael. Some years ago, 3 or 30,\nnever mind how long, I thought I would sail.\n\nA line\n";

/** By place: p of all tokens there, read one token at a time; undefined where nothing predicts it. */
function distributions(model: LanguageModel, { ids, starts, beginning }: LookText): (number[] | undefined)[] {
  const found: (number[] | undefined)[] = [];
  let state = model.zeroState(1);
  let p: number[] | undefined;
  const read = (id: number): void => {
    const x = Array.from(model.logits(Int32Array.of(id), state));
    const max = Math.max(...x);
    const e = x.map((one) => Math.exp(one - max));
    const sum = e.reduce((a, b) => a + b);
    p = e.map((one) => one / sum);
  };
  for (const [place, id] of ids.entries()) {
    if (starts.includes(place)) {
      state = model.zeroState(1);
      p = undefined;
      if (beginning !== undefined) read(beginning);
    }
    found.push(p);
    read(id);
  }
  return found;
}

const tokenizers: readonly (readonly [string, () => Promise<Tokenizer>])[] = [
  ["characters", () => trainTokenizer("char", [TEXT])],
  ["words", () => trainTokenizer("word", [TEXT], { minCount: 1 })],
  ["lines", () => trainTokenizer("char", [TEXT], { lines: true })],
];

describe.each(tokenizers)("of %s", (_, make) => {
  test("every token's surprisal and entropy, and the sums", async () => {
    const tokenizer = await make();
    const model = smallModel(tokenizer.size);
    const text = lookText(tokenizer, TEXT);
    const found = await surprise(model, text, (id) => tokenizer.display(id));
    const all = distributions(model, text);
    let bits = 0;
    let expected = 0;
    for (const [place, p] of all.entries()) {
      const mapped = found.map[place]!;
      if (!p) {
        expect(mapped.surprisal).toBeNull();
        continue;
      }
      const s = -Math.log2(p[text.ids[place]!]!);
      const H = -p.reduce((sum, one) => sum + (one > 0 ? one * Math.log2(one) : 0), 0);
      expect(mapped.surprisal).toBeCloseTo(s, 9);
      expect(mapped.entropy).toBeCloseTo(H, 9);
      expect(mapped.expected[0]!.probability).toBeCloseTo(Math.max(...p), 9);
      bits += s;
      expected += H;
    }
    const counted = all.filter((p) => p !== undefined).length;
    expect(found.tokens).toBe(counted);
    expect(found.bits).toBeCloseTo(bits, 8);
    expect(found.expectedBits).toBeCloseTo(expected, 8);
    expect(found.perplexity).toBeCloseTo(2 ** (bits / counted), 8);
    // Every token is of one kind of characters; their shares make a whole.
    const [characters] = found.kinds;
    expect(characters!.kinds.reduce((sum, kind) => sum + kind.tokens, 0)).toBe(counted);
    expect(characters!.kinds.reduce((sum, kind) => sum + kind.share, 0)).toBeCloseTo(1, 9);
    const surprisals = found.hardest.map((place) => place.surprisal);
    expect(surprisals).toEqual(surprisals.toSorted((a, b) => b - a));
    expect(surprisals[0]).toBeCloseTo(Math.max(...found.map.map((token) => token.surprisal ?? 0)), 9);
    const right = all.filter((p, place) => p && p.indexOf(Math.max(...p)) === text.ids[place]).length;
    expect(found.calibration.accuracy).toBeCloseTo(right / counted, 9);
  });
});

describe("reading a text", () => {
  test.each(CELLS)("hidden states of every token, windows joined, as token by token: %s", async (cell) => {
    const tokenizer = await trainTokenizer("char", [TEXT]);
    const model = smallModel(tokenizer.size, { cell });
    // Longer than a window.
    const text = lookText(tokenizer, TEXT.repeat(30));
    const units = model.zeroState(1).units;
    const found = new Float64Array(text.ids.length * units);
    const seen = new Set<number>();
    await readText(model, text, { recording: { hidden: true } }, ({ count, read, recording }) => {
      for (let n = 0; n < count; n++) {
        if (read[n]! < 0) continue;
        expect(seen.has(read[n]!)).toBe(false);
        seen.add(read[n]!);
        let at = read[n]! * units;
        for (const h of recording!.hidden) {
          const H = h.length / count;
          found.set(h.subarray(n * H, (n + 1) * H), at);
          at += H;
        }
      }
    });
    expect(seen.size).toBe(text.ids.length);
    const state = model.zeroState(1);
    model.logits(Int32Array.of(text.beginning!), state);
    const own = new Float64Array(units);
    for (const [place, id] of text.ids.entries()) {
      model.logits(Int32Array.of(id), state);
      state.readUnits(own);
      expect(Math.max(...own.map((h, i) => Math.abs(h - found[place * units + i]!)))).toBeLessThan(1e-12);
    }
  });

  test("several streams show every token once, and predict as well where the text is longer than what is read before", async () => {
    const tokenizer = await trainTokenizer("char", [TEXT]);
    const model = smallModel(tokenizer.size);
    const text = lookText(tokenizer, TEXT.repeat(60));
    const logs = async (streams: number): Promise<Float64Array> => {
      const found = new Float64Array(text.ids.length).fill(NaN);
      await readText(model, text, { streams }, ({ count, predicted, logProbabilities }) => {
        for (let n = 0; n < count; n++) {
          if (predicted[n]! < 0) continue;
          expect(found[predicted[n]!]).toBeNaN();
          found[predicted[n]!] = logProbabilities[n]!;
        }
      });
      expect(found.some((log) => Number.isNaN(log))).toBe(false);
      return found;
    };
    const [one, seven] = [await logs(1), await logs(7)];
    expect(Math.max(...one.map((log, n) => Math.abs(log - seven[n]!)))).toBeLessThan(1e-4);
  });

  test("a signal ends it", async () => {
    const tokenizer = await trainTokenizer("char", [TEXT]);
    const stop = new AbortController();
    const reading = readText(
      smallModel(tokenizer.size),
      lookText(tokenizer, TEXT.repeat(100)),
      { signal: stop.signal },
      () => stop.abort(new Error("enough")),
    );
    await expect(reading).rejects.toThrow("enough");
  });
});

test("a long text: the map is bounded, the sums are of all", async () => {
  const tokenizer = await trainTokenizer("char", [TEXT]);
  const text = lookText(tokenizer, TEXT.repeat(60));
  const found = await surprise(smallModel(tokenizer.size), text, (id) => tokenizer.display(id));
  expect([found.map.length, found.leftOut, found.tokens]).toEqual([
    MOST_MAPPED,
    text.ids.length - MOST_MAPPED,
    text.ids.length,
  ]);
});

test("kinds of tokens", () => {
  const kinds = (pieces: readonly string[]): string[][] => {
    const all = sortings(pieces);
    return pieces.map((_, n) => all.slice(0, 3).map(({ of, kinds: names }) => names[of[n]!] ?? "none"));
  };
  expect(kinds(["the", " sea", "s", ", ", "7", "\n", "the"])).toEqual([
    ["letters", "first of a word", "2 to 9 times"],
    ["letters", "first of a word", "1 time"],
    ["letters", "later in a word", "1 time"],
    ["punctuation", "none", "none"],
    ["digits", "first of a word", "1 time"],
    ["white space", "none", "none"],
    ["letters", "first of a word", "2 to 9 times"],
  ]);
});

test("expected calibration error of a hand-made case", () => {
  const calibration = new Calibration();
  // Four at 0.9, of which three are right, and one at 0.2, which is wrong: 4/5 · |0.75 − 0.9| + 1/5 · |0 − 0.2|
  for (const right of [true, true, true, false]) calibration.add(0.9, right);
  calibration.add(0.2, false);
  const { error, bins } = calibration.data();
  expect(error).toBeCloseTo(0.8 * 0.15 + 0.2 * 0.2, 12);
  expect(bins.map(({ tokens }) => tokens)).toEqual([1, 4]);
});
