/** Classifiers as a library makes, loads, quantizes and measures them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storedModelFiles } from "../../src/apps/model-files.js";
import { parseFiles } from "../../src/format/parse-files.js";
import { readModelFolder } from "../../src/format/model-folder.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import {
  type LabelledText,
  load,
  loadClassifier,
  quantize,
  train,
  trainClassifier,
  UserError,
} from "../../src/index.js";
import { Random } from "../../src/engine/random.js";
import { plainVector } from "../vectors/plain.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-classifier-test-"));
const at = (name: string): string => join(folder, name);
const WORDS = {
  sea: ["whale", "storm", "ship", "sail", "wave", "deck"],
  land: ["meadow", "tree", "house", "road", "hill", "field"],
};

/** Texts of three words each, the labels in turn. */
function labelled(count: number, seed: number): LabelledText[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2 === 0 ? "sea" : "land";
    const words = Array.from({ length: 3 }, () => WORDS[label][random.below(6)]!);
    return { text: `the ${words.join(" and the ")}`, label, source: `here, line ${i + 1}` };
  });
}

const TEXTS = labelled(60, 1);
const OTHERS = labelled(40, 2);
const options = { threads: 1, overwrite: true } as const;

beforeAll(async () => {
  const text = `${[...TEXTS, ...OTHERS].map((one) => one.text).join("\n")}\n`.repeat(4);
  await train({ text, tokenizer: "word", hidden: 16, epochs: 2, seed: 1, ...options, out: at("lm.model") });
  await trainClassifier(TEXTS, { from: at("lm.model"), out: at("sea.cls"), ...options });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a classifier", () => {
  test("tells the labels of texts, with probabilities that are the softmax of its head on the pooled states", async () => {
    const classifier = await loadClassifier(at("sea.cls"), { threads: 1 });
    expect(classifier.labels).toEqual(["land", "sea"]);
    const texts = ["the whale and the wave and the deck", "the road and the hill", ""];
    const found = await classifier.classify(texts);
    expect(found.map(({ label }) => label).slice(0, 2)).toEqual(["sea", "land"]);
    const { model, tokenizer, config, head } = classifier.model;
    expect(config.classifier).toEqual({ labels: ["land", "sea"], pool: "concat" });
    for (const [i, text] of texts.entries()) {
      const v = plainVector(model, tokenizer, text, "concat");
      const z = [0, 1].map((c) =>
        v.reduce((sum, x, d) => sum + head[0]![c * v.length + d]! * x, head[1]![c]!),
      );
      const p = 1 / (1 + Math.exp(z[0]! - z[1]!));
      const sea = found[i]!.probabilities.find(({ label }) => label === "sea")!;
      expect(sea.probability).toBeCloseTo(p, 4);
      expect(found[i]!.probabilities[0]).toEqual({
        label: found[i]!.label,
        probability: found[i]!.probability,
      });
      expect(found[i]!.probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(
        1,
        12,
      );
    }
    expect(await classifier.classify([])).toEqual([]);
  });

  test("is measured on texts that it has not seen", async () => {
    const classifier = await loadClassifier(at("sea.cls"), { threads: 1 });
    const evaluation = await classifier.evaluate(OTHERS, { worst: 3 });
    expect(evaluation.texts).toBe(40);
    expect(evaluation.accuracy).toBeGreaterThan(0.9);
    expect(evaluation.labels.map(({ label, texts }) => [label, texts])).toEqual([
      ["land", 20],
      ["sea", 20],
    ]);
    const turned = OTHERS.map((one, i) => (i === 4 ? { ...one, label: "land" } : one));
    const { worst } = await classifier.evaluate(turned, { worst: 3 });
    expect(worst.find(({ index }) => index === 4)).toMatchObject({
      text: OTHERS[4]!.text,
      label: "land",
      predicted: "sea",
      source: "here, line 5",
    });
  });

  test("is a model: it loads, writes on, is quantized, taken by pages, and trained further", async () => {
    const [whole, before] = await Promise.all([load(at("sea.cls")), load(at("lm.model"))]);
    expect(whole.scoreLine("the whale").bits).toBe(before.scoreLine("the whale").bits);
    expect(readFileSync(join(at("sea.cls"), "training", "metrics.jsonl"))).toEqual(
      readFileSync(join(at("lm.model"), "training", "metrics.jsonl")),
    );
    const { tensors } = await readSafetensors(join(at("sea.cls"), "model.safetensors"));
    expect(tensors.get("classifier.weight")).toMatchObject({ shape: [2, 48], dtype: "F32" });

    await quantize(at("sea.cls"), { out: at("small.cls"), ...options });
    const small = await loadClassifier(at("small.cls"));
    expect(small.model.config.weights).toBe("int8");
    expect(small.model.head).toEqual(whole.head);
    expect((await small.evaluate(OTHERS)).accuracy).toBeGreaterThan(0.9);
    const [told, toldBefore] = await Promise.all(
      ["small.cls", "sea.cls"].map(async (name) => (await readModelFolder(at(name))).metadata["classifier"]),
    );
    expect(told).toBe(toldBefore);

    const stored = parseFiles(await storedModelFiles(at("sea.cls")));
    expect(stored.config.classifier?.labels).toEqual(["land", "sea"]);

    const text = TEXTS.map((one) => `${one.text}\n`).join("");
    const { model } = await train({
      text,
      from: at("sea.cls"),
      epochs: 1,
      ...options,
      out: at("further.model"),
    });
    expect(model.config.classifier).toBeUndefined();
    await expect(loadClassifier(at("further.model"))).rejects.toThrow(
      "is a language model and no classifier",
    );
  });

  test("is made of a classifier, of int8 weights, and of a model in memory", async () => {
    const again = await trainClassifier(TEXTS, { from: at("sea.cls"), out: at("again.cls"), ...options });
    const first = await loadClassifier(at("sea.cls"));
    expect(again.classifier.model.head).toEqual(first.model.head);
    await quantize(at("lm.model"), { out: at("small.model"), ...options });
    const small = await trainClassifier(TEXTS, { from: at("small.model"), out: at("small.cls"), ...options });
    expect((await small.classifier.evaluate(OTHERS)).accuracy).toBeGreaterThan(0.9);
    const inMemory = await trainClassifier(TEXTS, {
      from: await load(at("lm.model"), { threads: 1 }),
      out: at("memory.cls"),
      overwrite: true,
    });
    expect(inMemory.classifier.model.head).toEqual(first.model.head);
  });
});

describe("fine-tuning", () => {
  test("the layers learn with the head, and the model's folder has what they learned", async () => {
    const steps: string[] = [];
    const { classifier, fineTuned, textEpochs, heldOut } = await trainClassifier(TEXTS, {
      from: at("lm.model"),
      out: at("tuned.cls"),
      fineTune: true,
      textEpochs: 1,
      epochs: 3,
      lr: 0.02,
      ...options,
      onProgress: ({ what }) => void (steps.at(-1) === what || steps.push(what)),
    });
    expect(steps).toEqual(["texts", "reading", "fitting", "fine-tuning"]);
    expect(textEpochs).toBe(1);
    expect(fineTuned!.epochs).toBeLessThanOrEqual(3);
    expect(heldOut.texts).toBe(12);
    expect((await classifier.evaluate(OTHERS)).accuracy).toBeGreaterThan(0.9);
    const again = await trainClassifier(TEXTS, {
      from: at("lm.model"),
      out: at("again.cls"),
      fineTune: true,
      textEpochs: 1,
      epochs: 3,
      lr: 0.02,
      ...options,
    });
    expect(readFileSync(join(at("again.cls"), "model.safetensors"))).toEqual(
      readFileSync(join(at("tuned.cls"), "model.safetensors")),
    );
    expect(again.heldOut).toEqual(heldOut);
  });

  test("the language model learns the texts first, or is learned of them alone", async () => {
    const learned = await trainClassifier(TEXTS, {
      from: at("lm.model"),
      out: at("texts.cls"),
      textEpochs: 1,
      ...options,
    });
    const [before, after] = [await load(at("lm.model")), learned.classifier.model];
    expect(after.scoreLine(TEXTS[0]!.text).bits).not.toBe(before.scoreLine(TEXTS[0]!.text).bits);
    const alone = await trainClassifier([...TEXTS, ...OTHERS], {
      out: at("alone.cls"),
      textEpochs: 1,
      ...options,
    });
    expect(alone.classifier.model.tokenizer.kind).toBe("bpe");
    expect(alone.textEpochs).toBe(1);
  });

  test("is refused of int8 weights, and options of it without it", async () => {
    await quantize(at("lm.model"), { out: at("small.model"), ...options });
    const from = at("small.model");
    const asked = (given: object) =>
      trainClassifier(TEXTS, { from, out: at("no.cls"), threads: 1, ...given });
    await expect(asked({ fineTune: true, textEpochs: 0 })).rejects.toThrow(
      "has int8 weights, which can be used but not",
    );
    await expect(asked({ textEpochs: 1 })).rejects.toThrow("has int8 weights, which can be used but not");
    await expect(asked({ from: undefined, textEpochs: 0 })).rejects.toThrow("leaves no model");
    await expect(asked({ epochs: 2 })).rejects.toThrow("epochs is given without fineTune");
    expect(existsSync(at("no.cls"))).toBe(false);
  });
});

describe("training is refused", () => {
  const refusal = async (texts: unknown, given: object = {}): Promise<string> => {
    const out = at("refused.cls");
    const error: unknown = await trainClassifier(texts as LabelledText[], {
      from: at("lm.model"),
      out,
      threads: 1,
      ...given,
    }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(existsSync(out)).toBe(false);
    return (error as Error).message;
  };

  test.each([
    ["of nothing", [], "There is no labelled text for training a classifier"],
    ["of a text alone", "sea", 'The argument of training a classifier is "sea"'],
    ["of one label", TEXTS.filter(({ label }) => label === "sea"), 'All 30 texts have the label "sea"'],
    [
      "where a label has one text",
      [...TEXTS, { text: "snow", label: "ice", source: "x.csv, line 9" }],
      'The label "ice" has one text alone (x.csv, line 9)',
    ],
    ["without a label", [{ text: "a" }], "Labelled text 1: its label is missing"],
    ["with an empty one", [{ text: "a", label: "" }], "Labelled text 1 has an empty label"],
    ["without a text", [{ label: "a", source: "x.csv, line 2" }], "x.csv, line 2: its text is missing"],
  ])("%s", async (_name, texts, message) => {
    expect(await refusal(texts)).toContain(message);
  });

  test("where the folder is taken, or the model's own", async () => {
    expect(await refusal(TEXTS, { out: at("lm.model") })).toContain(
      "is the model to be made a classifier of itself",
    );
    expect(await refusal(TEXTS, { out: at("sea.cls") })).toContain("already holds a model");
    expect(await refusal(TEXTS, { from: at("nothing") })).toContain("There is no model at");
    expect(await refusal(TEXTS, { pool: "sif" })).toContain("choose one of last, mean, max, concat");
  });

  test("by a signal, and leaves the folder as it was", async () => {
    const before = readFileSync(join(at("sea.cls"), "model.safetensors"));
    const stop = new AbortController();
    const training = trainClassifier(TEXTS, {
      from: at("lm.model"),
      out: at("sea.cls"),
      overwrite: true,
      threads: 1,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(training).rejects.toThrow("enough");
    expect(readFileSync(join(at("sea.cls"), "model.safetensors"))).toEqual(before);
  });
});

test("a label that was not trained on is named, with what was meant", async () => {
  const classifier = await loadClassifier(at("sea.cls"));
  await expect(classifier.evaluate([{ text: "a", label: "lend", source: "y.csv, line 2" }])).rejects.toThrow(
    'A text has the label "lend", the first in y.csv, line 2, which the classifier was not trained on (did you mean land?)',
  );
});

test("a damaged head is refused with what is wrong", async () => {
  const config = join(at("sea.cls"), "config.json");
  const whole = readFileSync(config, "utf8");
  const changed = async (change: (classifier: Record<string, unknown>) => void): Promise<string> => {
    const json = JSON.parse(whole) as { classifier: Record<string, unknown> };
    change(json.classifier);
    writeFileSync(config, JSON.stringify(json));
    return load(at("sea.cls")).then(
      () => "loaded",
      (error: Error) => error.message,
    );
  };
  try {
    expect(await changed((it) => (it["labels"] = ["a"]))).toContain('key "classifier.labels"');
    expect(await changed((it) => (it["labels"] = ["a", "a"]))).toContain("each once");
    expect(await changed((it) => (it["labels"] = ["a", ""]))).toContain('key "classifier.labels"');
    expect(await changed((it) => (it["labels"] = ["a", "b", "c"]))).toContain(
      "classifier.weight has the shape [2, 48], not [3, 48]",
    );
    expect(await changed((it) => (it["pool"] = "mean"))).toContain("classifier.weight has the shape");
    expect(await changed((it) => (it["pool"] = "sif"))).toContain('key "classifier.pool"');
  } finally {
    writeFileSync(config, whole);
  }
});
