/** What of a corpus is read to know whether it has changed: once, though it is looked at before and under the lock. */
import type * as Fs from "node:fs";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openIndex } from "../../src/apps/line-index.js";
import { load } from "../../src/apps/load.js";
import type { LoadedModel } from "../../src/apps/loaded-model.js";
import { train } from "../../src/index.js";

/** Parts of files that were read up to a place, and what happens before one is. */
const read = vi.hoisted(() => ({
  parts: [] as (readonly [number, number])[],
  before: (_part: number) => {},
}));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof Fs>();
  const createReadStream: typeof Fs.createReadStream = (path, options) => {
    if (typeof options === "object" && options?.end !== undefined) {
      read.before(read.parts.length);
      read.parts.push([options.start ?? 0, options.end]);
    }
    return fs.createReadStream(path, options);
  };
  return { ...fs, createReadStream };
});

const root = mkdtempSync(join(tmpdir(), "recurra-hash-"));
const at = (name: string): string => join(root, name);
const [corpus, index] = [at("lines.txt"), at("lines.index")];
const LINES = "the white whale\na storm at sea\ncalm weather\n";
let model: LoadedModel;

beforeAll(async () => {
  await train({ text: LINES.repeat(20), hidden: 8, steps: 1, threads: 1, out: at("a.model") });
  model = await load(at("a.model"), { threads: 1 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const updated = async (): Promise<{ notices: string[]; texts: string[] }> => {
  const notices: string[] = [];
  const opened = await openIndex(model, corpus, { index, onNotice: (notice) => void notices.push(notice) });
  const texts = (await opened.search("a storm", { neighbours: 9 })).map(({ text }) => text).toSorted();
  await opened.close();
  return { notices, texts };
};

beforeEach(async () => {
  rmSync(index, { recursive: true, force: true });
  writeFileSync(corpus, LINES);
  await updated();
  appendFileSync(corpus, "whales\n");
  read.parts.length = 0;
  read.before = () => {};
});

test("lines that were there are hashed once where some are added", async () => {
  const { notices, texts } = await updated();
  expect(notices).toEqual([]);
  expect(texts).toEqual(["a storm at sea", "calm weather", "the white whale", "whales"]);
  expect(read.parts).toEqual([
    [0, LINES.length],
    [LINES.length, LINES.length],
  ]);
});

test("a corpus that changes after it was hashed first is hashed again", async () => {
  read.before = (part) => {
    if (part === 1) writeFileSync(corpus, `${LINES.replace("white", "green")}whales\n`);
  };
  const { notices, texts } = await updated();
  expect(notices).toEqual([expect.stringContaining("lines.txt has changed since the index")]);
  expect(texts).toEqual(["a storm at sea", "calm weather", "the green whale", "whales"]);
  expect(read.parts.map(([start]) => start)).toEqual([0, LINES.length, 0, LINES.length]);
});
