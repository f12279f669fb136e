/** Completion against brute force over all texts, and what is read again when a text changes. */
import { describe, expect, test } from "vitest";
import { TextModel } from "../../src/apps/text-model.js";
import { Random } from "../../src/engine/random.js";
import { beginningOf, unwrittenTokens } from "../../src/generate/beginning.js";
import { begun } from "../../src/generate/complete/begun.js";
import { Completer } from "../../src/generate/complete/completer.js";
import { ReadTexts } from "../../src/generate/complete/read-texts.js";
import { searchWords } from "../../src/generate/complete/search-words.js";
import { WordEnd } from "../../src/generate/complete/word-end.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { PredictorState } from "../../src/model/predictor.js";
import { TokenIndex } from "../../src/text/tokenizers/token-index.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { dataOf } from "../engine/tensor-data.js";
import { addToLogit, randomModel } from "./models.js";

/** p of every next token, of those that may be written, after a token. */
function step(model: LanguageModel, tokenizer: Tokenizer, state: PredictorState, id: number): number[] {
  const logits = Array.from(model.logits(Int32Array.of(id), state as never));
  for (const never of unwrittenTokens(tokenizer)) logits[never] = -Infinity;
  const max = Math.max(...logits);
  const e = logits.map((x) => Math.exp(x - max));
  const sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
}

type Visit = (ids: readonly number[], p: number) => boolean;

/** All sequences of tokens after a context with their probabilities, as long as `visit` wants them longer. */
function every(model: LanguageModel, tokenizer: Tokenizer, context: readonly number[], visit: Visit): void {
  const state = model.zeroState(1);
  let next: number[] = [];
  for (const id of context) next = step(model, tokenizer, state, id);
  const go = (before: PredictorState, after: number[], ids: readonly number[], p: number): void => {
    for (const [id, own] of after.entries()) {
      if (own < 1e-12 || !visit([...ids, id], p * own)) continue;
      const longer = before.copy();
      go(longer, step(model, tokenizer, longer, id), [...ids, id], p * own);
    }
  };
  go(state, next, [], 1);
}

/** p of every end of the word that was typed, by what it adds; over all sequences of so many tokens. */
function wordsByForce(
  model: LanguageModel,
  tokenizer: Tokenizer,
  context: readonly number[],
  typed: string,
  most: number,
): Map<string, number> {
  const words = new Map<string, number>();
  let total = 0;
  every(model, tokenizer, context, (ids, p) => {
    const text = tokenizer.decode(ids);
    const shorter = tokenizer.decode(ids.slice(0, -1));
    if (!text.startsWith(typed)) return typed.startsWith(text) && ids.length < most;
    // Counted once, by the first tokens that reach the end of what was typed.
    if (!(shorter.length >= typed.length && shorter.startsWith(typed))) total += p;
    const added = text.slice(typed.length);
    const word = /^[\p{L}\p{M}\p{N}'’]*/u.exec(added)![0];
    const ended = word.length < added.length || ids.at(-1) === tokenizer.eosId;
    if (ended && word !== "") words.set(word, (words.get(word) ?? 0) + p);
    return !ended && ids.length < most;
  });
  if (typed === "") total = 1;
  return new Map([...words].map(([word, p]) => [word, p / total]));
}

const shortWords = (words: Map<string, number>, longest: number) =>
  [...words].filter(([word]) => word.length <= longest).toSorted((a, b) => b[1] - a[1]);

/** Lets all tokens but these die out. */
function keepAlive(model: LanguageModel, alive: ReadonlySet<number>): void {
  for (let id = 0; id < model.vocabulary; id++) if (!alive.has(id)) addToLogit(model, id, -1000);
}

async function* chunks(text: string): AsyncGenerator<string> {
  yield text;
}
const made = async (kind: "char" | "word" | "bpe", text: string, options = {}): Promise<Tokenizer> =>
  trainTokenizer(kind, chunks(text), options);

describe.each([false, true])("characters, of lines: %s", (lines) => {
  test("words are those of brute force", async () => {
    const tokenizer = await made("char", "ab a'b,\nb a", { lines });
    for (const seed of [1, 2, 3]) {
      const model = randomModel(tokenizer, "lstm", seed);
      const completer = new Completer(model, tokenizer);
      for (const text of ["", "a", "ab b", "b, ", "a'"]) {
        const context = [beginningOf(tokenizer)!, ...tokenizer.encode(text)];
        const force = shortWords(wordsByForce(model, tokenizer, context, "", 7), 6);
        const found = await completer.complete(text, { suggestions: 4 });
        const few = found.filter((one) => one.text.length <= 6);
        expect(few.length).toBeGreaterThan(0);
        for (const { text: added, probability } of few)
          expect(probability).toBeCloseTo(force.find(([word]) => word === added)![1], 10);
        // No word of up to six letters is more probable than the least of them and is not there.
        const least = found.at(-1)!.probability;
        const missing = force.filter(([, p]) => p > least * (1 + 1e-9)).map(([word]) => word);
        expect(found.map((one) => one.text)).toEqual(expect.arrayContaining(missing));
        expect(found.map((one) => one.probability)).toEqual(
          found.map((one) => one.probability).toSorted((a, b) => b - a),
        );
      }
    }
  });
});

describe("a search that ends before it has looked at everything", () => {
  const letters = "abcdefghijklmnopqrstuv";
  /** Nearly as probable all of them, so that there are many words of two letters. */
  const flat = async () => {
    const tokenizer = await made("char", `${letters} \n`);
    const model = randomModel(tokenizer);
    for (const { value } of model.parameters)
      for (let i = 0; i < value.length; i++) dataOf(value)[i]! *= 0.05;
    model.weightsChanged();
    return { tokenizer, model };
  };

  test("says which suggestions are not sure, and the others are those of brute force", async () => {
    const { tokenizer, model } = await flat();
    const completer = new Completer(model, tokenizer);
    const found = await completer.complete("", { suggestions: 30 });
    const sure = found.findIndex(({ unsure }) => unsure);
    expect(sure).toBeGreaterThan(0);
    expect(found.map(({ unsure }) => unsure === true)).toEqual(found.map((_, i) => i >= sure));
    const context = [beginningOf(tokenizer)!];
    const force = shortWords(wordsByForce(model, tokenizer, context, "", 2), 1);
    expect(found.slice(0, sure).map(({ text }) => text)).toEqual(force.slice(0, sure).map(([word]) => word));
    for (const [i, { probability }] of found.slice(0, sure).entries())
      expect(probability).toBeCloseTo(force[i]![1], 9);
    for (const one of await completer.complete("", { suggestions: 5 })) expect(one.unsure).toBeUndefined();
  });

  test("reads more for many suggestions, and says where there are fewer all the same", async () => {
    const { tokenizer, model } = await flat();
    const found = await new Completer(model, tokenizer).complete("", { suggestions: 1000 });
    expect(found).toHaveLength(1000);
    const texts = new ReadTexts(model, unwrittenTokens(tokenizer));
    texts.read(Int32Array.of(beginningOf(tokenizer)!), 0, 1);
    const index = new TokenIndex(tokenizer);
    const { spellings } = index;
    const search = { texts, index, spellings, end: new WordEnd(spellings, false), space: false, count: 1000 };
    const ends = [{ ids: new Int32Array(0), typed: "" }];
    const few = searchWords(begun(texts, texts.at(), ends, index), { ...search, most: 64 });
    expect(few.found.length).toBeLessThan(1000);
    expect(few.open).toBeGreaterThan(0);
  });
});

test("after a sign a word may come with a space, and the word is told whole", async () => {
  const tokenizer = await made("char", "so, be it.\n");
  const model = randomModel(tokenizer);
  addToLogit(model, tokenizer.encode(" ")[0]!, 8);
  const completer = new Completer(model, tokenizer);
  const found = await completer.complete("so,");
  expect(found[0]!.text).toMatch(/^ \w/);
  expect(found[0]!.word).toBe(found[0]!.text.slice(1));
  for (const { text, word } of await completer.complete("so b")) expect(word).toBe(`b${text}`);
});

describe("byte pairs", () => {
  const text = "whale whale ha hale wa whah ,\n".repeat(20);

  test("what was typed is spelled in every way: the words are those of brute force", async () => {
    const tokenizer = await made("bpe", text, { vocabSize: 264 });
    const alive = new Set([..." whale,"].map((letter) => tokenizer.encode(letter)[0]!));
    for (let id = 256; id < tokenizer.size; id++) alive.add(id);
    for (const seed of [1, 2]) {
      const model = randomModel(tokenizer, "gru", seed);
      keepAlive(model, alive);
      const completer = new Completer(model, tokenizer);
      const beginning = beginningOf(tokenizer)!;
      for (const [before, typed] of [
        ["ha", " wh"],
        ["", "wh"],
        ["ha", " "],
      ] as const) {
        const context = [beginning, ...tokenizer.encode(before)];
        const force = shortWords(wordsByForce(model, tokenizer, context, typed, 5), typed === " wh" ? 1 : 2);
        const found = await completer.complete(before + typed, { suggestions: 8 });
        const p = new Map(force);
        const short = found.filter(({ text: added }) => p.has(added));
        expect(short.length, `${before}${typed}`).toBeGreaterThan(0);
        for (const { text: added, probability } of short)
          expect(probability / p.get(added)!, `${before}${typed}|${added}`).toBeCloseTo(1, 2);
        const least = found.at(-1)!.probability * 1.01;
        const missing = force.filter(([, own]) => own > least).map(([word]) => word);
        expect(found.map((one) => one.text)).toEqual(expect.arrayContaining(missing));
      }
    }
  });

  test("no way to cut the typed text keeps a word away", async () => {
    const tokenizer = await made("bpe", text, { vocabSize: 270 });
    // " whale" is one token, and " wh" none that goes on to it.
    const whale = tokenizer.encode(" whale");
    expect(whale).toHaveLength(1);
    const model = randomModel(tokenizer);
    addToLogit(model, whale[0]!, 30);
    addToLogit(model, tokenizer.encode(",")[0]!, 25);
    const completer = new Completer(model, tokenizer);
    for (const typed of ["ha", "ha ", "ha w", "ha wh", "ha whal"]) {
      const wanted = "ha whale".slice(typed.length);
      const [best] = await completer.complete(typed);
      if (typed !== "ha") expect(best).toMatchObject({ text: wanted, word: "whale" });
    }
  });

  test("half characters are never offered", async () => {
    const tokenizer = await made("bpe", "naïve 鯨 🐋 café\n".repeat(3), { vocabSize: 300 });
    const completer = new Completer(randomModel(tokenizer), tokenizer);
    for (const typed of ["", "na", "naï", "鯨", "caf", "🐋"]) {
      for (const until of ["word", "line", "tokens"] as const)
        for (const one of await completer.complete(typed, { until, ...(until !== "word" && { length: 4 }) }))
          expect(one.text).not.toMatch(/\ufffd/);
    }
  });
});

describe("words", () => {
  const text = "whale what when the them then\n, wha (whale)\n".repeat(4);

  test("have the share of those that begin as was typed", async () => {
    const tokenizer = await made("word", text);
    const model = randomModel(tokenizer);
    const completer = new Completer(model, tokenizer);
    const state = model.zeroState(1);
    let next: number[] = [];
    for (const id of [beginningOf(tokenizer)!, ...tokenizer.encode("the")])
      next = step(model, tokenizer, state, id);
    const words = ["whale", "what", "when", "wha"];
    const p = (word: string): number => next[tokenizer.encode(word)[0]!]!;
    const total = (prefix: string): number =>
      words.filter((word) => word.startsWith(prefix)).reduce((sum, word) => sum + p(word), 0);
    const found = await completer.complete("the wha");
    expect(found.map((one) => one.text).toSorted()).toEqual(["le", "t"]);
    for (const { text: added, probability, word } of found) {
      expect(word).toBe(`wha${added}`);
      expect(probability).toBeCloseTo(p(`wha${added}`) / total("wha"), 12);
    }
    expect(await completer.complete("the xyz")).toEqual([]);
    const all = await completer.complete("the ", { suggestions: 50 });
    expect(all.map((one) => one.text)).not.toContain(",");
    for (const one of all) expect(one.probability).toBeCloseTo(p(one.text), 12);
  });

  test("of unicode mode join over an apostrophe, or do not", async () => {
    const tokenizer = await made("word", "I don't don 't ' don't . dons ( it ) well\n".repeat(4), {
      wordMode: "unicode",
    });
    const model = randomModel(tokenizer);
    const completer = new Completer(model, tokenizer);
    const state = model.zeroState(1);
    let next: number[] = [];
    for (const id of [beginningOf(tokenizer)!, ...tokenizer.encode("I")])
      next = step(model, tokenizer, state, id);
    const [don, dont, sign] = ["don", "don't", "'"].map((word) => tokenizer.encode(word)[0]!);
    const signAfter = next[don!]! * step(model, tokenizer, state, don!)[sign!]!;
    const [only] = await completer.complete("I don'");
    expect(only).toMatchObject({ text: "t", word: "don't" });
    expect(only!.probability).toBeCloseTo(next[dont!]! / (next[dont!]! + signAfter), 12);
    for (const { text: added } of await completer.complete("it.")) expect(added).toMatch(/^ /);
    for (const { text: added } of await completer.complete("well (")) expect(added).not.toMatch(/^ /);
  });

  test("make lines, with spaces where they belong", async () => {
    const tokenizer = await made("word", "Yes , it is .\nNo , it was .\n".repeat(4), { wordMode: "unicode" });
    const model = randomModel(tokenizer);
    addToLogit(model, beginningOf(tokenizer)!, 3);
    const completer = new Completer(model, tokenizer);
    const found = await completer.complete("No, it", { until: "line", suggestions: 8 });
    expect(found.length).toBeGreaterThan(3);
    for (const { text: added } of found) expect(added).not.toMatch(/ [,.]|\n/);
    const [first] = await completer.complete("No, i", { until: "line" });
    expect(first!.text).toMatch(/^[ts]/);
  });
});

describe("lines and tokens", () => {
  test.each([true, false])("are those of brute force, of lines: %s", async (lines) => {
    const tokenizer = await made("char", "ab\nba", { lines });
    const model = randomModel(tokenizer, "gru", 4);
    const completer = new Completer(model, tokenizer);
    const newline = lines ? tokenizer.eosId! : tokenizer.encode("\n")[0]!;
    const force = new Map<string, number>();
    const threes = new Map<string, number>();
    every(model, tokenizer, [beginningOf(tokenizer)!, ...tokenizer.encode("a")], (ids, p) => {
      const text = tokenizer.decode(ids);
      if (ids.length === 3 || (lines && ids.at(-1) === newline && ids.length < 3))
        threes.set(lines ? text.replace("\n", "") : text, p);
      if (ids.at(-1) === newline) force.set(text.slice(0, -1), p);
      return ids.at(-1) !== newline || !lines ? ids.length < 6 : false;
    });
    const best = [...force].filter(([text]) => text !== "" && !text.includes("\n"));
    best.sort((a, b) => b[1] - a[1]);
    const found = await completer.complete("a", { until: "line", suggestions: 3 });
    for (const [i, { text, probability }] of found.entries()) {
      expect(text).toBe(best[i]![0]);
      expect(probability).toBeCloseTo(best[i]![1], 12);
    }
    const next = await completer.complete("a", { until: "tokens", length: 3, suggestions: 5 });
    expect(next).toHaveLength(5);
    for (const { text, probability } of next) expect(probability).toBeCloseTo(threes.get(text)!, 12);
  });

  test("a line that does not end is offered as far as was asked", async () => {
    const tokenizer = await made("char", "abcab\n");
    const model = randomModel(tokenizer);
    addToLogit(model, tokenizer.encode("\n")[0]!, -1000);
    const found = await new Completer(model, tokenizer).complete("a", { until: "line", length: 7 });
    expect(found).toHaveLength(5);
    for (const { text } of found) expect(text).toHaveLength(7);
  });

  test("a text of which p is less than any number is offered, too", async () => {
    const tokenizer = await made("char", "abcab\n");
    const model = randomModel(tokenizer);
    const long = { until: "tokens", length: 1500, suggestions: 2 } as const;
    const found = await new Completer(model, tokenizer).complete("a", long);
    expect(found.map(({ text }) => text.length)).toEqual([1500, 1500]);
    for (const { probability } of found) expect(probability).toBeGreaterThanOrEqual(0);
  });
});

describe("what is read again", () => {
  /** The model, counting what it reads. */
  function counting(model: LanguageModel): { model: LanguageModel; read: () => number } {
    let tokens = 0;
    const counted = new Proxy(model, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (name === "evaluate") tokens += (args[0] as { inputs: Int32Array }).inputs.length;
          if (name === "logits") tokens += (args[0] as Int32Array).length;
          return (value as (...given: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    return {
      model: counted,
      read: () => {
        const before = tokens;
        tokens = 0;
        return before;
      },
    };
  }
  const sentence = "The sea was calm and the whale slept on. ";

  test.each(["char", "bpe", "word"] as const)(
    "typing, deleting and jumping in a text of %s give what a new completer gives",
    async (kind) => {
      const source = sentence.repeat(6);
      const tokenizer = await made(kind, source, kind === "bpe" ? { vocabSize: 280 } : { minCount: 1 });
      const model = randomModel(tokenizer);
      const completer = new Completer(model, tokenizer);
      const random = new Random(7);
      let text = source;
      for (let i = 0; i < 12; i++) {
        const at = random.below(text.length + 1);
        if (i % 3 === 0) text = source.slice(0, at);
        else if (i % 3 === 1) text = text.slice(0, -1 - random.below(4));
        else text += source[at] ?? "x";
        const [kept, fresh] = await Promise.all([
          completer.complete(text),
          new Completer(model, tokenizer).complete(text),
        ]);
        expect(kept.map((one) => one.text)).toEqual(fresh.map((one) => one.text));
        for (const [n, { probability }] of kept.entries())
          expect(probability).toBeCloseTo(fresh[n]!.probability, 9);
      }
    },
  );

  test("a key, a deletion and a jump cost what changed", async () => {
    const long = sentence.repeat(100);
    const tokenizer = await made("char", long);
    const { model, read } = counting(randomModel(tokenizer));
    const completer = new Completer(model, tokenizer);
    await completer.complete(long);
    expect(read()).toBeGreaterThanOrEqual(long.length);
    await completer.complete(long);
    expect(read()).toBe(0);
    await completer.complete(`${long}T`);
    const typed = read();
    expect(typed).toBeLessThan(400);
    await completer.complete(long);
    expect(read()).toBe(0);
    await completer.complete(`${long}T`);
    expect(read()).toBe(0);
    await completer.complete(long.slice(0, 2001));
    expect(read()).toBeLessThan(64 * 2 + 400);
    await completer.complete(`${long}T`);
    expect(read()).toBeLessThan(64 * 2 + 400);
  });

  test("within a word a model of words reads nothing", async () => {
    const tokenizer = await made("word", sentence, { minCount: 1 });
    const { model, read } = counting(randomModel(tokenizer));
    const completer = new Completer(model, tokenizer);
    await completer.complete("The sea ");
    read();
    for (const typed of ["The sea w", "The sea wa", "The sea w", "The sea "]) await completer.complete(typed);
    expect(read()).toBe(0);
  });

  test("a long session forgets, and stays right", async () => {
    const tokenizer = await made("char", sentence);
    const model = randomModel(tokenizer);
    const completer = new Completer(model, tokenizer);
    let text = "";
    for (const letter of sentence.repeat(3)) await completer.complete((text += letter));
    const fresh = await new Completer(model, tokenizer).complete(text);
    const kept = await completer.complete(text);
    expect(kept.map((one) => one.text)).toEqual(fresh.map((one) => one.text));
    expect(kept[0]!.probability).toBeCloseTo(fresh[0]!.probability, 9);
    const early = sentence.slice(0, 20);
    const [again] = await completer.complete(early);
    const [once] = await new Completer(model, tokenizer).complete(early);
    expect(again!.probability).toBeCloseTo(once!.probability, 9);
  });

  test("a text whose beginning was read for good goes on as if it were there", async () => {
    for (const kind of ["char", "bpe", "word"] as const) {
      const tokenizer = await made(kind, sentence, kind === "bpe" ? { vocabSize: 270 } : { minCount: 1 });
      const model = randomModel(tokenizer);
      const completer = new Completer(model, tokenizer);
      const text = `${sentence}${sentence}The wh`;
      const done = await completer.readOn(text);
      expect(done).toBeGreaterThan(60);
      const cut = await completer.complete(text.slice(done));
      const whole = await new Completer(model, tokenizer).complete(text);
      expect(cut.map((one) => one.text)).toEqual(whole.map((one) => one.text));
      expect(cut[0]!.probability).toBeCloseTo(whole[0]!.probability, 9);
    }
  });

  test("other weights are another model", async () => {
    const tokenizer = await made("char", sentence);
    const model = randomModel(tokenizer);
    const completer = new Completer(model, tokenizer);
    const [before] = await completer.complete("The ");
    addToLogit(model, tokenizer.encode("w")[0]!, 5);
    model.weightsChanged();
    const [after] = await completer.complete("The ");
    expect(after).not.toEqual(before);
    expect(after).toEqual((await new Completer(model, tokenizer).complete("The "))[0]);
  });
});

test("wrong calls are refused in a sentence", async () => {
  const tokenizer = await made("char", "abc\n");
  const completer = await new TextModel(randomModel(tokenizer), tokenizer).completer();
  const refused = (text: unknown, options?: unknown) =>
    expect((completer.complete as (...args: unknown[]) => Promise<unknown>).call(completer, text, options))
      .rejects;
  await refused(5).toThrow("The text to complete is 5; give a string.");
  await refused("a", { sugestions: 3 }).toThrow(
    "complete has no option sugestions; did you mean suggestions?",
  );
  await refused("a", { until: "sentence" }).toThrow('until is "sentence"; choose one of word, line, tokens.');
  await refused("a", { length: 3 }).toThrow("length belongs to until: line or until: tokens");
  await refused("a", { signal: AbortSignal.abort(new Error("enough")) }).toThrow("enough");
});
