/** `recurra embed` and `recurra similar`. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeNpy } from "../../src/format/npy.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import { load, train } from "../../src/index.js";
import { cosine } from "../vectors/plain.js";
import { capturedIo, recurra } from "./captured-io.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-vectors-test-"));
const at = (name: string): string => join(folder, name);
const TEXT = "the white whale swam where the weather was wild.\na storm rose over the calm sea.\n".repeat(20);
const LINES = ["the white whale", "", "a storm\tat sea", "the calm sea", "where the whale swam"];

beforeAll(async () => {
  const options = { text: TEXT, hidden: 16, epochs: 1, seed: 1, overwrite: true, threads: 1 };
  await train({ ...options, out: at("char.model") });
  await train({ ...options, out: at("words.model"), tokenizer: "word" });
  await train({ ...options, out: at("bpe.model"), tokenizer: "bpe", vocabSize: 280 });
  writeFileSync(at("lines.txt"), `${LINES.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = <Line>(out: string): Line[] =>
  out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));

const refused = async (...argv: string[]): Promise<string> => {
  const { code, err, out } = await recurra(argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^recurra: [^\n]+[.?]\n$/);
  return err;
};

describe("recurra embed", () => {
  test("writes lines of JSON as the library has the vectors", async () => {
    const model = await load(at("char.model"), { threads: 1 });
    const texts = ["the white whale", "a storm\nat sea"];
    const { code, out, err } = await recurra(["embed", at("char.model"), texts[0]!, "a storm\\nat sea"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const found = json<{ text: string; vector: number[] }>(out);
    expect(found.map(({ text }) => text)).toEqual(texts);
    const vectors = await model.embed(texts);
    // Nine digits are the same float32.
    for (const [i, { vector }] of found.entries()) expect(Float32Array.from(vector)).toEqual(vectors[i]);
  });

  test.each([
    [[]],
    [["--pool", "concat", "--centre", "--components", "1", "--no-unit"]],
    [["--pool", "sif", "--sif-a", "0.01"]],
  ])("writes .npy, .safetensors and .jsonl of the same numbers: %j", async (flags) => {
    const stdin = `${LINES.join("\n")}\n`;
    const written = async (out: string): Promise<string> => {
      const argv = ["embed", at("char.model"), "-", ...flags, "--out", at(out), "--overwrite"];
      const { code, out: said, err } = await recurra(argv, capturedIo({ stdin }));
      expect({ code, err }).toEqual({ code: 0, err: "" });
      return said;
    };
    const D = flags.includes("concat") ? 48 : 16;
    expect(await written("v.npy")).toBe(`5 vectors of ${D} numbers in ${at("v.npy")}\n`);
    await written("v.safetensors");
    await written("v.jsonl");
    const npy = decodeNpy(readFileSync(at("v.npy")), "v.npy");
    expect(npy.shape).toEqual([5, D]);
    const { tensors } = await readSafetensors(at("v.safetensors"));
    expect(tensors.get("vectors")!.shape).toEqual([5, D]);
    expect(tensors.get("vectors")!.data).toEqual(npy.data);
    const lines = json<{ text: string; vector: number[] }>(readFileSync(at("v.jsonl"), "utf8"));
    expect(lines.map(({ text }) => text)).toEqual(LINES);
    expect(Float32Array.from(lines.flatMap(({ vector }) => vector))).toEqual(npy.data);
    expect(npy.data.slice(D, 2 * D).every((x) => x === 0)).toBe(true);
    const piped = await recurra(["embed", at("char.model"), ...flags], capturedIo({ stdin }));
    expect(json(piped.out)).toEqual(lines);
  });

  test("refuses what makes no sense", async () => {
    const model = at("char.model");
    expect(await refused("embed", model, "a", "--pool", "first")).toContain("last, mean, max, concat, sif");
    expect(await refused("embed", model, "a", "--sif-a", "0.1")).toContain("--sif-a belongs to --pool sif");
    expect(await refused("embed", model, "a", "--out", at("v.txt"))).toContain(".npy, .safetensors, .jsonl");
    writeFileSync(at("there.npy"), "");
    expect(await refused("embed", model, "a", "--out", at("there.npy"))).toContain(
      "replace it with --overwrite",
    );
    expect(await refused("embed", model, "a", "--overwrite")).toContain("--overwrite is given without --out");
    expect(await refused("embed", model, "a", "-")).toContain("not both");
    expect(await refused("embed", model)).toContain("Standard input is empty");
    expect(await refused("embed", model, "--out", at("none.npy"))).toContain("There is no text");
    expect(existsSync(at("none.npy"))).toBe(false);
    expect(await refused("embed", model, "a", "--centre")).toContain("--centre subtracts the mean");
    expect(await refused("embed", at("no.model"), "a")).toContain("no.model");
  });
});

interface FoundLine {
  readonly rank: number;
  readonly score: number;
  readonly line: number;
  readonly text: string;
}

describe("recurra similar", () => {
  test("finds lines, in words and in JSON", async () => {
    const argv = ["similar", at("char.model"), at("lines.txt"), "a storm\\tat sea", "-k", "2"];
    const { code, out, err } = await recurra(argv);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")[0]).toBe(" 1.0000  line 3        a storm\tat sea");
    const found = json<FoundLine>((await recurra([...argv, "--json"])).out);
    expect(found).toHaveLength(2);
    for (const one of found) expect(Object.keys(one)).toEqual(["rank", "score", "line", "text"]);
    expect(found[0]).toMatchObject({ rank: 1, line: 3, text: LINES[2] });
    const model = await load(at("char.model"), { threads: 1 });
    const [a, b] = await model.embed([LINES[2]!, LINES[found[1]!.line - 1]!]);
    expect(found[1]!.score).toBeCloseTo(cosine(a!, b!), 5);
  });

  test("answers several queries, of standard input too, from a kept index", async () => {
    const flags = ["--json", "-k", "1", "--index", at("lines.index"), "--centre"];
    const both = await recurra([
      "similar",
      at("char.model"),
      at("lines.txt"),
      LINES[0]!,
      LINES[3]!,
      ...flags,
    ]);
    expect(both.out.split("\n\n").map((one) => json<FoundLine>(one)[0]!.line)).toEqual([1, 4]);
    const piped = await recurra(
      ["similar", at("char.model"), at("lines.txt"), "-", ...flags],
      capturedIo({ stdin: `${LINES[0]}\n${LINES[3]}\n` }),
    );
    expect(piped.out).toBe(`${both.out}\n`);
    writeFileSync(at("lines.txt"), `${LINES.join("\n")}\nwhales\n`);
    const added = await recurra(["similar", at("char.model"), at("lines.txt"), "whales", ...flags]);
    expect(json<FoundLine>(added.out)[0]!.line).toBe(6);
    writeFileSync(at("lines.txt"), `${LINES.join("\n")}\n`);
    const anew = await recurra(["similar", at("char.model"), at("lines.txt"), "whales", ...flags]);
    expect(anew.err).toMatch(/lines\.txt has changed since the index .*read anew\.\n$/);
    const foreign = ["similar", at("words.model"), at("lines.txt"), "a storm", "--index", at("lines.index")];
    expect(await refused(...foreign)).toContain("make the index anew with --rebuild");
  });

  test("finds the tokens nearest to a word in the embedding", async () => {
    const { out } = await recurra(["similar", at("words.model"), "--word", "whale", "-k", "3", "--json"]);
    const found = json<{ rank: number; score: number; id: number; token: string }>(out);
    expect(found.map(({ rank }) => rank)).toEqual([1, 2, 3]);
    const { model, tokenizer } = await load(at("words.model"), { threads: 1 });
    const rows = Array.from(model.engine.read(model.embedding));
    const E = model.config.embedding;
    const row = (id: number): number[] => rows.slice(id * E, (id + 1) * E);
    const own = tokenizer.encode("whale")[0]!;
    const all = Array.from({ length: tokenizer.size }, (_, id) => id)
      .filter((id) => id !== own && id !== tokenizer.unknownId && id !== tokenizer.eosId)
      .toSorted((a, b) => cosine(row(own), row(b)) - cosine(row(own), row(a)));
    expect(found.map(({ id }) => id)).toEqual(all.slice(0, 3));
    for (const { id, score, token } of found) {
      expect(score).toBeCloseTo(cosine(row(own), row(id)), 5);
      expect(token).toBe(tokenizer.display(id));
    }
    const centred = await recurra(["similar", at("words.model"), "--word", "whale", "--centre"]);
    expect(centred.out.split("\n")[0]).toMatch(/^ *-?\d\.\d{4} {2}\S+$/);
    // Byte pairs: the token with the space before it.
    expect((await recurra(["similar", at("bpe.model"), "--word", "the"])).code).toBe(0);
  });

  test("refuses what makes no sense", async () => {
    const [model, lines] = [at("char.model"), at("lines.txt")];
    expect(await refused("similar", model)).toContain("needs a corpus");
    expect(await refused("similar", model, lines)).toContain("Standard input is empty");
    expect(await refused("similar", model, lines, "a", "-k", "0")).toContain("--neighbours is 0");
    expect(await refused("similar", model, lines, "a", "-")).toContain("not both");
    expect(await refused("similar", model, at("no.txt"), "a")).toContain("no.txt");
    expect(await refused("similar", model, lines, "a", "--rebuild")).toContain(
      "--rebuild is given without --index",
    );
    expect(await refused("similar", model, lines, "a", "--index", model)).toContain("is no index");
    expect(await refused("similar", model, lines, "--word", "a")).toContain(
      "leave the corpus out, or --word",
    );
    expect(await refused("similar", model, "--word", "a", "--pool", "max")).toContain("--pool is of lines");
    expect(await refused("similar", at("words.model"), "--word", "xyz")).toContain('does not know "xyz"');
    expect(await refused("similar", model, "--word", "whale")).toContain(
      '"whale" is 5 tokens to this model (w | h',
    );
    expect(await refused("similar", model, "--word", "")).toContain("--word");
  });
});
