/** Generation: what it reads, draws, gives out and ends with. */
import { beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/engine/random.js";
import { UserError } from "../../src/errors.js";
import { beginningOf } from "../../src/generate/beginning.js";
import { generate, type GeneratedPiece } from "../../src/generate/generate.js";
import type { GenerateOptions } from "../../src/generate/options.js";
import { Sampler } from "../../src/generate/sampling.js";
import { samplingSettings } from "../../src/generate/sampling-settings.js";
import { CELLS } from "../../src/model/config.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { addToLogit, randomModel, TEXT } from "./models.js";

let char: Tokenizer;
let lines: Tokenizer;
let word: Tokenizer;
let bpe: Tokenizer;

beforeAll(async () => {
  char = await trainTokenizer("char", [TEXT]);
  lines = await trainTokenizer("char", [TEXT], { lines: true });
  word = await trainTokenizer("word", [TEXT], { minCount: 1 });
  bpe = await trainTokenizer("bpe", [TEXT], { vocabSize: 270 });
});

async function pieces(
  model: LanguageModel,
  tokenizer: Tokenizer,
  options: GenerateOptions,
): Promise<GeneratedPiece[]> {
  const all: GeneratedPiece[] = [];
  for await (const piece of generate(model, tokenizer, options)) all.push(piece);
  return all;
}

const of = (all: GeneratedPiece[], sample: number) => all.filter((piece) => piece.sample === sample);
const textOf = (all: GeneratedPiece[], sample = 0) =>
  of(all, sample)
    .map(({ text }) => text)
    .join("");
const idsOf = (all: GeneratedPiece[], sample = 0) => of(all, sample).map(({ id }) => id);

describe("what is drawn", () => {
  it.each(CELLS)("is what reading token by token and drawing gives: %s", async (cell) => {
    const model = randomModel(char, cell);
    const prompt = TEXT.repeat(3); // several windows
    const options = { temperature: 1.2, topP: 0.9, topK: 12, repetitionPenalty: 1.1 };
    const all = await pieces(model, char, { ...options, prompt, length: 40, seed: 9 });

    const state = model.zeroState(1);
    let logits = model.logits(char.encode("\n"), state);
    for (const id of char.encode(prompt)) logits = model.logits(Int32Array.of(id), state);
    const random = new Random(9);
    const sampler = new Sampler(char.size, samplingSettings(options), [char.unknownId!]);
    const seen = new Set(char.encode(prompt));
    expect(all).toHaveLength(40);
    for (const piece of all) {
      const { id, logProbability } = sampler.draw(logits, random, seen);
      expect(piece.id).toBe(id);
      expect(piece.logProbability).toBeCloseTo(logProbability, 9);
      seen.add(id);
      logits = model.logits(Int32Array.of(id), state);
    }
  });

  it("follows the seed", async () => {
    const model = randomModel(char);
    const once = await pieces(model, char, { seed: 4, prompt: "the " });
    expect(await pieces(model, char, { seed: 4, prompt: "the " })).toEqual(once);
    expect(idsOf(await pieces(model, char, { seed: 5, prompt: "the " }))).not.toEqual(idsOf(once));
    expect(once).toHaveLength(200);
  });

  it("is the same for sample i of n as for one sample of seed + i, while others end", async () => {
    const model = randomModel(lines);
    addToLogit(model, lines.eosId!, 3);
    const n = 6;
    const options = { prompt: "the", length: 60, stop: ["s"] };
    const together = await pieces(model, lines, { ...options, seed: 20, samples: n });
    const lengths = new Set<number>();
    for (let i = 0; i < n; i++) {
      const alone = await pieces(model, lines, { ...options, seed: 20 + i });
      expect(of(together, i).map((piece) => ({ ...piece, sample: 0 }))).toEqual(alone);
      lengths.add(alone.length);
    }
    expect(lengths.size).toBeGreaterThan(2);
    expect(together.filter(({ done }) => done !== undefined)).toHaveLength(n);
  });

  it("at temperature 0 is the most probable, whatever the seed", async () => {
    const model = randomModel(char);
    const all = await pieces(model, char, { temperature: 0, prompt: "sea", length: 30, seed: 1 });
    expect(await pieces(model, char, { temperature: 0, prompt: "sea", length: 30, seed: 2 })).toEqual(all);
    const state = model.zeroState(1);
    for (const id of char.encode("\nse")) model.logits(Int32Array.of(id), state);
    let id = char.encode("a")[0]!;
    for (const piece of all) {
      const logits = [...model.logits(Int32Array.of(id), state)];
      logits[char.unknownId!] = -Infinity;
      expect(piece.id).toBe(logits.indexOf(Math.max(...logits)));
      id = piece.id;
    }
  });

  it("is not disturbed by another generation of the same model", async () => {
    const model = randomModel(char);
    const [a, b] = [
      await pieces(model, char, { seed: 1, samples: 3, length: 30 }),
      await pieces(model, char, { seed: 2, length: 30 }),
    ];
    const [left, right] = [
      generate(model, char, { seed: 1, samples: 3, length: 30 }),
      generate(model, char, { seed: 2, length: 30 }),
    ];
    const mixed: GeneratedPiece[][] = [[], []];
    for (let i = 0; i < 90; i++) {
      for (const [side, source] of [left, right].entries()) {
        const { value } = await source.next();
        if (value) mixed[side]!.push(value);
      }
    }
    expect(mixed).toEqual([a, b]);
  });

  it("is never <unk> or <bos>, unless allowed", async () => {
    const model = randomModel(lines);
    addToLogit(model, lines.unknownId!, 30);
    addToLogit(model, lines.bosId!, 30);
    const drawn = new Set(idsOf(await pieces(model, lines, { seed: 1 })));
    expect(drawn.has(lines.unknownId!) || drawn.has(lines.bosId!)).toBe(false);
    const allowed = new Set(idsOf(await pieces(model, lines, { seed: 1, allowUnknown: true })));
    expect(allowed).toEqual(new Set([lines.unknownId!, lines.bosId!]));
  });
});

describe("where a text begins", () => {
  it("after <bos>, after a newline, after <eos> among words", () => {
    expect(beginningOf(lines)).toBe(lines.bosId);
    expect(char.display(beginningOf(char)!)).toBe("⏎");
    expect(word.decode([beginningOf(word)!])).toBe("\n");
    expect(bpe.decode([beginningOf(bpe)!])).toBe("\n");
  });

  it("after a token drawn for each sample where there is no newline, else with the prompt", async () => {
    const dna = await trainTokenizer("char", ["ACGT"]);
    expect(beginningOf(dna)).toBeUndefined();
    const model = randomModel(dna);
    const options = { seed: 3, samples: 4, length: 20 };
    const all = await pieces(model, dna, options);
    for (let i = 0; i < 4; i++) {
      const random = new Random(3 + i);
      const state = model.zeroState(1);
      let id = 1 + random.below(4);
      const sampler = new Sampler(dna.size, samplingSettings(), [0]);
      for (const piece of of(all, i)) {
        id = sampler.draw(model.logits(Int32Array.of(id), state), random).id;
        expect(piece.id).toBe(id);
      }
    }
    const [first] = await pieces(model, dna, { prompt: "G", seed: 1, length: 1 });
    const logits = model.logits(dna.encode("G"), model.zeroState(1)).slice();
    expect(first!.id).toBe(new Sampler(dna.size, samplingSettings(), [0]).draw(logits, new Random(1)).id);
  });
});

describe("what is given out", () => {
  it("joins to the text of the ids, also where a character is cut", async () => {
    for (const tokenizer of [char, bpe]) {
      const all = await pieces(randomModel(tokenizer), tokenizer, { temperature: 2, seed: 8, samples: 2 });
      for (const sample of [0, 1]) expect(textOf(all, sample)).toBe(tokenizer.decode(idsOf(all, sample)));
    }
  });

  it("has a space before the first word, unless the prompt ends with one", async () => {
    const model = randomModel(word);
    const newline = beginningOf(word)!;
    addToLogit(model, newline, -1000);
    const options = { seed: 1, length: 3 };
    expect(textOf(await pieces(model, word, { ...options, prompt: "the whale" }))).toMatch(/^ \S+ \S+ \S+$/);
    expect(textOf(await pieces(model, word, { ...options, prompt: "the whale " }))).toMatch(/^\S+ \S+ \S+$/);
    expect(textOf(await pieces(model, word, options))).toMatch(/^\S+ \S+ \S+$/);
  });

  it("ends before a stop, also one that lies across tokens", async () => {
    const model = randomModel(char);
    const whole = textOf(await pieces(model, char, { seed: 6, length: 120 }));
    for (const [from, to] of [
      [10, 11],
      [30, 33],
      [50, 58],
    ] as const) {
      const stop = whole.slice(from, to);
      const all = await pieces(model, char, { seed: 6, length: 120, stop: ["\u0000none", stop] });
      expect(textOf(all)).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(all.at(-1)!.done).toBe("stop");
      expect(all.slice(0, -1).every(({ done }) => done === undefined)).toBe(true);
    }
    const all = await pieces(model, char, { seed: 6, length: 120, stop: [`${whole.slice(-2)}never`] });
    expect(textOf(all)).toBe(whole);
    expect(all.at(-1)!.done).toBe("length");
  });

  it("ends with <eos> in models of lines, without a text of its own", async () => {
    const model = randomModel(lines);
    addToLogit(model, lines.eosId!, 3);
    const all = await pieces(model, lines, { seed: 2, samples: 8, length: 500 });
    for (let sample = 0; sample < 8; sample++) {
      const own = of(all, sample);
      expect(own.at(-1)).toMatchObject({ id: lines.eosId, done: "eos" });
      expect(textOf(own, sample)).toBe(lines.decode(idsOf(own, sample).slice(0, -1)));
    }
  });
});

it("refuses options that make no sense, before anything is drawn", () => {
  const model = randomModel(char);
  const wrong: GenerateOptions[] = [
    { length: 0 },
    { length: 2.5 },
    { samples: 0 },
    { samples: 1e9 },
    { seed: 0.5 },
    { stop: [""] },
    { temperature: -1 },
    { topK: 0 },
  ];
  for (const options of wrong) expect(() => generate(model, char, options)).toThrow(UserError);
});

describe("several prompts", () => {
  it("give what each by itself does, with the seed of its samples", async () => {
    const model = randomModel(char);
    const prompts = ["the sea", "a", "and the whale slept"];
    const options = { length: 12, samples: 2, temperature: 1 };
    const all = await pieces(model, char, { ...options, prompts, seed: 5 });
    for (const [p, prompt] of prompts.entries()) {
      const alone = await pieces(model, char, { ...options, prompt, seed: 5 + 2 * p });
      for (const i of [0, 1]) {
        expect(idsOf(all, 2 * p + i)).toEqual(idsOf(alone, i));
        expect(textOf(all, 2 * p + i)).toBe(textOf(alone, i));
      }
    }
  });

  it("are refused beside one, where there are none, and where there are too many samples", () => {
    const model = randomModel(char);
    const refused =
      (options: GenerateOptions): (() => unknown) =>
      () =>
        generate(model, char, options);
    expect(refused({ prompt: "a", prompts: ["b"] })).toThrow(
      "prompts and prompt are both given; give one of them.",
    );
    expect(refused({ prompts: [] })).toThrow(/prompts has 0 texts, each with 1 samples; give at least one/);
    expect(refused({ prompts: ["a", "b"], samples: 4096 })).toThrow(/at most 4096 samples together/);
  });
});
