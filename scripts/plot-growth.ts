/**
 * Figures of how speed, time and memory grow, from what `npm run bench:growth` wrote:
 *
 *     npm run bench:plots -- [results.jsonl] [folder]     (default: bench/results/growth.jsonl, docs/figures)
 */
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxisName, GrowthHead, GrowthPoint } from "../bench/growth-axes.js";
import { UserError } from "../src/errors.js";
import { writeFileAtomic } from "../src/format/atomic-file.js";
import type { Scale } from "./chart-axis.js";
import { type Panel, type Series, lineChart } from "./line-chart.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface FigureText {
  readonly title: string;
  readonly x: Scale;
}

const FIGURES: Readonly<Record<AxisName, FigureText>> = {
  hidden: { title: "Hidden size", x: { kind: "log2", label: "hidden size H" } },
  batch: { title: "Batch", x: { kind: "log2", label: "sequences in a batch, B" } },
  steps: { title: "Sequence length", x: { kind: "log2", label: "time steps in a window, T" } },
  layers: { title: "Layers", x: { kind: "linear", label: "layers" } },
  corpus: { title: "Corpus size", x: { kind: "linear", label: "corpus, MB" } },
};

/** SVG by file name, one for each axis that the results have. */
export function growthFigures(head: GrowthHead, points: readonly GrowthPoint[]): Map<string, string> {
  const figures = new Map<string, string>();
  for (const axis of Object.keys(FIGURES) as AxisName[]) {
    const mine = points.filter((point) => point.axis === axis);
    if (mine.length === 0) continue;
    const panels = axis === "corpus" ? corpusPanels(mine, head) : stepPanels(FIGURES[axis].x, mine, head);
    figures.set(`growth-${axis}.svg`, lineChart(FIGURES[axis].title, noteOf(axis, head), panels));
  }
  return figures;
}

function stepPanels(x: Scale, points: readonly GrowthPoint[], head: GrowthHead): Panel[] {
  const panel = (title: string, y: Scale, value: (point: GrowthPoint) => number | undefined): Panel => ({
    title,
    x,
    y,
    series: byThreads(points, value),
  });
  const speeds = points.flatMap(({ tokens_per_s }) => tokens_per_s ?? []);
  const kind = Math.max(...speeds) < DECADE * Math.min(...speeds) ? "linear" : "log10";
  const speed = panel("Training speed", { kind, label: "tokens/s" }, (point) => point.tokens_per_s);
  const peak = panel(
    "Multiply-adds made, of the peak",
    { kind: "linear", label: "% of peak" },
    (point) => point.executed_percent_of_peak,
  );
  const memory = panel(memoryTitle(head), { kind: "linear", label: "MB" }, (point) => point.peak_rss_mb);
  return [speed, peak, memory].filter(({ series }) => series.length > 0);
}

/** Speeds that lie closer together than this are drawn from 0 on. */
const DECADE = 10;

const memoryTitle = ({ empty_rss_mb }: GrowthHead): string =>
  `Peak memory (empty process: ${Math.round(empty_rss_mb)})`;

function corpusPanels(points: readonly GrowthPoint[], head: GrowthHead): Panel[] {
  const { x } = FIGURES.corpus;
  const series = (name: string, value: (point: GrowthPoint) => number | undefined): Series => ({
    name,
    points: points.map((point) => [point.value, value(point) ?? 0] as const),
  });
  const seconds: Scale = { kind: "linear", label: "seconds" };
  const time = [
    series("training", (point) => point.training_seconds),
    series("reading, encoding", (point) => point.reading_seconds),
  ];
  return [
    { title: "Time of an epoch", x, y: seconds, series: time },
    {
      title: "Training speed",
      x,
      y: { kind: "linear", label: "tokens/s" },
      series: [series("", (point) => point.tokens_per_s)],
    },
    {
      title: memoryTitle(head),
      x,
      y: { kind: "linear", label: "MB" },
      series: [series("", (point) => point.peak_rss_mb)],
    },
  ];
}

function byThreads(
  points: readonly GrowthPoint[],
  value: (point: GrowthPoint) => number | undefined,
): Series[] {
  const counts = [...new Set(points.map(({ threads }) => threads))];
  return counts.flatMap((threads) => {
    const mine = points.flatMap((point): (readonly [number, number])[] => {
      const y = value(point);
      return point.threads === threads && y !== undefined ? [[point.value, y]] : [];
    });
    return mine.length > 0 ? [{ name: threads === 1 ? "1 thread" : `${threads} threads`, points: mine }] : [];
  });
}

/** What stays while the axis grows, and where it was measured. */
function noteOf(axis: AxisName, { about, base, corpus_model: small }: GrowthHead): string {
  const where = `${about["machine"]}, ${about["isa"]}, commit ${about["commit"]}`;
  if (axis === "corpus") {
    const { layers, hidden, batchSize, seqLen } = small;
    return `LSTM ${layers} × ${hidden}, batch ${batchSize} × ${seqLen}, one epoch of made text; ${where}`;
  }
  const sizes = {
    layers: `${base.layers} layer${base.layers === 1 ? "" : "s"}`,
    hidden: `H ${base.hidden}`,
    batch: `B ${base.batch}`,
    steps: `T ${base.steps}`,
  };
  const rest = Object.entries(sizes).flatMap(([name, size]) => (name === axis ? [] : [size]));
  return `LSTM, ${rest.join(", ")}, E ${base.embedding}, V ${base.vocabulary}; ${where}`;
}

/** @throws UserError for a file that is not there, or is not one of results */
export function readGrowth(path: string): { head: GrowthHead; points: GrowthPoint[] } {
  let lines: unknown[];
  try {
    const text = readFileSync(path, "utf8").trim();
    lines = text.split("\n").map((line) => JSON.parse(line) as unknown);
  } catch (error) {
    throw new UserError(
      `${path} cannot be read as growth's results (${(error as Error).message}); make it with "npm run bench:growth".`,
    );
  }
  const [head, ...points] = lines as [GrowthHead | null, ...GrowthPoint[]];
  if (!head?.base || !points.every((point) => Object.hasOwn(FIGURES, point?.axis)))
    throw new UserError(`${path} holds other lines than "npm run bench:growth" writes.`);
  return { head, points };
}

async function main(): Promise<void> {
  const results = resolve(process.argv[2] ?? join(ROOT, "bench/results/growth.jsonl"));
  const folder = resolve(process.argv[3] ?? join(ROOT, "docs/figures"));
  const { head, points } = readGrowth(results);
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of growthFigures(head, points)) {
    const path = join(folder, name);
    await writeFileAtomic(path, svg);
    console.log(relative(process.cwd(), path));
  }
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
