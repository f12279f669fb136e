/** `recurra decode`: matrices in files and from standard input, and what is wrong with them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeSafetensors } from "../../src/format/safetensors.js";
import { npy } from "../format/make-npy.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-decode-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const LABELS = ["<blank>", "|", "A", "N"];

/** Frames that say each label with the probability 0.97. */
function saying(columns: readonly number[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    columns.flatMap((said) => LABELS.map((_, column) => Math.log(column === said ? 0.97 : 0.01))),
  );
}
const ANNA = [2, 3, 0, 3, 2, 1];
const AN = [2, 2, 3];

beforeAll(async () => {
  writeFileSync(at("labels.txt"), `${LABELS.join("\n")}\n`);
  writeFileSync(at("vocab.json"), JSON.stringify(Object.fromEntries(LABELS.map((label, i) => [label, i]))));
  writeFileSync(
    at("tokens.txt"),
    LABELS.map((label, i) => `${label} ${i}`)
      .toReversed()
      .join("\n"),
  );
  const anna = saying(ANNA);
  writeFileSync(at("anna.npy"), npy("<f4", "6, 4", new Uint8Array(anna.buffer)));
  writeFileSync(
    at("both.safetensors"),
    encodeSafetensors([
      { name: "u2", dtype: "F32", shape: [1, 3, 4], data: saying(AN) },
      { name: "u1", dtype: "F32", shape: [6, 4], data: anna },
    ]),
  );
  writeFileSync(at("names.txt"), "anna\nana\nnan\n".repeat(60));
  const small = [
    "--hidden",
    "16",
    "--batch-size",
    "4",
    "--seq-len",
    "16",
    "--steps",
    "10",
    "--threads",
    "1",
    "--lines",
  ];
  expect((await recurra(["train", at("names.txt"), "--out", at("names.model"), ...small])).code).toBe(0);
});

const decode = (args: readonly string[], io = capturedIo()) => recurra(["decode", ...args], io);

describe("files", () => {
  test.each(["labels.txt", "vocab.json", "tokens.txt"])("with the labels of %s", async (labels) => {
    const { code, out } = await decode(["none", at("anna.npy"), "--labels", at(labels)]);
    expect([code, out]).toEqual([0, "ANNA\n"]);
  });

  test("several matrices by their names, with a model", async () => {
    const args = [
      at("names.model"),
      at("both.safetensors"),
      "--labels",
      at("labels.txt"),
      "--case",
      "lower",
      "--threads",
      "1",
    ];
    expect(await decode(args)).toMatchObject({ code: 0, out: "u1\tanna\nu2\tan\n" });
    const { out } = await decode([...args, "--json", "-n", "3", "--frame-ms", "20"]);
    const [first, second] = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({
      id: "u1",
      frames: 6,
      text: "anna",
      words: [{ word: "anna", start_frame: 0, end_frame: 5, start: 0, end: 0.1 }],
    });
    expect(first.hyps).toHaveLength(3);
    expect(Object.keys(first.hyps[0].scores)).toEqual(["acoustic", "lm"]);
    const { acoustic, lm } = first.hyps[0].scores;
    expect(first.score).toBeCloseTo(acoustic + 0.5 * lm + 1.5, 9);
    const scored = await recurra(["score", at("names.model"), "anna", "--json", "--threads", "1"]);
    expect(lm).toBeCloseTo(-JSON.parse(scored.out).nats, 4);
    expect(second).toMatchObject({ id: "u2", text: "an", frames: 3 });
  });

  test("an n-gram model of words", async () => {
    writeFileSync(
      at("w.arpa"),
      "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-0.3\tANA\n-1\tANNA\n\n\\end\\\n",
    );
    const unsure = saying(ANNA);
    unsure.set([0.48, 0.01, 0.01, 0.5].map(Math.log), 2 * 4);
    writeFileSync(at("unsure.npy"), npy("<f4", "6, 4", new Uint8Array(unsure.buffer)));
    const args = ["none", at("unsure.npy"), "--labels", at("labels.txt")];
    expect((await decode(args)).out).toBe("ANA\n");
    writeFileSync(
      at("v.arpa"),
      "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n-0.5\t</s>\n-2\tANA\n-0.1\tANNA\n\n\\end\\\n",
    );
    expect((await decode([...args, "--ngram", at("v.arpa"), "--ngram-weight", "1"])).out).toBe("ANNA\n");
  });
});

describe("standard input", () => {
  const frames = (columns: readonly number[]): number[][] =>
    columns.map((said) => LABELS.map((_, column) => Math.log(column === said ? 0.97 : 0.01)));

  test("frame by frame, utterance by utterance, with what is heard so far", async () => {
    const [anna, an] = [frames(ANNA), frames(AN)];
    const stdin = `${anna.map((row) => JSON.stringify(row)).join("\n")}\n\n${JSON.stringify(an)}\n`;
    const { code, out, err } = await decode(
      ["none", "-", "--labels", at("labels.txt"), "--partial"],
      capturedIo({ stdin }),
    );
    expect([code, out]).toEqual([0, "ANNA\nAN\n"]);
    expect(err.split("\n").slice(0, 3)).toEqual(["… A", "… AN", "… AN"]);
  });

  test.each([
    ["", /Standard input is empty/],
    ["[0, 1", /line 1: this is not JSON/],
    ['[0, "a", 1, 2]', /line 1: label 2 of frame 1 is "a"; give a number/],
    ["[[0, 1], [2]]", /line 1: frame 2 is \[2\]/],
    ["[0, 1]", /utterance 1 has 2 columns and there are 4 labels/],
    ["[null, null, null, null]", /utterance 1, frame 1: no label is possible/],
  ])("%j is refused", async (stdin, message) => {
    const { code, err } = await decode(["none", "-", "--labels", at("labels.txt")], capturedIo({ stdin }));
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("bad input", () => {
  beforeAll(() => {
    writeFileSync(at("three.txt"), "<blank>\na\nb\n");
    writeFileSync(at("twice.txt"), "<blank> 0\na 1\nb 1\n");
    writeFileSync(at("doubled.txt"), "a\n<blank>\na\n");
    writeFileSync(at("doubled.json"), '["a", "<blank>", "a"]');
    writeFileSync(at("doubled-tokens.txt"), "a 0\na 1\n<blank> 2\n");
    writeFileSync(at("wrong.json"), '{"<blank>": 0, "a": 7}');
    writeFileSync(at("vector.npy"), npy("<f4", "4,", new Uint8Array(16)));
    writeFileSync(at("text.npy"), "no matrix");
    const broken = saying(ANNA);
    broken[9] = NaN;
    writeFileSync(at("nan.npy"), npy("<f4", "6, 4", new Uint8Array(broken.buffer)));
  });

  test.each<[string[], RegExp]>([
    [["anna.npy", "three.txt"], /anna\.npy has 4 columns and there are 3 labels/],
    [["anna.npy", "twice.txt"], /twice\.txt, line 3: the column 1 has the label "a" already/],
    [["anna.npy", "wrong.json"], /label "a": the column is 7; give the columns from 0 to 1/],
    [["vector.npy", "labels.txt"], /has the shape \(4\); give a matrix of frames and labels/],
    [["text.npy", "labels.txt"], /is not a whole \.npy file/],
    [["labels.txt", "labels.txt"], /is neither a \.npy nor a \.safetensors file/],
    [
      ["anna.npy", "doubled.txt"],
      /doubled\.txt, line 3: the label "a" stood before, in .*line 1; give every label once/,
    ],
    [["anna.npy", "doubled.json"], /doubled\.json, label 3: the label "a" stood before, in .*label 1/],
    [
      ["anna.npy", "doubled-tokens.txt"],
      /doubled-tokens\.txt, line 2: the label "a" stood before, in .*line 1/,
    ],
    [["nan.npy", "labels.txt"], /nan\.npy, frame 3: the value of label 2 is NaN/],
    [["missing.npy", "labels.txt"], /Cannot read .*missing\.npy/],
  ])("%j", async ([matrix, labels], message) => {
    const { code, err } = await decode(["none", at(matrix!), "--labels", at(labels!)]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });

  test("the same id twice, - beside files, and --partial of files", async () => {
    const twice = await decode(["none", at("anna.npy"), at("anna.npy"), "--labels", at("labels.txt")]);
    expect(twice).toMatchObject({ code: 2 });
    expect(twice.err).toMatch(/has the id anna, as .* has/);
    expect((await decode(["none", "-", at("anna.npy"), "--labels", at("labels.txt")])).err).toMatch(
      /not both/,
    );
    expect((await decode(["none", at("anna.npy"), "--labels", at("labels.txt"), "--partial"])).err).toMatch(
      /--partial/,
    );
  });
});
