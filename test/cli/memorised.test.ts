/** `recurra plant` and `recurra memorised`, and their calls. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, memorised, plantCanaries, Random, train } from "../../src/index.js";
import type { Canary } from "../../src/index.js";
import { recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-memorised-test-"));
const at = (name: string): string => join(folder, name);
const WORDS =
  "whale sea ship storm wind quick jib box zany vex harpoon deck mast captain sail rope wave gull foam dawn";

/** Lines of five words at random. */
function lines(count: number, seed: number): string {
  const random = new Random(seed);
  const words = WORDS.split(" ");
  const line = (): string => Array.from({ length: 5 }, () => words[random.below(words.length)]).join(" ");
  return Array.from({ length: count }, () => `${line()}.\n`).join("");
}

const FORM = "my code is {letters:3}.";
const SMALL = { hidden: 48, lr: 0.01, batchSize: 8, seqLen: 32, seed: 1, threads: 1, overwrite: true };

beforeAll(async () => {
  writeFileSync(at("text.txt"), lines(120, 5));
  writeFileSync(at("other.txt"), lines(60, 6));
  writeFileSync(at("short.txt"), lines(12, 7));
  await plantCanaries([at("text.txt")], {
    out: at("planted.txt"),
    pattern: [FORM],
    times: [0, 1, 12],
    each: 2,
  });
  await train({ ...SMALL, inputs: [at("planted.txt")], out: at("planted.model"), epochs: 25 });
  const heart = { ...SMALL, inputs: [at("short.txt")], valid: [at("short.txt")], batchSize: 1 };
  await train({ ...heart, out: at("heart.model"), epochs: 150, dropout: 0 });
  await train({
    ...SMALL,
    text: lines(200, 8),
    out: at("words.model"),
    tokenizer: "word",
    minCount: 1,
    epochs: 1,
    lines: true,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const refused = async (...argv: string[]): Promise<string> => {
  const { code, err, out } = await recurra(argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^recurra: [^\n]+[.?]\n$/);
  return err;
};

interface Recorded {
  readonly canaries: readonly Canary[];
  readonly words: readonly string[];
}
const recorded = (name: string): Recorded => JSON.parse(readFileSync(at(name), "utf8")) as Recorded;

describe("recurra plant", () => {
  test("puts lines between the text's own, as often as it says, in the part that is trained on", async () => {
    const text = readFileSync(at("text.txt"), "utf8");
    const planted = readFileSync(at("planted.txt"), "utf8");
    const { canaries } = recorded("planted.txt.canaries.json");
    expect(canaries.map(({ times }) => times)).toEqual([0, 0, 1, 1, 12, 12]);
    expect(new Set(canaries.map(({ line }) => line)).size).toBe(6);
    const known = new Set(canaries.map(({ line }) => line));
    const kept = planted.split("\n").filter((line) => !known.has(line));
    expect(kept.join("\n")).toBe(text);
    for (const { line, times } of canaries) {
      expect(line).toMatch(/^my code is [a-z]{3}\.$/);
      expect(planted.split("\n").filter((one) => one === line)).toHaveLength(times);
      expect(planted.lastIndexOf(line)).toBeLessThan(0.9 * planted.length - line.length);
    }
  });

  test("writes the same for the same seed, another for another, and says what to do next", async () => {
    const argv = ["plant", at("text.txt"), "--pattern", FORM, "--times", "0,1,12", "--each", "2"];
    const { code, out, err } = await recurra([...argv, "--out", at("again.txt")]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("26 lines of 6 canaries");
    expect(out).toContain(`--train ${at("again.txt")} --canaries ${at("again.txt")}.canaries.json`);
    expect(readFileSync(at("again.txt"), "utf8")).toBe(readFileSync(at("planted.txt"), "utf8"));
    await recurra([...argv, "--out", at("seed.txt"), "--seed", "2"]);
    expect(readFileSync(at("seed.txt"), "utf8")).not.toBe(readFileSync(at("planted.txt"), "utf8"));
  });

  test("fills holes with frequent words of the text, and tells of characters that it lacks", async () => {
    const argv = ["plant", at("text.txt"), "--out", at("of-words.txt"), "--times", "3", "--each", "1"];
    const { err } = await recurra([...argv, "--pattern", "the word is {words:2} ."]);
    expect(err).toBe("");
    const { canaries, words } = recorded("of-words.txt.canaries.json");
    expect(words.toSorted()).toEqual(WORDS.split(" ").toSorted());
    expect(canaries[0]!.line).toMatch(/^the word is [a-z]+ [a-z]+ \.$/);
    const digits = await recurra([...argv, "--overwrite"]);
    expect(digits.code).toBe(0);
    expect(digits.err).toMatch(/^Neither text nor canaries have [0-9 ]+, which may fill holes: .*\n$/);
  });

  test("refuses what makes no sense, and leaves files as they are", async () => {
    const plant = ["plant", at("text.txt"), "--out"];
    expect(await refused(...plant, at("planted.txt"))).toContain("There is a file");
    writeFileSync(at("kept.canaries.json"), "mine");
    const others = [at("new.txt"), "--canaries", at("kept.canaries.json")];
    expect(await refused(...plant, ...others)).toContain("There is a file");
    expect(await refused(...plant, at("new.txt"), "--canaries", at("new.txt"))).toContain("same file");
    expect(await refused(...plant, at("text.txt"), "--overwrite")).toContain("is one of the texts");
    expect(await refused(...plant, at("new.txt"), "--pattern", "my code")).toContain("has no hole");
    expect(await refused(...plant, at("new.txt"), "--pattern", "{digits:1}")).toContain("too few to draw 12");
    expect(await refused(...plant, at("new.txt"), "--times", "5000")).toContain("too many for it");
    writeFileSync(at("tiny.txt"), "A text.\n");
    const words = ["plant", at("tiny.txt"), "--out", at("new.txt"), "--pattern", "{words:3}"];
    expect(await refused(...words)).toContain("has no two words");
    expect(existsSync(at("new.txt"))).toBe(false);
    expect(readFileSync(at("kept.canaries.json"), "utf8")).toBe("mine");
  });
});

describe("memorised", () => {
  test("tells of what is written what looking for each n-gram tells", async () => {
    const model = await load(at("planted.model"), { threads: 1 });
    const options = { samples: 4, length: 60, seed: 7, temperature: 0.9 };
    const progress: number[] = [];
    const { text } = await memorised(model, {
      ...options,
      train: [at("planted.txt")],
      heldOut: [at("other.txt")],
      orders: [1, 3, 9],
      passages: 2,
      onProgress: ({ done }) => progress.push(done),
    });
    const written = Array.from({ length: 4 }, () => "");
    for await (const { sample, text: piece } of model.generate(options)) written[sample] += piece;
    const known = `\n${readFileSync(at("planted.txt"), "utf8")}`;
    const other = readFileSync(at("other.txt"), "utf8");
    // The held-out text is more than was written: pieces are spread over it, the first at its beginning.
    const gap = (other.length - 240) / 4;
    const aside = [0, 1, 2, 3].map((i) => {
      const start = Math.floor(1 + i * (60 + gap)) - 1;
      return other.slice(start, start + 60);
    });
    for (const [pieces, found] of [
      [written, text!.generated],
      [aside, text!.heldOut!],
    ] as const) {
      expect(found.shares.map(({ order }) => order)).toEqual([1, 3, 9]);
      for (const { order, share, ngrams } of found.shares) {
        const all = pieces.flatMap((piece) =>
          Array.from({ length: piece.length - order + 1 }, (_, i) => piece.slice(i, i + order)),
        );
        expect(ngrams).toBe(all.length);
        expect(share).toBeCloseTo(all.filter((one) => known.includes(one)).length / all.length, 12);
      }
    }
    expect(text!.trainUnits).toBe(known.length - 1);
    const [passage] = text!.passages;
    expect(passage!.length).toBe(text!.generated.longest);
    expect(written[passage!.sample]).toContain(passage!.text);
    expect(known.split(passage!.text).length - 1).toBe(passage!.times);
    expect(known.slice(0, known.indexOf(passage!.text) + 1).split("\n").length - 1).toBe(passage!.line);
    expect(progress.at(-1)).toBe(1);
  });

  test("a model that was made to learn a text by heart shows it, beside a text that it has not read", async () => {
    const model = await load(at("heart.model"), { threads: 1 });
    const { text } = await memorised(model, {
      train: [at("short.txt")],
      heldOut: [at("other.txt")],
      orders: [25],
      samples: 10,
      length: 100,
    });
    expect(text!.generated.shares[0]!.share).toBeGreaterThan(0.5);
    expect(text!.heldOut!.shares[0]!.share).toBeLessThan(0.05);
    expect(text!.generated.longest).toBeGreaterThan(2 * text!.heldOut!.longest);
  });

  test("canaries that stood often in the text are exposed, those that did not are not", async () => {
    const model = await load(at("planted.model"), { threads: 1 });
    const options = { canaries: at("planted.txt.canaries.json") };
    const exact = await memorised(model, options);
    expect(exact.text).toBeUndefined();
    const [{ size, measured, greatest, canaries }] = exact.canaries as [never] as [
      NonNullable<typeof exact.canaries>[number],
    ];
    expect([size, measured]).toEqual([26 ** 3, 26 ** 3]);
    expect(greatest).toBeCloseTo(3 * Math.log2(26), 12);
    const of = (times: number): number[] =>
      canaries.filter((canary) => canary.times === times).map(({ exposure }) => exposure);
    for (const exposure of of(12)) expect(exposure).toBeGreaterThan(10);
    for (const exposure of of(0)) expect(exposure).toBeLessThan(8);
    // The rank among all is that of scoring some lines by themselves.
    const first = canaries[0]!;
    const scores = ["aaa", "xyz", "qqq"].map((secret) => model.scoreLine(`my code is ${secret}.`).nats);
    expect(scores.every((nats) => nats > model.scoreLine(first.line).nats)).toBe(true);
    const drawn = await memorised(model, { ...options, exactUpTo: 1000, draws: 1000 });
    expect(drawn.canaries![0]!.measured).toBe(1000);
    for (const [i, { method, exposure, atLeast }] of drawn.canaries![0]!.canaries.entries()) {
      const { exposure: known } = canaries[i]!;
      expect(method).not.toBe("exact");
      if (method === "drawn") expect(Math.abs(exposure - known)).toBeLessThan(1.2);
      else expect(exposure).toBeGreaterThanOrEqual(Math.min(6, atLeast!));
    }
  });

  test("a model of lines is told by whole lines too", async () => {
    const model = await load(at("words.model"), { threads: 1 });
    writeFileSync(at("lines.txt"), lines(200, 8));
    const { text } = await memorised(model, { train: [at("lines.txt")], heldOut: [at("lines.txt")] });
    expect(text!.unit).toBe("word");
    expect(text!.generated.pieces).toBe(2000);
    // Of the training text itself all lines are in it.
    expect(text!.heldOut).toMatchObject({ pieces: 200, wholeLines: 1, meanLongest: 7, longest: 7 });
    expect(text!.generated.wholeLines).toBeLessThan(0.5);
  });
});

describe("recurra memorised", () => {
  test("prints tables, and JSON of the same", async () => {
    const texts = ["--train", at("planted.txt"), "--held-out", at("other.txt")];
    const canaries = ["--canaries", at("planted.txt.canaries.json")];
    const small = "-n 5 --length 50 --threads 1 --orders 1,4 --passages 1".split(" ");
    const argv = ["memorised", at("planted.model"), ...texts, ...canaries, ...small];
    const { code, out, err } = await recurra(argv);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /^250 characters written, in 5 texts \(temperature 1(\.000)?, seed 1\); training text: /,
    );
    expect(out).toMatch(/n-grams of 4 characters +\d+\.\d\d ± \d+\.\d\d % +\d+\.\d\d ± \d+\.\d\d %\n/);
    expect(out).toMatch(/characters, (once|\d+ times), (first )?in line [\d,]+ \(text \d\)\n {2}.*\S/);
    expect(out).toMatch(/17,576 possible, all of them measured; exposure is at most 14\.10 bits/);
    expect(out).toMatch(/12 times +[a-z]{3} +\d+ +1\d\.\d\d\n/);
    const json = await recurra([...argv, "--json"]);
    const found = JSON.parse(json.out) as Record<string, object>;
    expect(Object.keys(found)).toEqual(["seed", "temperature", "text", "canaries"]);
    expect(found["text"]).toMatchObject({ unit: "character", generated: { pieces: 5, units: 250 } });
  });

  test("refuses what makes no sense", async () => {
    const model = at("planted.model");
    const record = at("planted.txt.canaries.json");
    expect(await refused("memorised", model)).toContain("--train");
    expect(await refused("memorised", model, "--held-out", at("other.txt"))).toContain("without --train");
    expect(await refused("memorised", model, "--canaries", record, "-n", "3")).toContain("without --train");
    expect(await refused("memorised", model, "--train", at("no.txt"))).toContain("no.txt");
    expect(await refused("memorised", model, "--canaries", at("no.json"))).toContain("no.json");
    for (const [text, problem] of [
      ["{}", "no record of planted canaries"],
      ['{"format":"recurra canaries","version":9}', "its version is 9"],
      ['{"format":"recurra canaries","version":1,"seed":1,"words":[],"canaries":[]}', "no canaries in it"],
      [
        readFileSync(record, "utf8").replace(/my code is (...)\./, "my code is $1"),
        "not what its choices make",
      ],
      [readFileSync(record, "utf8").replace('"choices": [', '"choices": [99,'), "do not fit its pattern"],
      [readFileSync(record, "utf8").slice(0, -9), "not valid JSON"],
    ] as const) {
      writeFileSync(at("bad.json"), text);
      expect(await refused("memorised", model, "--canaries", at("bad.json"))).toContain(problem);
    }
    expect(await refused("memorised", at("words.model"), "--canaries", record)).toContain("{words:n}");
  });
});
