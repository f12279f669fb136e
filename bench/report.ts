/** Results as lines of a table, or as one JSON object a line. */
import { execFileSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import type { Engine, Operands } from "../src/engine/engine.js";
import type { Result } from "./compare.js";
import type { StartUp } from "./start-up.js";
import { geometricMean } from "./statistics.js";
import { IN_MEAN, START_UP } from "./workloads.js";

/** Where and with what was measured. */
export interface About {
  readonly machine: string;
  readonly cores: number;
  readonly engine: string;
  readonly isa: string;
  /** What the operands of training's products are rounded to. */
  readonly operands: Operands;
  readonly commit: string;
  readonly node: string;
}

export function aboutRun({ name, isa, trainingOperands: operands }: Engine): About {
  const processors = cpus();
  const machine = `${processors[0]?.model.trim() ?? "unknown"}, ${process.platform} ${process.arch}`;
  const node = process.version.slice(1);
  return { machine, cores: processors.length, engine: name, isa, operands, commit: commit(), node };
}

function commit(): string {
  try {
    const cwd = new URL(".", import.meta.url);
    const description = execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return description.trim();
  } catch {
    return "none";
  }
}

/** A warning where other programs are running, since they distort the measurements; undefined where none are. */
export function busyWarning(): string | undefined {
  const load = loadavg()[0]!;
  const cores = cpus().length;
  if (load < BUSY * cores) return undefined;
  return `Other programs keep this machine busy (load ${load.toFixed(1)} on ${cores} cores): these figures will be too low.`;
}

/** Part of the cores in use over the last minute from which on the machine is called busy. */
const BUSY = 0.5;

const rounded = (x: number, digits: number): number => Number(x.toFixed(digits));
/** Whole numbers where there are digits enough. */
const speed = (x: number): number => (x >= 100 ? Math.round(x) : Number(x.toPrecision(3)));

/** A result as a JSON object. */
export function resultRecord(result: Result, about: About): object {
  const { workload, threads, tokensPerSecond, peerTokensPerSecond, ratio, scaling } = result;
  const percent = (x: number | undefined) => (x === undefined ? null : rounded(x, 1));
  return {
    workload,
    tokens_per_s: speed(tokensPerSecond.median),
    gflops: Number(result.gflops.toPrecision(3)),
    percent_of_peak: percent(result.percentOfPeak),
    executed_gflops: Number(result.executedGflops.toPrecision(3)),
    executed_percent_of_peak: percent(result.executedPercentOfPeak),
    ...(ratio &&
      peerTokensPerSecond && {
        peer_tokens_per_s: speed(peerTokensPerSecond.median),
        ratio: rounded(ratio.median, 2),
        ratio_from: rounded(ratio.from, 2),
        ratio_to: rounded(ratio.to, 2),
      }),
    ...(scaling && { scaling: rounded(scaling.median, 2) }),
    tokens_per_s_from: speed(tokensPerSecond.from),
    tokens_per_s_to: speed(tokensPerSecond.to),
    threads,
    ...about,
  };
}

/** Start-up as a JSON object. */
export function startUpRecord({ helpMilliseconds, firstTokenMilliseconds }: StartUp, about: About): object {
  return {
    workload: START_UP,
    tokens_per_s: null,
    gflops: null,
    percent_of_peak: null,
    help_ms: rounded(helpMilliseconds.median, 1),
    first_token_ms: rounded(firstTokenMilliseconds.median, 1),
    ...about,
  };
}

/** The machine's peak as a JSON object. */
export function peakRecord(threads: number, gflops: number, about: About): object {
  return {
    workload: "peak",
    tokens_per_s: null,
    gflops: rounded(gflops, 1),
    percent_of_peak: 100,
    threads,
    ...about,
  };
}

/** The geometric mean of the ratios at each number of threads at which all of the workloads it is of were measured. */
export function meanRatios(results: readonly Result[]): { threads: number; ratio: number }[] {
  return [...new Set(results.map((result) => result.threads))].flatMap((threads) => {
    const found = IN_MEAN.map((name) =>
      results.find(({ workload, threads: t }) => workload === name && t === threads),
    );
    const ratios = found.flatMap((result) => (result?.ratio ? [result.ratio.median] : []));
    return ratios.length === IN_MEAN.length ? [{ threads, ratio: geometricMean(ratios) }] : [];
  });
}

/** Columns of the table: title and width. */
const COLUMNS = [
  ["workload", -8],
  ["threads", 7],
  ["tokens/s", 11],
  ["GFLOPS", 8],
  ["% of peak", 9],
  ["executed", 8],
  ["peer", 11],
  ["ratio", 6],
  ["(from – to)", 15],
  ["scaling", 8],
] as const;

function line(cells: readonly string[], columns: number): string {
  const padded = COLUMNS.slice(0, columns).map(([, width], i) => {
    const cell = cells[i] ?? "";
    return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
  });
  return padded.join("  ").trimEnd();
}

/** Only as many columns as are filled: with a peer, with several numbers of threads. */
export function columnCount(peer: boolean, severalThreads: boolean): number {
  return severalThreads ? COLUMNS.length : peer ? COLUMNS.length - 1 : 6;
}

export function tableHead(columns: number): string {
  return line(
    COLUMNS.map(([title]) => title),
    columns,
  );
}

export function tableLine(result: Result, columns: number): string {
  const { workload, threads, tokensPerSecond, gflops, percentOfPeak } = result;
  const { peerTokensPerSecond, ratio, scaling } = result;
  const cells = [
    workload,
    String(threads),
    speed(tokensPerSecond.median).toLocaleString("en"),
    gflops.toFixed(gflops < 10 ? 2 : 1),
    percentOfPeak?.toFixed(1) ?? "",
    result.executedPercentOfPeak?.toFixed(1) ?? "",
    peerTokensPerSecond ? speed(peerTokensPerSecond.median).toLocaleString("en") : "",
    ratio?.median.toFixed(2) ?? "",
    ratio ? `(${ratio.from.toFixed(2)} – ${ratio.to.toFixed(2)})` : "",
    scaling?.median.toFixed(2) ?? "",
  ];
  return line(cells, columns);
}
