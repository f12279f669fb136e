/** The benchmark's own arithmetic, the lines it prints, and how it drives a peer. Nothing here depends on a time. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Result, measureWorkload } from "../../bench/compare.js";
import { median, tokensPerSecond } from "../../bench/measure.js";
import { measurePeak } from "../../bench/peak.js";
import { type PeerSettings, startPeer } from "../../bench/peer.js";
import { profileWorkload } from "../../bench/profile.js";
import {
  type About,
  aboutRun,
  columnCount,
  meanRatios,
  resultRecord,
  tableHead,
  tableLine,
} from "../../bench/report.js";
import { geometricMean, ratios, spread } from "../../bench/statistics.js";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { ReferenceEngine } from "../../src/engine/reference.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that is started in Python's place. */
function program(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${source}`);
  chmodSync(path, 0o755);
  return path;
}

/** Answers each line with 1000 times the seconds in it; the first line it writes into a file. */
const ANSWERING = program(
  "answering.cjs",
  `const lines = require("node:readline").createInterface({ input: process.stdin });
let begun = false;
lines.on("line", (line) => {
  if (!begun) require("node:fs").writeFileSync(${JSON.stringify(join(folder, "task.json"))}, line);
  console.log(JSON.stringify(begun ? { tokens_per_s: 1000 * JSON.parse(line).seconds } : { ready: true }));
  begun = true;
});`,
);

const settings = (python: string, script?: string): PeerSettings => ({ python, script });
const about: About = {
  machine: "m",
  cores: 2,
  engine: "native",
  isa: "avx2",
  operands: "float",
  commit: "c",
  node: "20",
};

test("median, spread, ratios, geometric mean", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spread([5, 1, 3])).toEqual({ median: 3, from: 1, to: 5 });
  expect(ratios([4, 9], [2, 3])).toEqual([2, 3]);
  expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 12);
});

test("a measurement takes at least as many steps as it should", () => {
  let steps = 0;
  expect(tokensPerSecond(() => steps++, 10, 1e-9)).toBeGreaterThan(0);
  expect(steps).toBe(3);
});

describe("a peer", () => {
  test("is told the workload, then measures line by line", async () => {
    const peer = await startPeer(settings(ANSWERING), "WT2", 3);
    expect(await peer.measure(2)).toBe(2000);
    expect(await peer.measure(0.5)).toBe(500);
    peer.close();
    const task: unknown = JSON.parse(readFileSync(join(folder, "task.json"), "utf8"));
    expect(task).toEqual({
      precision: "f32",
      kind: "training",
      cell: "lstm",
      vocabulary: 33278,
      embedding: 200,
      hidden: 200,
      layers: 2,
      batch: 20,
      steps: 35,
      optimizer: "sgd",
      tie: true,
      dropout: 0.2,
      threads: 3,
    });
  });

  test("that does not start is told with its reason", async () => {
    const failing = program("failing.cjs", 'console.error("first\\nno torch here"); process.exit(1);');
    await expect(startPeer(settings(failing), "W1", 1)).rejects.toThrow(/^The peer ended \(no torch here\)/);
    await expect(startPeer(settings(join(folder, "none")), "W1", 1)).rejects.toThrow(/ENOENT.*--python/);
    await expect(startPeer(settings(ANSWERING, "/nowhere.py"), "W1", 1)).rejects.toThrow(
      "There is no peer's script /nowhere.py; check --peer-script.",
    );
  });

  test("of another script is started for each measurement", async () => {
    const script = program(
      "script.cjs",
      "console.log(JSON.stringify({ tokens_per_s: 7, args: process.argv.slice(2) }));",
    );
    const peer = await startPeer(settings(process.execPath, script), "W1", 2);
    expect(await peer.measure(1)).toBe(7);
    const silent = program("silent.cjs", 'console.log("nothing");');
    const other = await startPeer(settings(process.execPath, silent), "W1", 2);
    await expect(other.measure(1)).rejects.toThrow('no line of JSON with tokens_per_s: "nothing"');
  });
});

describe("a workload beside a peer", () => {
  test("gives a line of JSON with all that is asked for", async () => {
    const engine = nativeEngine(1);
    const [result] = await measureWorkload(
      "G1",
      [{ engine, peak: 50 }],
      { rounds: 2, seconds: 0.01 },
      settings(ANSWERING),
    );
    const { peerTokensPerSecond, ratio, gflops, percentOfPeak, tokensPerSecond: speed } = result!;
    expect(peerTokensPerSecond).toEqual({ median: 10, from: 10, to: 10 });
    expect(ratio!.median).toBeCloseTo(speed.median / 10, 6);
    expect(gflops).toBeCloseTo((speed.median * 8_486_912) / 1e9, 6);
    expect(percentOfPeak).toBeCloseTo(2 * gflops, 6);
    expect(result!.executedGflops).toBeLessThanOrEqual(gflops);
    expect(result!.executedPercentOfPeak).toBeCloseTo(2 * result!.executedGflops, 6);
    const line = JSON.parse(JSON.stringify(resultRecord(result!, aboutRun(engine)))) as Record<
      string,
      unknown
    >;
    expect(line).toEqual({
      workload: "G1",
      tokens_per_s: expect.any(Number),
      gflops: expect.any(Number),
      percent_of_peak: expect.any(Number),
      executed_gflops: expect.any(Number),
      executed_percent_of_peak: expect.any(Number),
      peer_tokens_per_s: 10,
      ratio: expect.any(Number),
      ratio_from: expect.any(Number),
      ratio_to: expect.any(Number),
      tokens_per_s_from: expect.any(Number),
      tokens_per_s_to: expect.any(Number),
      threads: 1,
      machine: expect.any(String),
      cores: expect.any(Number),
      engine: "native",
      operands: "float",
      isa: engine.isa,
      commit: expect.stringMatching(/./),
      node: process.versions.node,
    });
  });

  test("on several numbers of threads gives the scaling", async () => {
    const lanes = [1, 2].map((threads) => ({ engine: nativeEngine(threads), peak: undefined }));
    const results = await measureWorkload("G1", lanes, { rounds: 1, seconds: 0.01 });
    expect(results.map(({ threads }) => threads)).toEqual([1, 2]);
    expect(results[0]!.scaling).toBeUndefined();
    const [one, two] = results.map((result) => result.tokensPerSecond.median);
    expect(results[1]!.scaling!.median).toBeCloseTo(two! / one!, 10);
    expect(resultRecord(results[0]!, about)).toMatchObject({ percent_of_peak: null });
    expect(resultRecord(results[0]!, about)).not.toHaveProperty("ratio");
  });
});

const resultWith = (workload: string, threads: number, ratio?: number): Result => ({
  workload,
  threads,
  tokensPerSecond: { median: 12_345.6, from: 12_000, to: 13_000 },
  gflops: 50.04,
  percentOfPeak: 25,
  executedGflops: 40.04,
  executedPercentOfPeak: 20,
  peerTokensPerSecond: ratio === undefined ? undefined : { median: 6000, from: 5900, to: 6100 },
  ratio: ratio === undefined ? undefined : { median: ratio, from: ratio / 2, to: ratio * 2 },
  scaling: undefined,
});

test("the mean of the ratios is of W1 to W7, at each number of threads where all were measured", () => {
  const names = ["W1", "W2", "W3", "W4", "W5", "W6", "W7", "WT2", "G1"];
  const results = names.map((name) => resultWith(name, 2, name.startsWith("W") && name !== "WT2" ? 3 : 100));
  const [mean] = meanRatios([...results, resultWith("W1", 1, 5)]);
  expect(meanRatios([...results, resultWith("W1", 1, 5)])).toHaveLength(1);
  expect(mean!.threads).toBe(2);
  expect(mean!.ratio).toBeCloseTo(3, 12);
  expect(meanRatios(names.map((name) => resultWith(name, 2)))).toEqual([]);
});

test("table lines have the columns that are filled", () => {
  const alone = columnCount(false, false);
  expect(tableHead(alone)).toBe("workload  threads     tokens/s    GFLOPS  % of peak  executed");
  expect(tableLine(resultWith("W1", 2), alone)).toBe(
    "W1              2       12,346      50.0       25.0      20.0",
  );
  const beside = columnCount(true, false);
  expect(tableLine(resultWith("W1", 2, 2), beside)).toMatch(/6,000\s+2\.00\s+\(1\.00 – 4\.00\)$/);
});

test("a profile's parts are the whole", () => {
  const lines = profileWorkload(nativeEngine(1), "G1", 0.01);
  expect(lines.map(({ operation }) => operation)).toContain("recurrence, forward");
  expect(lines.at(-1)!.operation).toBe("rest (TypeScript)");
  expect(lines.reduce((sum, { percent }) => sum + percent, 0)).toBeCloseTo(100, 6);
});

test("the peak is a compiled engine's", () => {
  expect(measurePeak(nativeEngine(1))).toBeGreaterThan(0);
  expect(measurePeak(new ReferenceEngine())).toBeUndefined();
});
