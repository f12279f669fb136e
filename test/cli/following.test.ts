/** eval, score and generate with a model that follows what it reads, and with several models. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toyText } from "../train/toy-text.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-following-"));
const at = (name: string) => join(folder, name);
const [text, model] = [at("toy.txt"), at("toy.model")];
const SMALL = ["--hidden", "12", "--batch-size", "2", "--seq-len", "8", "--threads", "1", "--steps", "20"];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  writeFileSync(text, toyText(40));
  writeFileSync(at("held.txt"), toyText(12, 9));
  expect((await recurra(["train", text, "--out", model, ...SMALL])).code).toBe(0);
  cpSync(model, at("other.model"), { recursive: true });
  expect(
    (await recurra(["train", text, "--out", at("words.model"), "--tokenizer", "word", ...SMALL])).code,
  ).toBe(0);
  mkdirSync(at("texts"));
  writeFileSync(at("texts/a.txt"), toyText(12, 9));
});

const perplexityOf = async (...flags: string[]): Promise<number> => {
  const { out, err, code } = await recurra(["eval", ...flags, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return (JSON.parse(out) as { perplexity: number }).perplexity;
};

test("eval says what was used, in its table and as JSON", async () => {
  const flags = ["eval", model, at("held.txt"), "--cache", "--cache-window", "50", "--temperature", "1.2"];
  const { out } = await recurra(flags);
  expect(out).toContain("temperature         1.2");
  expect(out).toContain("cache               50 tokens, theta 0.3, lambda 0.1");
  const json = JSON.parse((await recurra([...flags, "--json"])).out) as Record<string, unknown>;
  expect(json["settings"]).toEqual({ temperature: 1.2, cache: { window: 50, theta: 0.3, lambda: 0.1 } });
  const plain = JSON.parse((await recurra(["eval", model, at("held.txt"), "--json"])).out) as object;
  expect(plain).not.toHaveProperty("settings");
  expect(await perplexityOf(model, at("held.txt"), "--dynamic")).not.toBe(
    await perplexityOf(model, at("held.txt")),
  );
});

test("--tune tells what it found and keeps it; --cache takes it from then on", async () => {
  const io = capturedIo();
  Object.assign(io.stderr, { isTTY: true });
  const tuned = await recurra(
    ["eval", model, at("held.txt"), "--cache", "--dynamic", "--tune", at("held.txt"), "--tune-tokens", "150"],
    io,
  );
  expect(tuned.code).toBe(0);
  expect(tuned.err).toMatch(/tuning: rate [\d.e-]+, decay [\d.e-]+, epsilon [\d.]+: perplexity/);
  expect(tuned.err).toMatch(/Tuned on 150 tokens: perplexity .*, without .*: dynamic evaluation rms, rate/);
  expect(existsSync(join(model, "evaluation.json"))).toBe(true);
  expect(existsSync(join(model, "evaluation.safetensors"))).toBe(true);
  const later = await recurra(["eval", model, at("held.txt"), "--cache", "--dynamic"]);
  const lines = (out: string) => out.split("\n").filter((line) => !line.startsWith("tokens per second"));
  expect(lines(later.out)).toEqual(lines(tuned.out));
  // With nothing switched on it is the temperature.
  const alone = await recurra([
    "eval",
    model,
    at("held.txt"),
    "--tune",
    at("held.txt"),
    "--tune-tokens",
    "150",
    "--json",
  ]);
  expect(alone.err).toBe("");
  expect(JSON.parse(alone.out)).toHaveProperty("settings.temperature");
});

test("score and generate follow", async () => {
  const line = "the sea follows the rain.";
  const nats = (out: string) =>
    out
      .trim()
      .split("\n")
      .map((each) => (JSON.parse(each) as { nats: number }).nats);
  const followed = nats(
    (await recurra(["score", model, line, line, "--json", "--cache", "--cache-lambda", "0.5"])).out,
  );
  expect(followed[1]).toBeLessThan(followed[0]!);
  const plain = nats((await recurra(["score", model, line, line, "--json"])).out);
  expect(plain[1]).toBe(plain[0]);
  const write = async (...flags: string[]) =>
    (
      await recurra([
        "generate",
        model,
        "--prompt",
        line.repeat(3),
        "--length",
        "40",
        "--seed",
        "1",
        ...flags,
      ])
    ).out;
  expect(
    await write(
      "--cache",
      "--cache-lambda",
      "0.6",
      "--dynamic",
      "--dynamic-method",
      "sgd",
      "--dynamic-rate",
      "2",
    ),
  ).not.toBe(await write());
  expect(await write("--cache")).toBe(await write("--cache"));
});

describe("several models", () => {
  test("come first, and are averaged", async () => {
    const alone = await perplexityOf(model, at("held.txt"));
    expect(await perplexityOf(model, at("other.model"), at("held.txt"))).toBeCloseTo(alone, 4);
    // A folder of texts is none of a model.
    expect(await perplexityOf(model, at("texts"))).toBeCloseTo(alone, 4);
    const { out } = await recurra([
      "eval",
      model,
      at("other.model"),
      at("held.txt"),
      "--cache",
      "--cache-window",
      "9",
    ]);
    expect(out.match(/^a mean of /gm)).toHaveLength(2);
    expect(out).toContain("cache               9 tokens");
  });

  test.each([
    [[model, at("words.model"), at("held.txt")], "their tokenizers differ"],
    [[model, at("other.model")], "There are models and no text to measure them on"],
    [[model, at("other.model"), at("held.txt"), "--tune", at("held.txt")], "--tune tunes one model"],
  ])("%j", async (typed, message) => {
    const { code, err } = await recurra(["eval", ...typed]);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

test.each([
  [["--cache-window", "5"], "--cache-window is given without --cache; give --cache, too"],
  [["--dynamic-rate", "1", "--cache"], "--dynamic-rate is given without --dynamic"],
  [["--cache", "--cache-lambda", "1"], "--cache-lambda is 1; give a number from 0 and below 1"],
  [["--temperature", "0"], "--temperature is 0; give a number from 0.01 to 100"],
  [["--temperature", "1e-300"], "give a number from 0.01 to 100"],
  [["--cache", "--cache-theta", "1e300"], "give a number from 0 to 1,000,000"],
  [["--dynamic", "--dynamic-rate", "1e300"], "give a number from 0 to 1,000,000"],
  [
    ["--dynamic", "--dynamic-epsilon", "2"],
    "--dynamic-epsilon belongs to --dynamic-method rms, and the method is sgd; leave it out or choose rms",
  ],
  [["--dynamic", "--dynamic-method", "sgd", "--dynamic-epsilon", "2"], "--dynamic-epsilon belongs to"],
  [["--overwrite"], "--overwrite is given without --tune; give --tune, too"],
  [
    ["--cache", "--batch-size", "4"],
    "With --cache a model follows one text, and --batch-size reads several side by side",
  ],
  [["--dynamic", "--completion"], "With --dynamic a model follows one text, and --completion reads several"],
  [["--tune-tokens", "500"], "--tune-tokens is given without --tune"],
  [["--dynamic", "--dynamic-method", "adam"], '--dynamic-method is "adam"'],
])("eval %j is refused", async (flags, message) => {
  const { code, err } = await recurra(["eval", at("other.model"), at("held.txt"), ...flags]);
  expect(err).toContain(message);
  expect(code).toBe(2);
});

describe("settings with which no finite figure comes out", () => {
  const wild = ["--dynamic", "--dynamic-rate", "1000000", "--dynamic-decay", "0"];
  const sentence =
    /^(recurra: )?With --dynamic-rate 1000000 and --dynamic-decay 0 the weights run away.*; give lower ones, or leave them out\.\n$/;
  const long = "the sea follows the rain. ".repeat(20);

  test.each([
    ["eval", ["eval", at("other.model"), at("held.txt"), ...wild]],
    ["score", ["score", at("other.model"), long, long, ...wild]],
  ])("%s refuses them by their name", async (_, argv) => {
    const { code, err, out } = await recurra([...argv, "--json"]);
    expect(err).toMatch(sentence);
    expect(out).not.toContain("null,");
    expect(code).toBe(2);
  });

  test("tuning keeps nothing of them", async () => {
    cpSync(model, at("wild.model"), { recursive: true });
    rmSync(join(at("wild.model"), "evaluation.json"), { force: true });
    const flags = ["--tune", at("held.txt"), "--tune-tokens", "200", "--dynamic-method", "sgd"];
    const { code, err } = await recurra(["eval", at("wild.model"), at("held.txt"), ...wild, ...flags]);
    expect(err).toContain("With --dynamic-rate 1000000");
    expect(code).toBe(2);
    expect(existsSync(join(at("wild.model"), "evaluation.json"))).toBe(false);
  });
});

describe("what was tuned", () => {
  const tuning = ["eval", at("kept.model"), at("held.txt"), "--cache", "--tune", at("held.txt")];
  beforeAll(async () => {
    cpSync(at("other.model"), at("kept.model"), { recursive: true });
    expect((await recurra([...tuning, "--tune-tokens", "200"])).code).toBe(0);
  });

  test.each([
    ["on fewer tokens", ["--tune-tokens", "100"], "tuned on 200 tokens, and of this text 100 are read"],
    [
      "with what is given",
      ["--tune-tokens", "200", "--cache-theta", "0.5"],
      "tuned on 200 tokens, and this time --cache-theta would be fixed",
    ],
  ])("is not replaced by what is tuned %s, but with --overwrite", async (_, flags, message) => {
    const file = join(at("kept.model"), "evaluation.json");
    const before = readFileSync(file, "utf8");
    const { code, err } = await recurra([...tuning, ...flags]);
    expect(err).toContain(message);
    expect(err).toContain("or replace what is kept with --overwrite");
    expect(code).toBe(2);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect((await recurra([...tuning, ...flags, "--overwrite"])).code).toBe(0);
    expect(readFileSync(file, "utf8")).not.toBe(before);
    // As much again, with nothing fixed, replaces it without a word.
    expect((await recurra([...tuning, "--tune-tokens", "200"])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  test("is shown by info, with what was given, and not carried over by quantize, which says so", async () => {
    const flags = ["--tune-tokens", "100", "--cache-theta", "0.5", "--overwrite"];
    expect((await recurra([...tuning, ...flags])).code).toBe(0);
    expect((await recurra(["info", at("kept.model")])).out).toMatch(
      /^tuned {12}cache: perplexity [\d.]+, without [\d.]+, on 100 tokens; .*theta 0\.5.*; given: --cache-theta$/m,
    );
    const info = JSON.parse((await recurra(["info", at("kept.model"), "--json"])).out) as object;
    expect(info).toHaveProperty("tuned.cache.tokens", 100);
    expect(info).toHaveProperty("tuned.cache.fixed", ["cacheTheta"]);
    const small = ["quantize", at("kept.model"), "--out", at("kept-int8.model")];
    const { err, code } = await recurra(small);
    expect([code, err]).toEqual([0, expect.stringContaining("(cache) is not carried over")]);
    const json = JSON.parse((await recurra([...small, "--overwrite", "--json"])).out) as object;
    expect(json).toHaveProperty("not_carried", ["cache"]);
    // A model for which nothing was tuned says nothing of it.
    expect((await recurra(["info", at("other.model")])).out).not.toContain("tuned");
  });

  test("where it is damaged, info says how to mend it and shows the rest", async () => {
    cpSync(at("kept.model"), at("torn.model"), { recursive: true });
    writeFileSync(join(at("torn.model"), "evaluation.json"), "{");
    const { code, out } = await recurra(["info", at("torn.model")]);
    expect([code, out]).toEqual([0, expect.stringContaining("tokenizer")]);
    expect(out).toMatch(/^tuned .*evaluation\.json is not valid JSON: .*then tune again\.$/m);
  });
});

test("rms without its statistics, and dynamic evaluation of int8 weights", async () => {
  const rms = await recurra(["eval", at("other.model"), text, "--dynamic", "--dynamic-method", "rms"]);
  expect(rms.err).toContain("tune it first with --tune, or choose --dynamic-method sgd");
  const small = at("small.model");
  expect((await recurra(["quantize", at("other.model"), "--out", small])).code).toBe(0);
  for (const flags of [["--dynamic"], ["--dynamic", "--tune", text]]) {
    const { code, err } = await recurra(["eval", small, text, ...flags]);
    expect(err).toContain("int8");
    expect(code).toBe(2);
  }
  expect(await perplexityOf(small, at("held.txt"), "--cache")).toBeGreaterThan(1);
});
