/** A model beside an n-gram model: the weight that was fitted is kept with the model, and used from then on. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fitInterpolation, interpolate, keptInterpolation } from "../../src/apps/interpolate.js";
import { load } from "../../src/apps/load.js";
import { loadNgram } from "../../src/ngram/load-ngram.js";
import type { NgramModel } from "../../src/ngram/ngram-model.js";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-interpolate-"));
const at = (name: string) => join(folder, name);
const SMALL = ["--hidden", "12", "--batch-size", "2", "--seq-len", "8", "--threads", "1", "--steps", "800"];
const TUNE = ["--tune", at("held.txt"), "--tune-tokens", "200"];
let model = "";
let count = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function done(...argv: string[]): Promise<string> {
  const { code, out, err } = await recurra(argv);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

beforeAll(async () => {
  writeFileSync(at("toy.txt"), toyText(40));
  writeFileSync(at("few.txt"), toyText(8, 3));
  writeFileSync(at("held.txt"), toyText(12, 9));
  await recurra(["train", at("toy.txt"), "--out", at("good.model"), ...SMALL]);
  const train = ["ngram", "train", at("few.txt"), "--order", "3"];
  for (const name of ["toy.ngram", "toy.arpa"])
    await recurra([...train, "--model", at("good.model"), "--out", at(name)]);
  await recurra([...train, "--tokenizer", "char", "--out", at("lines.ngram")]);
});

beforeEach(() => {
  model = at(`m${count++}.model`);
  cpSync(at("good.model"), model, { recursive: true });
});

interface Measured {
  readonly perplexity: number;
  readonly interpolate: { readonly weight: number };
}

const measured = async (...flags: string[]): Promise<Measured> =>
  JSON.parse(await done("eval", model, at("held.txt"), "--json", ...flags)) as Measured;
const besideNgram = (name: string, ...flags: string[]) => measured("--interpolate", at(name), ...flags);

describe("the weight of an n-gram model", () => {
  test("is kept where it was fitted, and used by every command, whatever the form of the file", async () => {
    expect((await besideNgram("toy.ngram")).interpolate.weight).toBe(0.5);
    const fitted = await besideNgram("toy.ngram", ...TUNE);
    const { weight } = fitted.interpolate;
    expect(weight).toBeGreaterThan(0.01);
    expect(weight).toBeLessThan(0.99);
    expect(weight).not.toBe(0.5);
    for (const name of ["toy.ngram", "toy.arpa"]) {
      const later = await besideNgram(name);
      expect(later.interpolate.weight).toBe(weight);
      expect(later.perplexity).toBe(fitted.perplexity);
    }
    // Another n-gram model has none, and a weight that is given stands above.
    expect((await besideNgram("lines.ngram")).interpolate.weight).toBe(0.5);
    expect((await besideNgram("toy.ngram", "--interpolate-weight", "0.2")).interpolate.weight).toBe(0.2);

    const beside = ["--interpolate", at("toy.arpa")];
    const given = [...beside, "--interpolate-weight", String(weight)];
    const half = [...beside, "--interpolate-weight", "0.5"];
    for (const command of [
      ["score", model, "the sea follows", "--json"],
      ["generate", model, "--seed", "3", "--length", "60"],
      ["complete", model, "the s", "--json"],
    ]) {
      const kept = await done(...command, ...beside);
      expect(kept).toBe(await done(...command, ...given));
      expect(kept).not.toBe(await done(...command, ...half));
    }
  });

  test("stands in evaluation.json and in info, beside what was tuned for following", async () => {
    const { interpolate: first } = await besideNgram("toy.ngram", ...TUNE);
    await measured("--cache", ...TUNE);
    const { interpolate: second } = await besideNgram("toy.ngram", "--cache", ...TUNE);
    await besideNgram("lines.ngram", ...TUNE);
    const file = JSON.parse(readFileSync(join(model, "evaluation.json"), "utf8")) as {
      readonly tuned: object;
      readonly interpolations: readonly { readonly beside: string; readonly weight: number }[];
    };
    expect(Object.keys(file.tuned)).toEqual(["cache"]);
    expect(file.interpolations.map(({ beside }) => beside)).toEqual(["alone", "cache", "alone"]);
    expect(file.interpolations.slice(1).map(({ weight }) => weight)).toEqual([second.weight, first.weight]);
    expect((await besideNgram("toy.ngram", "--cache")).interpolate.weight).toBe(second.weight);
    expect((await besideNgram("toy.ngram")).interpolate.weight).toBe(first.weight);
    // Fitted again, it takes the place of the earlier one.
    await besideNgram("toy.ngram", ...TUNE);
    const info = await done("info", model);
    expect(info).toMatch(/^tuned +cache: perplexity [\d.]+, without [\d.]+, on 200 tokens; .*cache/m);
    const small = await recurra(["quantize", model, "--out", at("small.model"), "--json"]);
    expect(JSON.parse(small.out)).toHaveProperty("not_carried", ["cache", "interpolate"]);
    expect(small.err).toContain("(cache, interpolate) is not carried over");
    expect(
      info.match(/^tuned +n-gram model [0-9a-f]{8}…( beside cache)?: weight [\d.]+, perplexity/gm),
    ).toHaveLength(3);
    expect(JSON.parse(await done("info", model, "--json"))).toMatchObject({
      interpolations: [{ beside: "alone", weight: first.weight }, {}, {}],
    });
  });

  test("is told in info to be unreadable where the file is damaged, and the rest is shown", async () => {
    writeFileSync(join(model, "evaluation.json"), "{}");
    const info = await done("info", model);
    expect(info).toMatch(
      /^model .*^tuned +.*evaluation\.json is not a file that recurra wrote; move it away/ms,
    );
    const { code, err } = await recurra(["score", model, "a", "--interpolate", at("toy.ngram")]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("evaluation.json is not a file that recurra wrote"),
    ]);
  });

  test.each([
    [{ weight: 1.5 }, 'key "interpolations.0.weight": it is 1.5, but has to be a number from 0 to 1'],
    [{ ngram: "x" }, 'key "interpolations.0.ngram": it is "x", but has to be the key of an n-gram model'],
    [{ beside: "b" }, 'key "interpolations.0.beside": it is "b", but has to be one of alone, cache'],
    [5, 'key "interpolations.0": it is 5, but has to be an object'],
  ])("is refused from a file that says %j", async (change, message) => {
    await besideNgram("toy.ngram", ...TUNE);
    const path = join(model, "evaluation.json");
    const file = JSON.parse(readFileSync(path, "utf8")) as { interpolations: unknown[] };
    const [first] = file.interpolations;
    file.interpolations = [typeof change === "number" ? change : { ...(first as object), ...change }];
    writeFileSync(path, JSON.stringify(file));
    const { code, err } = await recurra(["score", model, "a", "--interpolate", at("toy.ngram")]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("of a temperature alone is not kept, and is that of the model as it is", async () => {
    await besideNgram("toy.ngram", "--temperature", "0.9", ...TUNE);
    expect((await besideNgram("toy.ngram")).interpolate.weight).toBe(0.5);
    const { interpolate: fitted } = await besideNgram("toy.ngram", ...TUNE);
    const followed = await besideNgram("toy.ngram", "--temperature", "0.9");
    expect(followed.interpolate.weight).toBe(fitted.weight);
  });

  test("is not kept of an n-gram model that is no file's, and options are checked", async () => {
    const loaded = await load(model);
    const ngram = await loadNgram(at("toy.ngram"));
    const own: NgramModel = {
      order: ngram.order,
      words: ngram.words,
      counts: ngram.counts,
      wordId: (word) => ngram.wordId(word),
      beginState: () => ngram.beginState(),
      emptyState: () => ngram.emptyState(),
      score: (state, word) => ngram.score(state, word),
      logProbabilities: (state, into) => ngram.logProbabilities(state, into),
    };
    const found = await fitInterpolation(loaded, own, [at("held.txt")], { tuneTokens: 200 });
    expect(existsSync(join(model, "evaluation.json"))).toBe(false);
    const weight = await fitInterpolation(loaded, ngram, [at("held.txt")], { tuneTokens: 200 });
    expect(weight).toBe(found);
    const kept = await keptInterpolation(loaded, ngram);
    expect(kept).toMatchObject({ beside: "alone", weight, tokens: 200 });
    expect(kept!.perplexity).toBeLessThan(kept!.plainPerplexity);
    const fit = (options: object) => fitInterpolation(loaded, ngram, [at("held.txt")], options);
    await expect(fit({ tuneTokens: 150 })).rejects.toThrow(
      "The model keeps a weight of this n-gram model, tuned on 200 tokens, and of this text 150 are read",
    );
    await fit({ tuneTokens: 150, overwrite: true });
    expect(await keptInterpolation(loaded, ngram)).toMatchObject({ tokens: 150 });
    await expect(fit({ tokens: 300 })).rejects.toThrow("fitInterpolation has no option tokens; there are");
    await expect(fit({ tuneTokens: 5 })).rejects.toThrow(
      "tuneTokens is 5; give a whole number of tokens from 100 on",
    );
    await expect(fit({ signal: 5 })).rejects.toThrow("signal is 5; give the signal of an AbortController");
  });
});

test("says where the n-gram model alone fits best, as it does on its own training text", async () => {
  const flags = ["--interpolate", at("own.ngram"), "--tune", at("own.txt"), "--tune-tokens", "200"];
  writeFileSync(at("own.txt"), "cab dab bad cad ".repeat(40));
  const train = ["ngram", "train", at("own.txt"), "--order", "5", "--model", model, "--out", at("own.ngram")];
  expect((await recurra(train)).code).toBe(0);
  const { code, err } = await recurra(["eval", model, at("held.txt"), ...flags]);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/^The n-gram model alone fits the tuning text best.*tune on a text that neither/),
  ]);
});

test("says where the n-gram model knows few of the tokens that are read", async () => {
  writeFileSync(at("letters.txt"), "abcdefghijklmnopqrstuvwxyz .,\n");
  await recurra(["train", at("letters.txt"), at("toy.txt"), "--out", at("letters.model"), ...SMALL]);
  const flags = ["--interpolate", at("toy.ngram")];
  writeFileSync(at("strange.txt"), "qxzjkqxzjkqxzjk");
  const told = /^The n-gram model does not know \d+ of the \d+ tokens: most likely/;
  const evaluated = await recurra(["eval", at("letters.model"), at("strange.txt"), ...flags]);
  expect([evaluated.code, evaluated.err]).toEqual([0, expect.stringMatching(told)]);
  const scored = await recurra(["score", at("letters.model"), "qxzjkqxzjkqxzjk", ...flags]);
  expect([scored.code, scored.err]).toEqual([0, expect.stringMatching(told)]);
  await done("eval", at("letters.model"), at("held.txt"), ...flags);
});

test.each([
  [["eval", "good.model", "held.txt", "--interpolate", "latin.arpa"]],
  [["score", "good.model", "a", "--interpolate", "latin.arpa"]],
  [["generate", "good.model", "--interpolate", "latin.arpa"]],
  [["complete", "good.model", "a", "--interpolate", "latin.arpa"]],
  [["rescore", "none", "lists.json", "--tune", "lists.json", "--ngram", "latin.arpa"]],
  [["ngram", "eval", "latin.arpa", "held.txt"]],
  [["ngram", "query", "latin.arpa"]],
])("%j: an n-gram file in another encoding is to be converted, which no flag does", async (argv) => {
  writeFileSync(
    at("latin.arpa"),
    Buffer.from("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\tcaf\xe9\n\n\\end\\\n", "latin1"),
  );
  writeFileSync(at("lists.json"), '[{"ref":"a","hyps":["a","b"]}]');
  const files = new Set(["good.model", "held.txt", "latin.arpa", "lists.json"]);
  const { code, err } = await recurra(argv.map((word) => (files.has(word) ? at(word) : word)));
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(
      /latin\.arpa is not valid UTF-8 at byte \d+ \(line 5\).*; convert it to UTF-8\.\n$/,
    ),
  ]);
});

test("a newline is the end of a sentence beside an n-gram model over the characters of lines", async () => {
  const loaded = await load(model);
  const ngram = await loadNgram(at("lines.ngram"));
  const both = interpolate(loaded, ngram, 1).model;
  const [newline] = loaded.tokenizer.encode("\n");
  const [t] = loaded.tokenizer.encode("t");
  const state = both.zeroState(1);
  const logs = (x: ArrayLike<number>) => {
    const sum = Array.from(x, Math.exp).reduce((total, each) => total + each, 0);
    return Array.from(x, (each) => each - Math.log(sum));
  };
  const after = logs(both.logits(Int32Array.of(newline!), state));
  const begun = ngram.score(ngram.beginState(), ngram.wordId("t")).logProbability;
  expect(after[t!]).toBeCloseTo(begun, 1);
});
