import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AXES, BASE, CORPUS_MODEL, type GrowthHead, type GrowthPoint } from "../../bench/growth-axes.js";
import { madeText } from "../../bench/made-text.js";
import { growthFigures, readGrowth } from "../../scripts/plot-growth.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-growth-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const head: GrowthHead = {
  about: { machine: "a machine", isa: "avx2", commit: "abc" },
  base: BASE,
  corpus_model: CORPUS_MODEL,
  peak_gflops: { 1: 100 },
  empty_rss_mb: 90,
};
const points: GrowthPoint[] = [1, 2].flatMap((threads) =>
  AXES.hidden.quick.map((value) => ({
    axis: "hidden" as const,
    value,
    threads,
    tokens_per_s: (1e6 * threads) / value,
    executed_gflops: 10,
    executed_percent_of_peak: 10,
    peak_rss_mb: 100 + value,
  })),
);
points.push({
  axis: "corpus",
  value: 1,
  threads: 2,
  tokens_per_s: 1000,
  reading_seconds: 1,
  training_seconds: 20,
  peak_rss_mb: 120,
});

test("a figure for each axis that was measured, saying what stays", () => {
  const figures = growthFigures(head, points);
  expect([...figures.keys()]).toEqual(["growth-hidden.svg", "growth-corpus.svg"]);
  const hidden = figures.get("growth-hidden.svg")!;
  expect(hidden).toContain("LSTM, 1 layer, B 32, T 64, E 128, V 96; a machine, avx2, commit abc");
  expect(hidden.match(/<path /g)).toHaveLength(6);
  expect(hidden).toContain("2 threads");
  expect(figures.get("growth-corpus.svg")).toContain("reading, encoding");
});

test("what was written is read; other files are refused", () => {
  const path = join(folder, "growth.jsonl");
  writeFileSync(path, [head, ...points].map((each) => `${JSON.stringify(each)}\n`).join(""));
  expect(readGrowth(path)).toEqual({ head, points });
  expect(() => readGrowth(join(folder, "none.jsonl"))).toThrow("npm run bench:growth");
  for (const text of ["", "null", "{}", `${JSON.stringify(head)}\n{"axis":"other"}`, "no JSON"]) {
    writeFileSync(path, text);
    expect(() => readGrowth(path)).toThrow(path);
  }
});

test("made text is as long as asked for, and the same for a seed", () => {
  const text = madeText(10_000);
  expect(text.length).toBeGreaterThanOrEqual(10_000);
  expect(text.length).toBeLessThan(10_400);
  expect(text).toMatch(/^(?:[A-Z][a-z ]*\.\n)+$/);
  expect(madeText(10_000)).toBe(text);
  expect(madeText(10_000, 2)).not.toBe(text);
});
