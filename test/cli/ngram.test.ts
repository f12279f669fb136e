import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../src/cli/program.js";
import { randomText } from "../ngram/trained.js";
import { capturedIo } from "./captured-io.js";

let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recurra-ngram-"));
  writeFileSync(at("train.txt"), "a b a\na b\nb c\n");
  writeFileSync(at("test.txt"), "a b\nx b\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function called(argv: readonly string[], stdin = "") {
  const io = capturedIo({ stdin });
  const code = await run(["ngram", ...argv], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

test("trains in every form, measures and answers alike", async () => {
  const figures: unknown[] = [];
  for (const name of ["words.arpa", "words.arpa.gz", "words.ngram"]) {
    const trained = await called(["train", at("train.txt"), "--order", "3", "--out", at(name), "--json"]);
    expect(trained.code).toBe(0);
    expect(trained.err).toContain("to estimate the discounts of 2-grams, 3-grams");
    expect(JSON.parse(trained.out)).toMatchObject({ order: 3, sentences: 3, tokens: 10, counts: [6, 8, 6] });
    const measured = await called(["eval", at(name), at("test.txt"), "--json"]);
    figures.push(JSON.parse(measured.out));
  }
  expect(figures[0]).toMatchObject({ sentences: 2, tokens: 6, out_of_vocabulary: 1 });
  expect(figures[1]).toEqual(figures[0]);
  expect(figures[2]).toEqual(figures[0]);
  expect(gunzipSync(readFileSync(at("words.arpa.gz"))).toString()).toBe(
    readFileSync(at("words.arpa"), "utf8"),
  );

  const asked = await called(["query", at("words.ngram")], "a b\nx b\n");
  const lines = asked.out.trimEnd().split("\n");
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^a=3 2 -[\d.]+\tb=4 3 -[\d.]+\t<\/s>=2 3 -[\d.]+\tTotal: -[\d.]+ OOV: 0$/);
  expect(lines[1]).toMatch(/^x=0 1 .* OOV: 1$/);
  const { perplexity } = figures[0] as { perplexity: number };
  expect(Number(lines[2]!.split("\t")[1])).toBeCloseTo(perplexity, 9);
  expect(lines.slice(4)).toEqual(["OOVs:\t1", "Tokens:\t6"]);
});

test("counts in as much memory as it is given, and writes the same file", async () => {
  writeFileSync(at("longer.txt"), randomText(3000, 40));
  for (const [name, memory] of [
    ["here.arpa", "1000"],
    ["there.arpa", "1"],
    ["usual.arpa", ""],
  ] as const) {
    const limit = memory === "" ? [] : ["--memory", memory];
    const { code } = await called([
      "train",
      at("longer.txt"),
      "--prune",
      "0,0,1",
      "--out",
      at(name),
      ...limit,
    ]);
    expect(code).toBe(0);
  }
  const file = readFileSync(at("here.arpa"));
  expect(readFileSync(at("there.arpa")).equals(file)).toBe(true);
  expect(readFileSync(at("usual.arpa")).equals(file)).toBe(true);
});

test("is over characters, which a .ngram file says itself and an ARPA file does not", async () => {
  const text = "a bc\nüa a\n\n";
  writeFileSync(at("lines.txt"), text);
  for (const name of ["chars.ngram", "chars.arpa"])
    expect(
      (await called(["train", at("lines.txt"), "--tokenizer", "char", "--order", "3", "--out", at(name)]))
        .code,
    ).toBe(0);
  const own = await called(["eval", at("chars.ngram"), at("lines.txt"), "--json"]);
  expect(JSON.parse(own.out)).toMatchObject({ sentences: 3, tokens: 11, out_of_vocabulary: 0 });
  expect(
    (await called(["eval", at("chars.ngram"), at("lines.txt"), "--tokenizer", "char", "--json"])).out,
  ).toBe(own.out);
  const asked = await called(["eval", at("chars.arpa"), at("lines.txt"), "--tokenizer", "char", "--json"]);
  expect(asked.out).toBe(own.out);
  const query = await called(["query", at("chars.ngram")], "a x\n");
  expect(query.out).toMatch(/^a=3 .*<0x20>=4 .*x=0 1 .*<\/s>=2 .*OOV: 1\n/);
  const unsaid = await called(["query", at("chars.arpa")], "a x\n");
  expect([unsaid.code, unsaid.err]).toEqual([
    2,
    expect.stringMatching(
      /chars\.arpa is over characters or byte pairs, .* does not say .*; give --tokenizer char where .*--model/,
    ),
  ]);
});

test("finds words as the file says", async () => {
  writeFileSync(at("marks.txt"), "a, b.\nb, a.\n");
  const train = [
    "train",
    at("marks.txt"),
    "--order",
    "2",
    "--word-mode",
    "unicode",
    "--out",
    at("marks.ngram"),
  ];
  expect((await called(train)).code).toBe(0);
  const measured = await called(["eval", at("marks.ngram"), at("marks.txt"), "--json"]);
  expect(JSON.parse(measured.out)).toMatchObject({ tokens: 10, out_of_vocabulary: 0 });
});

test.each([
  [["--tokenizer", "word"], "over characters, and what is given is for one over words"],
  [["--word-mode", "unicode"], "--word-mode is given, and"],
  [["--model", "absent.model", "--tokenizer", "char"], "--tokenizer says how the text is cut, and --model"],
])("of a file over characters, %j is refused", async (flags, message) => {
  const { code, err } = await called(["eval", at("chars.ngram"), at("lines.txt"), ...flags]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});

test("says where most words are unknown, or numbers make no probabilities, beside the figures", async () => {
  writeFileSync(at("capitals.txt"), "A B A\nX b\n");
  writeFileSync(
    at("katz.arpa"),
    "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-0.3\ta\t0.7\n-1\tb\n\n\\2-grams:\n-0.1\t<s> b\n\n\\end\\\n",
  );
  const unknown =
    /^The n-gram model does not know 4 of the 5 words: most likely its text is spelled in another way, .*\n$/;
  for (const json of [[], ["--json"]]) {
    const measured = await called(["eval", at("words.arpa"), at("capitals.txt"), ...json]);
    expect([measured.code, measured.err]).toEqual([0, expect.stringMatching(unknown)]);
    const asked = await called(["query", at("words.arpa"), ...json], "A B A\nX b\n");
    expect([asked.code, asked.err]).toEqual([0, expect.stringMatching(unknown)]);
  }
  expect((await called(["query", at("words.arpa")], "A b\n")).err).toBe("");
  expect((await called(["query", at("chars.ngram")], "XYZ\n")).err).toContain("3 of the 3 characters");
  const above = await called(["query", at("katz.arpa"), "--json"], "a\n");
  expect([above.code, above.err]).toEqual([
    0,
    expect.stringMatching(
      /^By the backoff weights of the n-gram model 1 of 2 tokens .* above 1, and 1 is taken/,
    ),
  ]);
  expect(JSON.parse((await called(["eval", at("katz.arpa"), at("train.txt"), "--json"])).out)).toHaveProperty(
    "above_one",
  );
});

test("an interruption ends the counting, and nothing is written", async () => {
  const io = capturedIo();
  const ending = run(["ngram", "train", at("longer.txt"), "--memory", "1", "--out", at("never.arpa")], io);
  await io.listening;
  io.interrupt();
  expect(await ending).toBe(130);
  expect([existsSync(at("never.arpa")), io.stderr.text, io.stdout.text]).toEqual([false, "", ""]);
});

test.each([
  [["train", "train.txt", "--out", "x.txt"], "does not say by its ending"],
  [
    ["train", "train.txt", "--out", "train.arpa", "--prune", "1"],
    "--prune 1 is not possible: the first number",
  ],
  [["train", "train.txt", "--out", "x.arpa", "--prune", "0,2,1"], "smaller than the one before"],
  [["train", "train.txt", "--out", "x.arpa", "--order", "0"], "--order is 0"],
  [
    ["train", "train.txt", "--out", "x.arpa", "--memory", "0.5"],
    "--memory is 0.5; give a whole number of MiB from 1 on",
  ],
  [
    ["train", "train.txt", "--out", "x.arpa", "--tokenizer", "char", "--word-mode", "unicode"],
    "--word-mode belongs to --tokenizer word",
  ],
  [["eval", "train.txt", "train.txt"], "is no ARPA file"],
  [["eval", "absent.arpa", "train.txt"], "there is no such file"],
])("%j is refused in a sentence", async (argv, message) => {
  const known = new Set(["train.txt", "x.txt", "x.arpa", "train.arpa", "absent.arpa"]);
  const { code, err } = await called(argv.map((word) => (known.has(word) ? at(word) : word)));
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
