import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Random } from "../../src/engine/random.js";
import { DiskCounter } from "../../src/ngram/count-on-disk.js";
import { RecordSorter } from "../../src/ngram/record-sorter.js";
import { BpeTokenizer } from "../../src/text/tokenizers/bpe-tokenizer.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";
import { randomText, rareWords, trained } from "./trained.js";

/** Few enough for hundreds of runs, which are merged in several rounds. */
const TINY = 1024;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recurra-scratch-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function sorted(sorter: RecordSorter, width: number): Promise<number[][]> {
  const records: number[][] = [];
  await sorter.each((numbers, at, count) => records.push([...numbers.subarray(at, at + width), count]));
  return records;
}

describe("a sorter of records", () => {
  test.each([
    [1, 30, 200],
    [2, 9, 200],
    [3, 4, 200],
    [3, 200_000, 200],
    [2, 2_000_000_000, 1 << 20],
  ])("gives records of %i numbers below %i in their order, in %i bytes", async (width, values, memory) => {
    const random = new Random(7);
    const sorter = new RecordSorter(width, new Int32Array(memory / 4));
    const counts = new Map<string, { readonly record: readonly number[]; count: number }>();
    for (let i = 0; i < 3000; i++) {
      const record = Array.from({ length: width }, () => Math.floor(random.next() * values));
      const count = 1 + Math.floor(random.next() * 3);
      sorter.add(Int32Array.of(-1, ...record), 1, count);
      const entry = counts.get(record.join(" ")) ?? { record, count: 0 };
      entry.count += count;
      counts.set(record.join(" "), entry);
    }
    // Two runs are merged at once, so that they go through many rounds.
    expect(sorter.runs > 100).toBe(memory === 200);
    const expected = [...counts.values()].toSorted(({ record: a }, { record: b }) => {
      const i = a.findIndex((x, k) => x !== b[k]);
      return i < 0 ? 0 : a[i]! - b[i]!;
    });
    expect(await sorted(sorter, width)).toEqual(expected.map(({ record, count }) => [...record, count]));
  });

  test("has no record where none was added", async () => {
    expect(await sorted(new RecordSorter(2, new Int32Array(TINY / 4)), 2)).toEqual([]);
  });

  test("merges in other room than it sorted in, which others may then use", async () => {
    const room = new Int32Array(64);
    const sorter = new RecordSorter(1, room);
    for (const value of [5, 3, 5]) sorter.add(Int32Array.of(value), 0, 1);
    const found: number[][] = [];
    const visit = (numbers: Int32Array, at: number, count: number) => {
      found.push([numbers[at]!, count]);
      room.fill(-1);
    };
    await sorter.each(visit, new Int32Array(16));
    expect([sorter.runs, found]).toEqual([
      0,
      [
        [3, 1],
        [5, 2],
      ],
    ]);
    expect(() => new RecordSorter(3, new Int32Array(11))).toThrow("no room for records of 3");
  });

  test("ends with the signal's reason, and leaves no file", async () => {
    const stop = new AbortController();
    const sorter = new RecordSorter(1, new Int32Array(TINY / 4), stop.signal);
    for (let i = 0; i < 20_000; i++) sorter.add(Int32Array.of(i), 0, 1);
    expect(sorter.runs).toBeGreaterThan(100);
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 100));
    const visiting = sorter.each(() => stop.abort(new Error("enough")));
    await expect(visiting).rejects.toThrow("enough");
    clock.mockRestore();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("counting on the disk", () => {
  const text = randomText(400, 12) + rareWords();

  test.each(
    [1, 2, 3, 4, 5].flatMap((order) => [
      [order, 0],
      [order, 1],
      [order, 2],
    ]),
  )(
    "gives the model of counting in memory, of order %i, leaving out what occurs %i times",
    async (order, rare) => {
      const prune = Array.from({ length: order }, (_, i) => Math.min(i, rare));
      const there = await trained([text], { order, prune, memory: TINY });
      const here = await trained([text], { order, prune });
      expect([there.onDisk, here.onDisk]).toEqual([true, false]);
      expect(there.discounts).toEqual(here.discounts);
      expect(there.model.words).toEqual(here.model.words);
      expect(there.model.arrays).toEqual(here.model.arrays);
    },
  );

  test("gives it also of a text without words, of empty lines, and of known words that do not occur", async () => {
    for (const lines of ["\n", "\n\n\na\n\n", "a a a a a a\n"]) {
      const there = await trained([lines], { order: 3, memory: 1 });
      expect(there.onDisk).toBe(true);
      expect(there.model.arrays).toEqual((await trained([lines], { order: 3 })).model.arrays);
    }
  });

  test("gives it of a text that is one long sentence of tokens", async () => {
    const tokenizer = await trainTokenizer("bpe", [text], { vocabSize: 300 });
    expect(tokenizer).toBeInstanceOf(BpeTokenizer);
    const chunks = text.match(/[^]{1,97}/g)!;
    const cutting = { tokens: "model", tokenizer } as const;
    const there = await trained(chunks, { order: 4, memory: TINY, cutting });
    const here = await trained(chunks, { order: 4, cutting });
    expect([there.onDisk, there.sentences, here.sentences]).toEqual([true, 1, 1]);
    expect(there.model.arrays).toEqual(here.model.arrays);
  });

  test("has no file with a name, so that whatever ends the process frees the room", () => {
    const counter = new DiskCounter({ order: 3, beginId: 1, endId: 2, memory: TINY });
    for (let i = 0; i < 1000; i++) for (const id of [1, 3 + (i % 7), 4, 2]) counter.push(id);
    expect(readdirSync(folder)).toEqual([]);
    counter.close();
  });

  test("says in a sentence where there can be no file", async () => {
    vi.stubEnv("TMPDIR", join(folder, "absent"));
    await expect(trained([text], { order: 2, memory: TINY })).rejects.toThrow(
      /^Cannot write .*absent.* \(a temporary file; the variable TMPDIR names another folder for them\): there is no such/,
    );
  });
});
