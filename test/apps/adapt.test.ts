/** Models that follow what they read: from their folder, with what was tuned for them. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ensemble } from "../../src/apps/ensemble.js";
import { evaluateInputs } from "../../src/apps/evaluate-inputs.js";
import { load } from "../../src/apps/load.js";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { train } from "../../src/apps/train.js";
import { tune } from "../../src/apps/tune.js";
import { createEngine } from "../../src/engine/create.js";
import { lockFolder } from "../../src/format/folder-lock.js";
import { modelPaths } from "../../src/format/model-folder.js";
import { toyText } from "../train/toy-text.js";

let root: string;
let good: string;
let folder: string;
let [text, held] = ["", ""];
let count = 0;
const engine = await createEngine({ threads: 1 });
/** It has learned little, so that following what it reads helps. */
const LITTLE = { schedule: "one-cycle", unigramBias: false } as const;
const SIZES = { hidden: 12, embedding: 12, layers: 1, batchSize: 2, seqLen: 8, steps: 30, seed: 1 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "recurra-adapt-"));
  [text, held, good] = [join(root, "toy.txt"), join(root, "held.txt"), join(root, "good.model")];
  await writeFile(text, toyText(60));
  await writeFile(held, toyText(30).toUpperCase().toLowerCase().split("").toReversed().join(""));
  await train({ inputs: [text], out: good, ...SIZES, ...LITTLE, engine });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  folder = join(root, `m${count++}.model`);
  await cp(good, folder, { recursive: true });
});

const opened = () => load(folder, { engine });
const evaluation = () => modelPaths(folder).evaluation;
const QUICK = { tuneTokens: 200 };

describe("tuning", () => {
  test("keeps what it found in the folder, for what is switched on", async () => {
    const model = await opened();
    const found = await tune(model, [held], { cache: true, ...QUICK });
    expect(found.perplexity).toBeLessThan(found.plainPerplexity);
    expect(found.tokens).toBe(200);
    const adapted = await (await opened()).adapt({ cache: true });
    expect(adapted.settings).toEqual(found.settings);
    const given = await (await opened()).adapt({ cache: true, cacheLambda: 0.5, temperature: 2 });
    expect(given.settings).toEqual({ temperature: 2, cache: { ...found.settings.cache, lambda: 0.5 } });
    // Another combination is not tuned.
    const other = await (await opened()).adapt({ cache: true, dynamic: true });
    expect(other.settings.dynamic).toEqual({
      method: "sgd",
      rate: 0.2,
      decay: 0.005,
      segment: 20,
      epsilon: 1,
    });
    expect(other.settings.cache).toEqual({ window: 2000, theta: 0.3, lambda: 0.1 });
  });

  test("gathers statistics on the training text, and uses them", async () => {
    const trying = new Set<string>();
    const onProgress = (progress: { trying: string }) => void trying.add(progress.trying);
    const found = await tune(await opened(), [held], { dynamic: true, ...QUICK, onProgress });
    expect(found.settings.dynamic!.method).toBe("rms");
    expect(trying).toContain("gradients on the training text");
    await rm(modelPaths(folder).ids, { recursive: true });
    trying.clear();
    const given = { dynamic: true, dynamicRate: 1e-4, overwrite: true } as const;
    await tune(await opened(), [held], { ...given, ...QUICK, onProgress });
    expect(trying).toContain("gradients on the tuning text");
    const model = await opened();
    const adapted = await model.adapt({ dynamic: true });
    expect(adapted.settings.dynamic!.rate).toBe(1e-4);
    const [plain, followed] = [await evaluateInputs(model, [held]), await evaluateInputs(adapted, [held])];
    expect(followed.natsPerToken).toBeLessThan(plain.natsPerToken);
  });

  test("counts for these weights alone", async () => {
    await tune(await opened(), [held], { cache: true, ...QUICK });
    await tune(await opened(), [held], { dynamic: true, ...QUICK });
    const tuned = await readFile(evaluation());
    const statistics = await readFile(modelPaths(folder).statistics);
    await train({ inputs: [text], out: folder, overwrite: true, ...SIZES, seed: 2, engine });
    expect(await readFile(evaluation())).toEqual(tuned);
    expect(await readFile(modelPaths(folder).statistics)).toEqual(statistics);
    expect((await (await opened()).adapt({ cache: true })).settings.cache!.window).toBe(2000);
    await expect((await opened()).adapt({ dynamic: true, dynamicMethod: "rms" })).rejects.toThrow(
      "not gathered",
    );
  });

  test("two combinations are kept side by side", async () => {
    const first = await tune(await opened(), [held], { cache: true, ...QUICK });
    const second = await tune(await opened(), [held], {
      cache: true,
      dynamic: true,
      dynamicMethod: "sgd",
      dynamicRate: 0.1,
      ...QUICK,
    });
    expect((await (await opened()).adapt({ cache: true })).settings).toEqual(first.settings);
    expect((await (await opened()).adapt({ cache: true, dynamic: true })).settings).toEqual(second.settings);
  });

  test("with one method says nothing about the other, also of temperature and cache", async () => {
    const both = { cache: true, dynamic: true } as const;
    const found = await tune(await opened(), [held], {
      ...both,
      temperature: 1.7,
      cacheTheta: 0.9,
      ...QUICK,
    });
    expect(found.settings.dynamic!.method).toBe("rms");
    const model = await opened();
    expect((await model.adapt(both)).settings).toEqual(found.settings);
    const { settings } = await model.adapt({ ...both, dynamicMethod: "sgd" });
    expect(settings).toEqual({
      temperature: 1,
      cache: { window: 2000, theta: 0.3, lambda: 0.1 },
      dynamic: { method: "sgd", rate: 0.2, decay: 0.005, segment: 20, epsilon: 1 },
    });
  });

  test("a folder that another process writes into, and what is not ours, are told before anything is read", async () => {
    const unlock = lockFolder(modelPaths(folder).lock, folder);
    await expect(tune(await opened(), ["missing.txt"], { cache: true })).rejects.toThrow(
      "Another process writes into",
    );
    unlock();
    await writeFile(evaluation(), "{}");
    await expect(tune(await opened(), ["missing.txt"], { cache: true })).rejects.toThrow(
      "evaluation.json is not a file that recurra wrote",
    );
    expect(await readFile(evaluation(), "utf8")).toBe("{}");
  });

  test("a model of no folder is tuned without keeping", async () => {
    const { model, tokenizer } = await opened();
    const alone = new LoadedModel(model, tokenizer);
    const found = await tune(alone, [held], { dynamic: true, dynamicRate: 0.1, ...QUICK });
    expect(found.settings.dynamic!.method).toBe("sgd");
    await expect(tune(alone, [held], { dynamic: true, dynamicMethod: "rms" })).rejects.toThrow(
      "loaded from none",
    );
  });
});

describe("evaluation.json", () => {
  const entry = {
    temperature: 1,
    cache: { window: 5, theta: 0.5, lambda: 0.1 },
    tokens: 9,
    plain_perplexity: 3,
    perplexity: 2,
  };
  const file = (tuned: unknown, rest: object = {}) => ({
    format: "recurra evaluation",
    version: 1,
    weights: "",
    tuned,
    ...rest,
  });
  const cached = (cache: object) => file({ cache: { ...entry, cache: { ...entry.cache, ...cache } } });

  test.each<[string, unknown, string]>([
    ["no object", [], "is not a file that recurra wrote"],
    ["another format", { ...file({}), format: "recurra" }, "is not a file that recurra wrote"],
    ["a later version", file({}, { version: 2 }), "is of version 2"],
    ["no weights", file({}, { weights: 5 }), 'key "weights"'],
    ["nothing tuned", file([]), 'key "tuned": it is an empty list'],
    ["another combination", file({ both: entry }), 'key "tuned": it is "both"'],
    ["no cache", file({ cache: { ...entry, cache: undefined } }), 'key "cache": it is missing'],
    ["λ 1", cached({ lambda: 1 }), 'key "tuned.cache.cache.lambda": it is 1'],
    ["a window of 0", cached({ window: 0 }), "tuned.cache.cache.window"],
    ["a window too large", cached({ window: 1e9 }), "tuned.cache.cache.window"],
    ["θ as a text", cached({ theta: "1" }), "tuned.cache.cache.theta"],
    ["a temperature of 0", file({ cache: { ...entry, temperature: 0 } }), "tuned.cache.temperature"],
    ["something fixed that is no option", file({ cache: { ...entry, fixed: ["x"] } }), "tuned.cache.fixed"],
    ["no tokens", file({ cache: { ...entry, tokens: -1 } }), "tuned.cache.tokens"],
    [
      "an unknown method",
      file({ dynamic: { ...entry, dynamic: { method: "adam", rate: 1, decay: 0, segment: 5, epsilon: 0 } } }),
      'key "tuned.dynamic.dynamic.method": it is "adam", but has to be one of rms, sgd',
    ],
  ])("%s is refused", async (_, content, message) => {
    await writeFile(evaluation(), JSON.stringify(content));
    await expect((await opened()).adapt({ cache: true })).rejects.toThrow(message);
    // A model that does not follow needs no such file.
    await expect((await opened()).evaluate("the sea")).resolves.toBeDefined();
  });

  test("what is no JSON, and what is too long", async () => {
    await writeFile(evaluation(), "{");
    await expect((await opened()).adapt({ cache: true })).rejects.toThrow(/line 1.*tune again/);
    await writeFile(evaluation(), " ".repeat(70_000));
    await expect((await opened()).adapt({ cache: true })).rejects.toThrow("evaluation.json");
  });

  test("statistics that are damaged, or of another model", async () => {
    await tune(await opened(), [held], { dynamic: true, dynamicRate: 1e-4, ...QUICK });
    const { statistics } = modelPaths(folder);
    const bytes = await readFile(statistics);
    await writeFile(statistics, bytes.subarray(0, bytes.length - 4));
    await expect((await opened()).adapt({ dynamic: true })).rejects.toThrow("evaluation.safetensors");
    const last = bytes.length - 1;
    bytes[last] = bytes[last]! ^ 1;
    await writeFile(statistics, bytes);
    await expect((await opened()).adapt({ dynamic: true })).rejects.toThrow(/checksum.*tune again/);
  });
});

describe("an adapted model", () => {
  test("scores lines as one text, until it forgets", async () => {
    const adapted = await (await opened()).adapt({ cache: true, dynamic: true });
    const lines = ["the sea follows the rain.", "the sea follows the rain."];
    const [first, second] = lines.map((line) => adapted.scoreLine(line).nats);
    expect(second).toBeLessThan(first!);
    adapted.forget();
    expect(adapted.scoreLine(lines[0]!).nats).toBe(first);
  });

  test("writes, several samples too; the model itself stays as it is", async () => {
    const model = await opened();
    const before = (await model.evaluate("the sea and the rain")).natsPerToken;
    const adapted = await model.adapt({ cache: true, dynamic: true });
    const texts = ["", ""];
    const options = { prompt: "the sea follows the rain. the sea ", length: 20, samples: 2, seed: 1 };
    for await (const { sample, text: piece } of adapted.generate(options)) texts[sample] += piece;
    expect(texts.every((written) => written.length > 0)).toBe(true);
    expect((await model.evaluate("the sea and the rain")).natsPerToken).toBe(before);
  });

  test("of lines follows them in their order", async () => {
    const out = join(root, `lines${count}.model`);
    await train({ inputs: [text], out, lines: true, ...SIZES, engine });
    const model = await load(out, { engine });
    const adapted = await model.adapt({ dynamic: true, dynamicRate: 0.5, cache: true });
    const lines = ["the sea.", "a long line of the rain and the road.", "the sea."];
    const measured = await adapted.evaluate(lines.join("\n"));
    adapted.forget();
    const scored = lines.map((line) => adapted.scoreLine(line));
    const nats = scored.reduce((sum, line) => sum + line.nats, 0);
    expect(measured.natsPerToken * measured.tokens).toBeCloseTo(nats, 3);
  });

  test("streams side by side are refused, and options without what they belong to", async () => {
    const model = await opened();
    const adapted = await model.adapt({ cache: true });
    await expect(evaluateInputs(adapted, [held], { batchSize: 2 })).rejects.toThrow("batchSize: 2 cuts");
    await expect(model.adapt({})).rejects.toThrow("adapt is to change nothing");
    await expect(model.adapt({ cacheTheta: 1 })).rejects.toThrow("cacheTheta is given without cache");
    await expect(model.adapt({ cache: true, cacheLambda: 1 })).rejects.toThrow("cacheLambda is 1");
    await expect(model.adapt({ cach: true } as never)).rejects.toThrow("did you mean cache?");
  });
});

describe("an ensemble", () => {
  test("averages probabilities, of adapted members too", async () => {
    const out = join(root, "second.model");
    await train({ inputs: [text], out, ...SIZES, seed: 5, engine });
    const [a, b] = [await opened(), await load(out)];
    const cached = await b.adapt({ cache: true });
    const both = ensemble([a, cached]);
    const line = "the sea follows the moon.";
    const [x, y, z] = [a, await b.adapt({ cache: true }), both].map((model) => model.scoreLine(line));
    for (const [i, { logProbability }] of z!.scores.entries()) {
      const [p, q] = [x!, y!].map(({ scores }) => Math.exp(scores[i]!.logProbability!));
      expect(Math.exp(logProbability!)).toBeCloseTo((p! + q!) / 2, 5);
    }
    expect((await evaluateInputs(both, [held])).tokens).toBe((await evaluateInputs(a, [held])).tokens);
  });

  test("of models with other tokenizers is refused", async () => {
    const out = join(root, "words.model");
    await train({ inputs: [text], out, tokenizer: "word", ...SIZES, engine });
    const [a, b] = [await opened(), await load(out, { engine })];
    expect(() => ensemble([a, b])).toThrow("their tokenizers differ");
    expect(() => ensemble([])).toThrow("at least one");
    expect(() => ensemble([a, {} as never])).toThrow("load or adapt returned");
  });
});
