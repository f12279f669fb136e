/** How bench/time-to-quality.ts drives both sides and keeps what they say. Nothing here depends on a time. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import {
  formatRecords,
  parseRecords,
  type QualityHead,
  type QualityPoint,
} from "../../bench/quality-records.js";
import { ourCommand, PEER_SCRIPT, type PeerTask, runOurs, runPeer } from "../../bench/quality-runs.js";
import { qualityFigure } from "../../scripts/plot-time-to-quality.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-quality-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that is started in another's place. */
function program(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${source}`);
  chmodSync(path, 0o755);
  return path;
}
const printing = (name: string, lines: readonly object[]) =>
  program(name, lines.map((line) => `console.log(${JSON.stringify(JSON.stringify(line))});`).join("\n"));

const task: PeerTask = { train: "t", valid: "v", vocabulary: 9, minutes: 1, threads: 2, every: 5 };
const head: QualityHead = {
  about: { machine: "a machine, linux", isa: "avx2" },
  text: { trainTokens: 60_000, validTokens: 6000, vocabulary: 3305 },
  flags: ["--precision", "bf16"],
  threads: 2,
  peer: "PyTorch 2.0",
};

describe("ours", () => {
  test("is called as a person calls it", () => {
    const run = { train: "a.txt", valid: "b.txt", out: "m", minutes: 2, threads: 1, flags: ["--lr", "0.1"] };
    expect(ourCommand(run).slice(2).join(" ")).toBe(
      "train a.txt --valid b.txt --tokenizer word --max-minutes 2 --threads 1 --out m --overwrite --json --lr 0.1",
    );
  });

  test("gives the measure of its end, and its validations on the way", async () => {
    const events = [
      { type: "plan" },
      { type: "validation", perplexity: 30 },
      { type: "validation", perplexity: 20 },
      { type: "done", valid: { perplexity: 19 } },
    ];
    const { end, way } = await runOurs([printing("ours.cjs", events)], 4);
    expect(end).toMatchObject({ series: "recurra", perplexity: 19, minutes: 4 });
    expect(way.map(({ series, perplexity }) => [series, perplexity])).toEqual([
      ["on its way", 30],
      ["on its way", 20],
    ]);
    expect(end.seconds).toBeGreaterThanOrEqual(way[1]!.seconds);
  });

  test("a run that fails, or is not measured, is told", async () => {
    const failing = program("failing.cjs", `console.error("no such text"); process.exit(2);`);
    await expect(runOurs([failing], 1)).rejects.toThrow(/failing\.cjs failed \(no such text\)\.$/);
    const stopped = printing("stopped.cjs", [{ type: "done" }]);
    await expect(runOurs([stopped], 1)).rejects.toThrow(/without a measure/);
  });
});

describe("the peer", () => {
  test("is told its task in a line, and gives its points and its version", async () => {
    const python = program(
      "python.cjs",
      `require("node:readline").createInterface({ input: process.stdin }).once("line", (line) => {
        const { vocabulary } = JSON.parse(line);
        console.log(JSON.stringify({ seconds: 1.5, epoch: 1, perplexity: vocabulary, lr: 20 }));
        console.log(JSON.stringify({ torch: "2.0" }));
      });`,
    );
    const points: QualityPoint[] = [];
    expect(await runPeer(python, task, (point) => points.push(point))).toBe("2.0");
    expect(points).toEqual([{ series: "PyTorch", seconds: 1.5, epoch: 1, perplexity: 9 }]);
  });

  test("one that does not start, or ends early, is told", async () => {
    await expect(runPeer(join(folder, "none"), task, () => {})).rejects.toThrow(/--python \(it was .*none\)/);
    await expect(runPeer(printing("early.cjs", []), task, () => {})).rejects.toThrow(/before its time/);
  });

  test("its script is Python", () => {
    const script = fileURLToPath(new URL(`file://${PEER_SCRIPT}`));
    execFileSync("python3", ["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", script]);
  });
});

describe("what is kept", () => {
  const points: QualityPoint[] = [
    { series: "recurra", seconds: 120, perplexity: 150, minutes: 2 },
    { series: "recurra", seconds: 60, perplexity: 200, minutes: 1 },
    { series: "PyTorch", seconds: 100, perplexity: 300, epoch: 1 },
  ];

  test("is read again; other files are refused", () => {
    expect(parseRecords(formatRecords(head, points), "a file")).toEqual({ head, points });
    const wrong = [{ series: "other", seconds: 1, perplexity: 1 }];
    for (const text of [
      "",
      "null",
      "{}",
      formatRecords(head, []),
      formatRecords(head, wrong as never),
      "no JSON",
    ])
      expect(() => parseRecords(text, "a file")).toThrow(/^a file holds other lines/);
  });

  test("is drawn: each series by time, with what was measured on what", () => {
    const svg = qualityFigure(head, points);
    expect(svg).toContain(
      "60,000 tokens, 3,305 words; 2 threads, PyTorch 2.0, --precision bf16; a machine, avx2",
    );
    expect(svg.match(/<path /g)).toHaveLength(4);
    expect(svg).toContain("PyTorch");
    expect(svg).not.toContain("on its way");
    expect(qualityFigure(head, points.toReversed())).toBe(svg);
  });
});
