/** The index of a file's lines: what it finds, what becomes of it when the file changes, and what is refused. */
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openIndex } from "../../src/apps/line-index.js";
import { load } from "../../src/apps/load.js";
import type { IndexOptions } from "../../src/apps/index-options.js";
import { LoadedModel } from "../../src/apps/loaded-model.js";
import { UserError } from "../../src/errors.js";
import { lockFolder } from "../../src/format/folder-lock.js";
import { train } from "../../src/index.js";
import type { Pool } from "../../src/vectors/pooling.js";
import { cosine } from "./plain.js";

const root = mkdtempSync(join(tmpdir(), "recurra-lines-"));
const at = (name: string): string => join(root, name);
const corpus = at("lines.txt");
const index = at("lines.index");
let model: LoadedModel;
let other: LoadedModel;

const LINES = [
  "the white whale",
  "a storm at sea",
  "",
  "the white whales",
  "calm weather",
  "a storm, at sea",
];
const text = (lines: readonly string[], end = "\n"): string => lines.map((line) => line + end).join("");

beforeAll(async () => {
  const options = { text: text(LINES).repeat(20), hidden: 16, epochs: 1, overwrite: true, threads: 1 };
  await train({ ...options, seed: 1, out: at("a.model") });
  await train({ ...options, seed: 2, out: at("b.model") });
  model = await load(at("a.model"), { threads: 1 });
  other = await load(at("b.model"), { threads: 1 });
});
beforeEach(() => {
  rmSync(index, { recursive: true, force: true });
  writeFileSync(corpus, text(LINES));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Found {
  readonly lines: readonly number[];
  readonly texts: readonly string[];
  readonly scores: readonly number[];
  readonly count: number;
  readonly notices: readonly string[];
  readonly read: number;
}

/** All lines by how near they are. */
async function search(
  query: string,
  options: IndexOptions = {},
  loaded = model,
  path = corpus,
): Promise<Found> {
  const notices: string[] = [];
  let read = 0;
  const opened = await openIndex(loaded, path, {
    ...options,
    onNotice: (message) => void notices.push(message),
    onProgress: (done) => void (read = done),
  });
  try {
    const found = await opened.search(query, { neighbours: 1000 });
    expect(found.map(({ rank }) => rank)).toEqual(found.map((_, i) => i + 1));
    return {
      lines: found.map(({ line }) => line),
      texts: found.map((one) => one.text),
      scores: found.map(({ score }) => score),
      count: opened.lines,
      notices,
      read,
    };
  } finally {
    await opened.close();
  }
}

/** The same by the vectors of all lines and their cosines. */
async function plain(query: string, pool: Pool): Promise<[number, number][]> {
  const vectors = await model.embed([...LINES, query], { pool, unit: false });
  const own = vectors.pop()!;
  return vectors
    .flatMap((vector, n): [number, number][] => (LINES[n] === "" ? [] : [[n + 1, cosine(vector, own)]]))
    .toSorted(([a, x], [b, y]) => y - x || a - b);
}

const close = (a: readonly number[], b: readonly number[]): void => {
  expect(a).toHaveLength(b.length);
  a.forEach((x, i) => expect(x).toBeCloseTo(b[i]!, 4));
};

describe("finds", () => {
  test.each(["mean", "last", "concat", "sif"] as const)("by the cosine of vectors: %s", async (pool) => {
    const found = await search("a storm at sea", { pool });
    const expected = await plain("a storm at sea", pool);
    close(
      found.scores,
      expected.map(([, score]) => score),
    );
    expect(found.lines[0]).toBe(2);
    expect(found.texts[0]).toBe("a storm at sea");
    expect(found.lines).not.toContain(3);
    // The ids of the training text are with the model.
    expect(found.notices).toEqual([]);
  });

  test("many queries at once as each by itself, and as many lines as are asked for", async () => {
    const opened = await openIndex(model, corpus, { centre: true, components: 1 });
    const queries = Array.from({ length: 70 }, (_, n) => LINES[n % 2]!);
    const all = await opened.search(queries, { neighbours: 2 });
    expect(all).toHaveLength(70);
    const alone = await opened.search(LINES[1]!, { neighbours: 2 });
    expect(all[69]!.map(({ line }) => line)).toEqual(alone.map(({ line }) => line));
    expect(alone).toHaveLength(2);
    expect(alone[0]).toMatchObject({ rank: 1, line: 2, text: LINES[1] });
    expect(alone[0]!.score).toBeCloseTo(1, 5);
    await opened.close();
  });

  test("lines of any ends, with a mark of byte order, in latin1, and of records", async () => {
    writeFileSync(corpus, `\ufeff${text(LINES, "\r\n")}`);
    const windows = await search("a storm at sea");
    expect([windows.lines[0], windows.texts[0], windows.count]).toEqual([2, "a storm at sea", 6]);
    writeFileSync(corpus, text(LINES, "\r"));
    expect((await search("calm weather")).lines[0]).toBe(5);
    writeFileSync(corpus, Buffer.from("the caf\xe9\ncalm\n", "latin1"));
    expect((await search("calm", { encoding: "latin1" })).texts).toContain("the café");
    const records = at("lines.jsonl");
    writeFileSync(records, text(LINES.map((line) => JSON.stringify({ body: line, text: "x" }))));
    const found = await search("a storm at sea", { field: "body" }, model, records);
    expect([found.lines[0], found.texts[0]]).toEqual([2, "a storm at sea"]);
  });
});

describe("keeps the index", () => {
  const options = { index, centre: true, components: 1 } as const;

  test("and reads the corpus once", async () => {
    const first = await search("a storm at sea", options);
    expect(first.read).toBe(text(LINES).length);
    const again = await search("a storm at sea", { index });
    expect(again).toEqual({ ...first, read: 0 });
    expect(readdirSync(index).toSorted()).toEqual([
      expect.stringMatching(/^common-[0-9a-f]{8}\.safetensors$/),
      "index.json",
      "lines.f64",
      "vectors.f32",
    ]);
  });

  test.each([
    ["lines", text(LINES), text([...LINES, "whales", ""])],
    ["lines without an end", text(LINES), `${text(LINES)}whales`],
    ["to a line without an end", text(LINES).trimEnd(), `${text(LINES).trimEnd()}side\nwhales\n`],
    ["the end of the last line", text(LINES).trimEnd(), text(LINES)],
    ["to a carriage return", `${text(LINES)}whales\r`, `${text(LINES)}whales\r\ncalm\r\n`],
    ["to the only line", "the white", "the white whale\nwhale\na storm\n"],
  ])("adds %s", async (_name, before, after) => {
    const given = before.includes("\n") ? options : { index };
    writeFileSync(corpus, before);
    await search("whale", given);
    writeFileSync(corpus, after);
    const added = await search("whale", { index });
    expect(added.notices).toEqual([]);
    rmSync(index, { recursive: true });
    const anew = await search("whale", given);
    expect(added.lines).toEqual(anew.lines);
    expect(added.texts).toEqual(anew.texts);
    close(added.scores, anew.scores);
    expect(added.count).toBe(anew.count);
  });

  test.each([
    ["a line", text(LINES).replace("storm", "stone")],
    ["fewer lines", text(LINES.slice(0, 4))],
    ["a line before all", `whale\n${text(LINES)}`],
  ])("reads all anew where %s has changed, and says so", async (_name, after) => {
    await search("whale", options);
    writeFileSync(corpus, after);
    const found = await search("whale", { index, centre: true, components: 1 });
    expect(found.notices).toEqual([expect.stringContaining("lines.txt has changed since the index")]);
    expect(found.count).toBe(after.split("\n").length - 1);
    expect(await search("whale", { index })).toEqual({ ...found, notices: [], read: 0 });
  });

  test("and what a killed process added does not count", async () => {
    const first = await search("whale", options);
    const rows = readFileSync(join(index, "vectors.f32"));
    writeFileSync(join(index, "vectors.f32"), Buffer.concat([rows, Buffer.alloc(1000, 7)]));
    writeFileSync(
      join(index, "lines.f64"),
      Buffer.concat([readFileSync(join(index, "lines.f64")), Buffer.alloc(9)]),
    );
    expect(await search("whale", { index })).toEqual({ ...first, read: 0 });
    writeFileSync(corpus, text([...LINES, "whale"]));
    expect((await search("whale", { index })).lines[0]).toBe(7);
  });

  test("of what was read before an interruption, and goes on from there", async () => {
    const lines = Array.from({ length: 9000 }, (_, n) =>
      n.toString(5).replaceAll(/./g, (digit) => "whale"[Number(digit)]!),
    );
    writeFileSync(corpus, text(lines));
    const stop = new AbortController();
    let read = 0;
    const ended = openIndex(model, corpus, {
      index,
      signal: stop.signal,
      onProgress: (done) => {
        read = done;
        stop.abort(new Error("enough"));
      },
    });
    await expect(ended).rejects.toThrow("enough");
    expect(read).toBeLessThan(text(lines).length);
    const begun = readFileSync(join(index, "vectors.f32")).length;
    expect(begun).toBe(4096 * 16 * 4);
    const found = await search(lines[8999]!, { index });
    expect([found.count, found.lines[0]]).toEqual([9000, 9000]);
  });

  test("two searches of it need no lock, and writing does", async () => {
    await search("whale", options);
    const unlock = lockFolder(join(index, ".lock"), index);
    try {
      expect((await search("whale", { index })).count).toBe(6);
      writeFileSync(corpus, text([...LINES, "whale"]));
      await expect(search("whale", { index })).rejects.toThrow(/Another process writes into the index/);
    } finally {
      unlock();
    }
  });
});

describe("refuses", () => {
  const refused = async (
    message: RegExp,
    options: IndexOptions,
    loaded = model,
    path = corpus,
  ): Promise<void> => {
    const error = await openIndex(loaded, path, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
    expect((error as UserError).message).toMatch(/^[^\n]+[.?]$/);
  };

  test("another model and other vectors, unless they are to be made anew", async () => {
    await search("whale", { index });
    await refused(/The index in .* is of another model/, { index }, other);
    await refused(/pool: max is not how the index in .* was made, which has pool: mean/, {
      index,
      pool: "max",
    });
    await refused(/components: 1 is not how/, { index, components: 1 });
    await refused(/sifA belongs to pool: sif/, { index, sifA: 0.1 });
    const anew = await search("whale", { index, rebuild: true, pool: "max" }, other);
    expect(anew.count).toBe(6);
    await search("whale", { index }, other);
  });

  test("files that are cut off or damaged", async () => {
    await search("whale", { index, centre: true });
    const whole = at("whole.index");
    cpSync(index, whole, { recursive: true });
    const restored = (): void => {
      rmSync(index, { recursive: true });
      cpSync(whole, index, { recursive: true });
    };
    truncateSync(join(index, "vectors.f32"), 100);
    await refused(/vectors\.f32 is cut off: it has 100 bytes, and 6 rows of 16 numbers need 384/, { index });
    restored();
    truncateSync(join(index, "lines.f64"), 8);
    await refused(/lines\.f64 is cut off/, { index });
    restored();
    const rows = readFileSync(join(index, "vectors.f32"));
    rows[50]! ^= 64;
    writeFileSync(join(index, "vectors.f32"), rows);
    await expect(search("whale", { index })).rejects.toThrow(/vectors\.f32 is damaged/);
    restored();
    rmSync(
      join(
        index,
        readdirSync(index).find((name) => name.startsWith("common"))!,
      ),
    );
    await refused(/common-.* is missing; make the index anew/, { index });
    restored();
    writeFileSync(join(index, "index.json"), "{");
    await refused(/index\.json/, { index });
    writeFileSync(join(index, "index.json"), '{"format": "recurra index", "version": 2}');
    await refused(/is of version 2, and this recurra knows 1/, { index });
    restored();
    const { width: _, ...rest } = JSON.parse(readFileSync(join(index, "index.json"), "utf8"));
    writeFileSync(join(index, "index.json"), JSON.stringify({ ...rest, width: 17 }));
    await refused(/index/, { index });
    restored();
    await search("whale", { index });
  });

  test("what is no index", async () => {
    await refused(/a\.model is no index: it has .* and no index\.json; name another folder/, {
      index: at("a.model"),
    });
    await refused(/lines\.txt is a file, and an index is a folder/, { index: corpus });
    expect(readdirSync(at("a.model"))).toContain("config.json");
  });

  test("a corpus that is missing, empty, packed, no text, or has no such field", async () => {
    await refused(/no\.txt: there is no such file/, {}, model, at("no.txt"));
    await refused(/it is a folder/, {}, model, root);
    writeFileSync(corpus, "");
    await refused(/lines\.txt is empty; there is no line in it/, { index });
    writeFileSync(corpus, Buffer.from([0x1f, 0x8b, 8, 0, 0]));
    await refused(/is packed/, {});
    writeFileSync(corpus, Buffer.from([97, 10, 0xe9, 10]));
    await refused(/lines\.txt, line 2: this is not valid UTF-8/, {});
    writeFileSync(corpus, text(LINES));
    await refused(/is no JSON Lines/, { field: "body" });
    const records = at("bad.jsonl");
    writeFileSync(records, '{"text": "a"}\n\n{"no": 1}\n');
    await refused(/bad\.jsonl, line 3: the record has no text in a field "text"/, {}, model, records);
  });

  test("too few lines for what is to be taken out, and options that make no sense", async () => {
    writeFileSync(corpus, "whale\n\n");
    await refused(/subtracts the mean of all vectors, and there is one line/, { centre: true });
    await refused(/rebuild is given without index/, { rebuild: true });
    await refused(/indx/, { indx: "a" } as never);
    await refused(/The model of the index/, {}, {} as never);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("recurra-index-"))).toEqual([]);
  });

  test("queries without a direction, and too few neighbours", async () => {
    const opened = await openIndex(model, corpus);
    await expect(opened.search("")).rejects.toThrow(/The query is empty/);
    await expect(opened.search("a", { neighbours: 0 })).rejects.toThrow(/neighbours is 0/);
    await expect(opened.search(5 as never)).rejects.toThrow(UserError);
    await expect(opened.search([5] as never)).rejects.toThrow(/The query is 5/);
    await opened.close();
  });

  test("an index beside a file of the same name stays as it is", async () => {
    copyFileSync(corpus, at("copy.txt"));
    const first = await search("whale", { index });
    // The same lines in another file are the same index.
    expect(await search("whale", { index }, model, at("copy.txt"))).toEqual({ ...first, read: 0 });
  });
});
