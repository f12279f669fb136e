/**
 * A figure of how good a model is after how many minutes, from what bench/time-to-quality.ts wrote:
 *
 *     npx tsx scripts/plot-time-to-quality.ts [results.jsonl] [file.svg]
 *
 * Default: bench/results/time-to-quality.jsonl, docs/figures/time-to-quality.svg.
 */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseRecords, type QualityHead, type QualityPoint, SERIES } from "../bench/quality-records.js";
import { UserError } from "../src/errors.js";
import { writeFileAtomic } from "../src/format/atomic-file.js";
import { lineChart, type Series } from "./line-chart.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The figure as SVG. */
export function qualityFigure(head: QualityHead, points: readonly QualityPoint[]): string {
  const series = SERIES.flatMap((name): Series[] => {
    const mine = points.filter((point) => point.series === name);
    const places = mine.map(({ seconds, perplexity }) => [seconds / 60, perplexity] as const);
    return mine.length === 0 ? [] : [{ name, points: places.toSorted(([a], [b]) => a - b) }];
  });
  const { about, text, threads, peer, flags } = head;
  const sizes = `${text.trainTokens.toLocaleString("en")} tokens, ${text.vocabulary.toLocaleString("en")} words`;
  const how = [`${threads} thread${threads === 1 ? "" : "s"}`, ...(peer ? [peer] : []), flags.join(" ")]
    .filter((part) => part !== "")
    .join(", ");
  const note = `${sizes}; ${how}; ${String(about["machine"]).split(",")[0]}, ${about["isa"]}`;
  const y = { kind: "log10", label: "validation perplexity" } as const;
  return lineChart("Perplexity against time", note, [
    { title: "Minutes of wall clock", x: { kind: "linear", label: "minutes" }, y, series },
    { title: "The same, the beginning spread out", x: { kind: "log10", label: "minutes" }, y, series },
  ]);
}

async function main(): Promise<void> {
  const results = resolve(process.argv[2] ?? join(ROOT, "bench/results/time-to-quality.jsonl"));
  const path = resolve(process.argv[3] ?? join(ROOT, "docs/figures/time-to-quality.svg"));
  let text: string;
  try {
    text = readFileSync(results, "utf8");
  } catch (error) {
    throw new UserError(
      `${results} cannot be read (${(error as Error).message}); make it with "npx tsx bench/time-to-quality.ts".`,
    );
  }
  const { head, points } = parseRecords(text, results);
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, qualityFigure(head, points));
  console.log(relative(process.cwd(), path));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
