/** `recurra quantize`, and every command on what it wrote. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toyText } from "../train/toy-text.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-quantize-"));
const at = (name: string) => join(folder, name);
const [text, model, int8] = [at("toy.txt"), at("toy.model"), at("toy-int8.model")];
const SMALL = ["--hidden", "48", "--seq-len", "16", "--steps", "400", "--batch-size", "8", "--threads", "1"];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let printed: Awaited<ReturnType<typeof recurra>>;
beforeAll(async () => {
  writeFileSync(text, toyText(300));
  expect((await recurra(["train", text, "--out", model, ...SMALL])).code).toBe(0);
  printed = await recurra(["quantize", model, "--out", int8]);
});

const weightBytes = (of: string) => statSync(join(of, "model.safetensors")).size;
const json = async (...argv: string[]) =>
  JSON.parse((await recurra([...argv, "--json"])).out) as Record<string, number> & { config: object };

test("says the sizes before and after; the file is about a quarter", () => {
  const { code, out, err } = printed;
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^weights: [\d.]+ kB before, [\d.]+ kB after \(\d\d\.\d %\), in .*toy-int8\.model\n$/);
  expect(weightBytes(int8) / weightBytes(model)).toBeLessThan(0.35);
});

test("--json says the same in bytes, and --overwrite writes the same file again", async () => {
  const before = readFileSync(join(int8, "model.safetensors"));
  const report = await json("quantize", model, "--out", int8, "--overwrite");
  expect(report).toEqual({ out: int8, bytes_before: weightBytes(model), bytes_after: weightBytes(int8) });
  expect(readFileSync(join(int8, "model.safetensors")).equals(before)).toBe(true);
});

describe("a quantized model", () => {
  test("is measured within 1 % of the one it was made from", async () => {
    const [a, b] = [await json("eval", model, text), await json("eval", int8, text)];
    expect(a["perplexity"]).toBeLessThan(8);
    expect(Math.abs(b["perplexity"]! / a["perplexity"]! - 1)).toBeLessThan(0.01);
    expect(b["perplexity"]).not.toBe(a["perplexity"]);
    expect(b["tokens"]).toBe(a["tokens"]);
  });

  test("gives the same measures on the reference, but for rounding", async () => {
    const short = at("short.txt");
    writeFileSync(short, toyText(10, 2));
    const native = await json("eval", int8, short);
    const reference = await json("eval", int8, short, "--engine", "reference");
    expect(native["nats_per_token"]).toBeCloseTo(reference["nats_per_token"]!, 3);
  });

  test("writes and scores", async () => {
    const argv = ["generate", int8, "--prompt", "the ", "--length", "40", "--seed", "3"];
    const one = await recurra(argv);
    expect([one.code, one.err]).toEqual([0, ""]);
    expect(one.out).toMatch(/^the [^]{20}/);
    expect(await recurra([...argv, "--threads", "2"])).toEqual(one);
    expect((await recurra(["score", int8, "the cat sees the moon."])).code).toBe(0);
  });

  test("is told of, with its history", async () => {
    const { out } = await recurra(["info", int8]);
    expect(out).toMatch(/^weights +[\d,]+, int8$/m);
    expect(out).toMatch(/^trained +400 steps/m);
    expect((await json("info", int8)).config).toMatchObject({ version: 2, weights: "int8" });
    expect((await recurra(["info", model])).out).not.toContain("int8");
  });

  test.each<[string, () => string[], RegExp]>([
    [
      "trained on",
      () => ["train", text, "--out", int8, "--resume", ...SMALL],
      /int8 weights, .* not trained/,
    ],
    ["quantized again", () => ["quantize", int8, "--out", at("again.model")], /are int8 already/],
  ])("is not %s", async (_, argv, sentence) => {
    const before = readFileSync(join(int8, "model.safetensors"));
    const { code, out, err } = await recurra(argv());
    expect(err).toMatch(sentence);
    expect(err).toMatch(/^recurra: [^\n]+\.\n$/);
    expect([code, out]).toEqual([2, ""]);
    expect(readFileSync(join(int8, "model.safetensors")).equals(before)).toBe(true);
  });

  test("makes room for a new run with --overwrite, as any other", async () => {
    const other = at("other.model");
    expect((await recurra(["quantize", model, "--out", other])).code).toBe(0);
    expect((await recurra(["train", text, "--out", other, "--overwrite", ...SMALL])).code).toBe(0);
    expect((await recurra(["info", other])).out).not.toContain("int8");
  });
});
