/** `recurra classify`, `classify train` and `classify eval`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { train } from "../../src/index.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-classify-test-"));
const at = (name: string): string => join(folder, name);
const SEA = [
  "a whale swam",
  "the storm rose",
  "a ship sailed",
  "the waves rose",
  "a sail tore",
  "the whale rose",
];
const LAND = [
  "a road led up",
  "the meadow lay",
  "a house stood",
  "the hill lay",
  "a tree stood",
  "the road lay",
];
const records = [
  ...SEA.map((text) => ({ text, label: "sea" })),
  ...LAND.map((text) => ({ text, label: "land" })),
];
const file = (name: string, all: readonly object[]): string => {
  writeFileSync(at(name), all.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return at(name);
};

beforeAll(async () => {
  const text = `${[...SEA, ...LAND].join("\n")}\n`.repeat(6);
  await train({ text, hidden: 12, epochs: 1, seed: 1, threads: 1, out: at("lm.model") });
  file("train.jsonl", records);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const trained = (...argv: string[]) =>
  recurra(["classify", "train", at("train.jsonl"), "--from", at("lm.model"), "--threads", "1", ...argv]);

describe("recurra classify", () => {
  test("trains, tells, measures, and info says what it is", async () => {
    const made = await trained("--out", at("sea.cls"));
    expect(made.err).toBe("");
    expect(made.out).toMatch(/^texts +12 of 2 labels\naccuracy +\d+\.\d\d % of 12 held out\n/);
    const asJson = await trained("--out", at("sea.cls"), "--overwrite", "--json");
    expect(JSON.parse(asJson.out)).toMatchObject({
      labels: ["land", "sea"],
      counts: [6, 6],
      class_weights: "none",
      held_out: { texts: 12 },
    });

    const told = await recurra(["classify", at("sea.cls"), "a whale swam", "the\\nroad lay", "--top", "2"]);
    expect(told).toMatchObject({ code: 0, err: "" });
    expect(told.out).toMatch(
      /^(sea|land) [\d.]+ %, (land|sea) [\d.]+ % {2}a whale swam\n(sea|land) .* {2}the\\nroad lay\n$/,
    );
    const lines = await recurra(["classify", at("sea.cls"), "-", "--json"], capturedIo({ stdin: "a\nb\n" }));
    const parsed = lines.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { text: string });
    expect(parsed.map(({ text }) => text)).toEqual(["a", "b"]);
    const whole = await recurra(
      ["classify", at("sea.cls"), "--whole", "--json"],
      capturedIo({ stdin: "a\nb\n" }),
    );
    expect(JSON.parse(whole.out)).toMatchObject({ text: "a\nb\n" });

    const shown = await recurra(["classify", "eval", at("sea.cls"), at("train.jsonl")]);
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toContain("is \\ told  land  sea");
    const json = await recurra([
      "classify",
      "eval",
      at("sea.cls"),
      at("train.jsonl"),
      "--json",
      "--worst",
      "0",
    ]);
    const evaluation = JSON.parse(json.out) as Record<string, unknown>;
    expect(evaluation).toMatchObject({ texts: 12, worst: [] });
    expect(Object.keys(evaluation)).toEqual(
      expect.arrayContaining(["accuracy", "macro_f1", "expected_calibration_error", "labels", "confusion"]),
    );

    const info = await recurra(["info", at("sea.cls")]);
    expect(info.out).toMatch(/classifier +of land, sea; pooling concat\nheld-out labels +accuracy/);
    const facts = await recurra(["info", at("sea.cls"), "--json"]);
    expect(JSON.parse(facts.out)).toMatchObject({
      classifier: { labels: ["land", "sea"], training: { seed: 1 } },
    });
  });

  test("other fields of the records are named", async () => {
    const path = file(
      "songs.jsonl",
      records.map(({ text, label }) => ({ lyrics: text, genre: label })),
    );
    const argv = ["classify", "train", path, "--field", "lyrics", "--label", "genre"];
    const made = await recurra([...argv, "--from", at("lm.model"), "--out", at("songs.cls"), "--json"]);
    expect(JSON.parse(made.out)).toMatchObject({ counts: [6, 6] });
  });

  test.each([
    [
      ["classify", "train", at("train.jsonl"), "--out", at("x.cls"), "--lr", "1"],
      "--lr is given without --fine-tune",
    ],
    [["classify", "train", at("train.jsonl"), "--from", at("lm.model")], "needs --out"],
    [["classify", at("lm.model"), "a"], "is a language model and no classifier"],
    [["classify", "eval", at("lm.model"), at("train.jsonl")], "is a language model and no classifier"],
    [["classify", "eval", at("train.jsonl"), at("lm.model")], "the model comes first"],
    [["classify", at("nothing"), "a"], "There is no model at"],
    [["classify", at("lm.model"), "a", "--tip", "2"], "has no option --tip (did you mean --top?)"],
    [
      ["classify", "eval", at("lm.model"), at("train.jsonl"), "--top", "2"],
      "classify eval has no option --top",
    ],
    [["classify", at("lm.model"), "a", "--whole"], "--whole is of standard input"],
  ])("refuses %j", async (argv, message) => {
    const { code, out, err } = await recurra(argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).toMatch(/^recurra: [^\n]+\n$/);
  });

  test("one label, a label of one text, and a label that is new are one sentence", async () => {
    const refused = async (argv: string[]): Promise<string> => {
      const { code, out, err } = await recurra(argv);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).toMatch(/^recurra: [^\n]+\n$/);
      return err;
    };
    const from = ["--from", at("lm.model"), "--out", at("y.cls")];
    const one = file("one.jsonl", records.slice(0, 6));
    expect(await refused(["classify", "train", one, ...from])).toContain('All 6 texts have the label "sea"');
    const few = file("few.jsonl", [...records, { text: "snow", label: "ice" }]);
    expect(await refused(["classify", "train", few, ...from])).toContain("few.jsonl, line 13)");
    await trained("--out", at("z.cls"));
    expect(await refused(["classify", "eval", at("z.cls"), few])).toContain('A text has the label "ice"');
    const unlabelled = file("none.jsonl", [{ text: "snow" }]);
    expect(await refused(["classify", "train", unlabelled, ...from])).toContain("none.jsonl, line 1");
  });
});

test("texts come from tables and from folders of classes alike", async () => {
  const csv = at("train.csv");
  writeFileSync(csv, `text,label\n${records.map(({ text, label }) => `"${text}",${label}`).join("\n")}\n`);
  for (const [label, texts] of [["sea", SEA] as const, ["land", LAND] as const]) {
    mkdirSync(join(at("classes"), label), { recursive: true });
    for (const [i, text] of texts.entries()) writeFileSync(join(at("classes"), label, `${i}.txt`), text);
  }
  for (const input of [csv, at("classes")]) {
    const argv = ["classify", "train", input, "--from", at("lm.model"), "--out", at("other.cls")];
    const { out, err } = await recurra([...argv, "--overwrite", "--json"]);
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({ labels: ["land", "sea"], counts: [6, 6] });
  }
});
