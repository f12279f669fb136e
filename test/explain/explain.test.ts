/** Which words decided: erasure against reading every text anew, gradient × input against central differences. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CELLS } from "../../src/cells.js";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { UserError } from "../../src/errors.js";
import { erasure } from "../../src/explain/erasure.js";
import { gradientTimesInput } from "../../src/explain/gradient-input.js";
import { integratedGradients } from "../../src/explain/integrated-gradients.js";
import { type Piece, piecesOf } from "../../src/explain/pieces.js";
import { beginningOf } from "../../src/generate/beginning.js";
import {
  type Classification,
  ensemble,
  explain,
  load,
  loadClassifier,
  type LoadedModel,
  trainTokenizer,
} from "../../src/index.js";
import { modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";

const V = 40;

function create(config: Partial<ModelConfigInput>): LanguageModel {
  const engine: Engine = new ReferenceEngine("f64");
  const model = createModel(
    engine,
    modelConfig({ vocabulary: V, embedding: 5, hidden: 6, layers: 2, ...config }),
    7,
  );
  for (const { value } of model.parameters)
    engine.write(
      engine.read(value).map((x) => 2 * x),
      value,
    );
  model.weightsChanged();
  return model;
}

/** The same model, whose embedding may be changed without its decoder. */
function untied(model: LanguageModel): LanguageModel {
  const copy = create({ ...model.config, tie: false });
  for (const { name, value } of copy.parameters) {
    const own = model.parameters.find((other) => other.name === name) ?? model.parameters[0]!;
    model.engine.write(model.engine.read(own.value), value);
  }
  copy.weightsChanged();
  return copy;
}

/** Σ ln p of the last tokens, a token at a time. */
function bruteForce(model: LanguageModel, ids: readonly number[], count: number): number {
  const state = model.zeroState(1);
  let sum = 0;
  for (const [t, id] of ids.slice(0, -1).entries()) {
    const logits = Array.from(model.logits(Int32Array.of(id), state));
    if (t + 1 < ids.length - count) continue;
    const most = Math.max(...logits);
    sum += logits[ids[t + 1]!]! - most - Math.log(logits.reduce((total, x) => total + Math.exp(x - most), 0));
  }
  return sum;
}

/** Pieces of one token, two, three, and again one. */
function piecesOfLengths(tokens: number): Piece[] {
  const pieces: Piece[] = [];
  for (let start = 0; start < tokens;) {
    const end = Math.min(tokens, start + 1 + (pieces.length % 3));
    pieces.push({ text: "", start, end });
    start = end;
  }
  return pieces;
}

const CONFIGS: readonly Partial<ModelConfigInput>[] = [
  ...CELLS.map((cell) => ({ cell })),
  { cell: "lstm", tie: true, embedding: 6 },
  { cell: "gru", adaptive: { cutoffs: [8, 20], divisor: 2 } },
  { cell: "lstm", mixture: { components: 2 } },
];

describe.each(CONFIGS)("%j", (config) => {
  const random = new Random(5);
  const ids = Int32Array.from({ length: 151 }, () => random.below(V));

  test("erasure is what reading without each piece gives, in one batch or several", async () => {
    const model = create(config);
    for (const [first, tokens, targets] of [
      [1, 150, 1],
      [3, 10, 4],
      [0, 6, 2],
    ] as const) {
      const before = ids.slice(0, first);
      const own = ids.slice(first, first + tokens);
      const target = Int32Array.from({ length: targets }, () => random.below(V));
      const pieces = piecesOfLengths(own.length);
      const told = await erasure(model, { before, ids: own, target }, pieces);
      const whole = bruteForce(model, [...before, ...own, ...target], targets);
      expect(told.logProbability).toBeCloseTo(whole, 9);
      for (const [n, { start, end }] of pieces.entries()) {
        const without = [...before, ...own.slice(0, start), ...own.slice(end), ...target];
        expect(told.effects[n]).toBeCloseTo(whole - bruteForce(model, without, targets), 9);
      }
    }
  });

  test("gradient × input is the derivative by a longer embedding", () => {
    const model = config.tie ? untied(create(config)) : create(config);
    const { engine } = model;
    // Every token once, and none of the targets read: its embedding stands in one place.
    const before = Int32Array.of(0);
    const own = Int32Array.from({ length: 12 }, (_, i) => 1 + i);
    const target = Int32Array.of(20, 30, 25);
    const pieces = piecesOfLengths(own.length);
    const effects = gradientTimesInput(create(config), { before, ids: own, target }, pieces);
    const embedding = model.parameters[0]!.value;
    const E = model.config.embedding;
    const log = (piece: Piece, factor: number): number => {
      const kept = engine.read(embedding).slice();
      for (let t = piece.start; t < piece.end; t++) {
        const at = own[t]! * E;
        engine.write(
          kept.slice(at, at + E).map((x) => factor * x),
          embedding.slice(at, E),
        );
      }
      model.weightsChanged();
      const sum = bruteForce(model, [...before, ...own, ...target], target.length);
      engine.write(kept, embedding);
      model.weightsChanged();
      return sum;
    };
    const step = 1e-5;
    for (const [n, piece] of pieces.entries()) {
      const numeric = (log(piece, 1 + step) - log(piece, 1 - step)) / (2 * step);
      expect(Math.abs(effects[n]! - numeric)).toBeLessThan(1e-8);
    }
    expect(effects.some((effect) => Math.abs(effect) > 1e-4)).toBe(true);
  });
});

describe.each(CONFIGS)("integrated gradients of %j", (config) => {
  const before = Int32Array.of(0);
  const own = Int32Array.from({ length: 12 }, (_, i) => 1 + i);
  const target = Int32Array.of(20, 30, 25);
  const pieces = piecesOfLengths(own.length);

  test("add up to the difference to embeddings of zero, and are the integral of the derivatives on the way", async () => {
    const model = create(config);
    const question = { before, ids: own, target };
    const found = await integratedGradients(model, question, pieces);
    expect(found.logProbability).toBeCloseTo(bruteForce(model, [...before, ...own, ...target], 3), 9);
    const apart = config.tie ? untied(model) : create(config);
    const embedding = apart.parameters[0]!.value;
    const E = apart.config.embedding;
    const kept = apart.engine.read(embedding).slice();
    /** ln p with the embeddings of some tokens at one part of their length, and of the others at another. */
    const log = (alpha: number, some: Piece, other: number): number => {
      for (const [t, id] of own.entries()) {
        const factor = t >= some.start && t < some.end ? other : alpha;
        apart.engine.write(
          kept.slice(id * E, (id + 1) * E).map((x) => factor * x),
          embedding.slice(id * E, E),
        );
      }
      apart.weightsChanged();
      return bruteForce(apart, [...before, ...own, ...target], 3);
    };
    const none = { text: "", start: 0, end: 0 };
    expect(found.baseline).toBeCloseTo(log(0, none, 0), 9);
    const sum = found.effects.reduce((total, effect) => total + effect, 0);
    const difference = found.logProbability - found.baseline;
    expect(Math.abs(sum - difference)).toBeLessThanOrEqual(0.01 * Math.abs(difference) + 1e-12);
    expect(found.gap).toBeLessThanOrEqual(0.01);
    // The same points, by central differences along each piece.
    const m = found.points;
    const step = 1e-4;
    for (const [n, piece] of pieces.entries()) {
      let integral = 0;
      for (let i = 0; i < m; i++) {
        const alpha = (i + 0.5) / m;
        integral += (log(alpha, piece, alpha + step) - log(alpha, piece, alpha - step)) / (2 * step) / m;
      }
      expect(Math.abs(found.effects[n]! - integral)).toBeLessThan(1e-6);
    }
  });

  test("leave the model's own gradients alone", async () => {
    const model = create(config);
    gradientTimesInput(model, { before, ids: own, target }, pieces);
    const gradients = model.parameters.map(({ grad }) => Array.from(model.engine.read(grad)));
    await integratedGradients(model, { before, ids: own, target }, pieces);
    expect(model.parameters.map(({ grad }) => Array.from(model.engine.read(grad)))).toEqual(gradients);
  });
});

test("nothing is told of a piece without which nothing stands before the target", async () => {
  const model = create({ cell: "gru" });
  const none = new Int32Array(0);
  const one = await erasure(model, { before: none, ids: Int32Array.of(3, 4), target: Int32Array.of(5) }, [
    { text: "", start: 0, end: 2 },
  ]);
  expect(one.effects).toEqual([null]);
  expect(one.logProbability).toBeCloseTo(bruteForce(model, [3, 4, 5], 1), 9);
});

describe("pieces", () => {
  const texts = async (
    kind: "char" | "bpe" | "word",
    text: string,
    by: "word" | "token",
  ): Promise<string[]> => {
    const tokenizer = await trainTokenizer(kind, ["the whale swims, näïve 🐋 and the sea\n".repeat(9)]);
    return piecesOf(tokenizer, tokenizer.encode(text), by).map((piece) => piece.text);
  };

  test.each(["char", "bpe"] as const)("of %s are words with the space before them", async (kind) => {
    expect(await texts(kind, "the whale swims,\n näïve 🐋", "word")).toEqual([
      "the",
      " whale",
      " swims,",
      "\n näïve",
      " 🐋",
    ]);
    expect(await texts(kind, "  the sea ", "word")).toEqual(["  the", " sea", " "]);
  });

  test("of words are tokens, and of tokens what completes a character", async () => {
    expect(await texts("word", "the whale and it", "word")).toEqual([
      "the",
      " whale",
      " and",
      expect.stringContaining("unk"),
    ]);
    expect(await texts("char", "ea", "token")).toEqual(["e", "a"]);
    // A shark has four bytes that no merge has joined with others.
    const pieces = await texts("bpe", "ab🦈c", "token");
    expect(pieces).toEqual(["a", "b", "🦈", "c"]);
  });
});

describe("explain", () => {
  const fixture = (name: string): Promise<LoadedModel> =>
    load(fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url)), { threads: 1 });
  const TEXT = "the sea was calm,\nand the whale slept";

  test.each(["erasure", "gradient", "integrated"] as const)(
    "of one text against another: %s",
    async (method) => {
      const model = await fixture("lstm-char");
      const options = { method, by: "token" } as const;
      const both = await explain(model, TEXT, { ...options, target: " the", against: " sea" });
      const [one, other] = await Promise.all(
        [" the", " sea"].map((target) => explain(model, TEXT, { ...options, target })),
      );
      expect(both.against).toEqual({ text: " sea", logProbability: other!.logProbability });
      expect(both.logProbability).toBe(one!.logProbability);
      for (const [n, { effect }] of both.pieces.entries())
        expect(effect).toBeCloseTo(one!.pieces[n]!.effect! - other!.pieces[n]!.effect!, 6);
      expect(both.completeness === undefined).toBe(method !== "integrated");
      await expect(explain(model, TEXT, { against: "\u{1f988}" })).rejects.toThrow(
        /^against: .* has .* in it, which/,
      );
    },
  );

  test.each(["lstm-char", "rnn-relu-bpe", "gru-word-lines-tied", "minlstm-word-adaptive", "lstm-char-int8"])(
    "%s: the most probable token, and a text, by pieces that make up the text",
    async (name) => {
      const model = await fixture(name);
      const { tokenizer } = model;
      const told = await explain(model, TEXT);
      const read = tokenizer.bosId === undefined ? TEXT : TEXT.split("\n")[1]!;
      expect(told.text).toBe(read);
      expect(told.pieces.map(({ text }) => text).join("")).toBe(tokenizer.decode(tokenizer.encode(read)));
      expect(told.probability).toBeCloseTo(Math.exp(told.logProbability), 12);
      // It is what the model would be most sure of.
      const target = " the";
      const other = await explain(model, TEXT, { target, by: "token" });
      const follows = tokenizer.encode(target);
      const begin = beginningOf(tokenizer);
      const ids = [...(begin === undefined ? [] : [begin]), ...tokenizer.encode(read), ...follows];
      const whole = bruteForce(model.model, ids, follows.length);
      expect(other.logProbability).toBeCloseTo(whole, 3);
      expect(other.pieces.length).toBeGreaterThanOrEqual(told.pieces.length);
      expect(told.pieces.some(({ effect }) => effect !== 0)).toBe(true);
    },
  );

  test("of a long text only the last pieces are told, and earlier ones are read", async () => {
    const model = await fixture("lstm-char");
    const told = await explain(model, TEXT, { context: 12, by: "token" });
    expect(told.earlier).toBe(12);
    expect(told.pieces.map(({ text }) => text).join("")).toBe("e whale slept".slice(1));
    const all = await explain(model, TEXT.slice(-24), { by: "token", target: told.target });
    for (const [n, { effect }] of told.pieces.entries())
      expect(effect).toBeCloseTo(all.pieces[12 + n]!.effect!, 4);
  });

  test("of a classifier the label is told, as classifying without each word tells it", async () => {
    const folder = fileURLToPath(new URL("../fixtures/models/lstm-char-classifier", import.meta.url));
    const classifier = await loadClassifier(folder, { threads: 1 });
    const text = "the sea was calm";
    const words = ["the", " sea", " was", " calm"];
    const texts = [text, ...words.map((_, n) => words.filter((__, other) => other !== n).join(""))];
    const [whole, ...others] = await classifier.classify(texts);
    for (const target of [undefined, ...classifier.labels]) {
      const told = await explain(classifier, text, { ...(target !== undefined && { target }) });
      expect(told.target).toBe(target ?? whole!.label);
      const log = ({ probabilities }: Classification): number =>
        Math.log(probabilities.find(({ label }) => label === told.target)!.probability);
      expect(told.logProbability).toBeCloseTo(log(whole!), 6);
      expect(told.pieces.map((piece) => piece.text)).toEqual(words);
      for (const [n, { effect }] of told.pieces.entries())
        expect(effect).toBeCloseTo(log(whole!) - log(others[n]!), 5);
    }
    await expect(explain(classifier, text, { target: "no such label" })).rejects.toThrow(
      /is none of the classifier's labels/,
    );
    await expect(explain(classifier, text, { method: "gradient" })).rejects.toThrow(
      /and this is a classifier; take method: erasure/,
    );
    await expect(explain(classifier, "")).rejects.toThrow(/^There is no word in the text/);
  });

  test("progress is told, and a signal ends it", async () => {
    const model = await fixture("lstm-char");
    const done: string[] = [];
    await explain(model, TEXT, { onProgress: (n, of) => void done.push(`${n} of ${of}`) });
    expect(done).toEqual(["8 of 8"]);
    const ended = explain(model, TEXT, { signal: AbortSignal.abort(new Error("enough")) });
    await expect(ended).rejects.toThrow("enough");
  });

  test("the same twice, with either method, and the weights stay as they are", async () => {
    const model = await fixture("lstm-char");
    const before = model.model.parameters.map(({ value }) => model.model.engine.read(value).slice());
    for (const method of ["erasure", "gradient"] as const) {
      const first = await explain(model, TEXT, { method });
      expect(await explain(model, TEXT, { method })).toEqual(first);
      expect(first.method).toBe(method);
    }
    expect(model.model.parameters.map(({ value }) => model.model.engine.read(value))).toEqual(before);
  });

  test("what cannot be explained is refused in a sentence", async () => {
    const [model, int8] = await Promise.all(["lstm-char", "lstm-char-int8"].map(fixture));
    const refused = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
      await expect(work).rejects.toThrow(UserError);
      await expect(work).rejects.toThrow(message);
    };
    await refused(explain(model!, ""), /^There is no word in the text/);
    await refused(
      explain(model!, "a", { target: "鯨" }),
      /^target: 鯨 has 鯨 in it, which the vocabulary has not; give a text/,
    );
    await refused(
      explain(int8!, "the sea", { method: "gradient" }),
      /this model's int8 weights have none; take method: erasure, or/,
    );
    await refused(
      explain(await ensemble([model!, model!]), "the sea", { method: "gradient" }),
      /is for a single model/,
    );
    await refused(
      explain(await model!.adapt({ cache: true }), "the sea"),
      /^A model that follows what it reads/,
    );
    await refused(explain(model!, "a", { by: "line" as "word" }), /by/);
    await refused(
      explain({} as LoadedModel, "a"),
      /^The model is an object; give one that load returned, or a classifier/,
    );
    const joined = await explain(await ensemble([model!, model!]), "the sea");
    expect(joined.pieces.length).toBe(2);
  });
});
