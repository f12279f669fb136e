/** The lines of metrics.jsonl, and the interface of its writers. */
import { checkBytes } from "../argument-checks.js";
import { parseSnakeCaseJson, snakeCaseJson } from "../snake-case.js";

/** One line of metrics.jsonl; there its fields are in snake_case. */
export interface MetricLine {
  readonly step: number;
  readonly [metric: string]: number | boolean | string | undefined;
}

/** Keeps lines. */
export interface MetricsSink {
  add(line: MetricLine): void;
  /** Puts what was added to where it stays. */
  flush(): void;
  /** Removes the lines after `step`: a resumed or rolled-back run writes them again. */
  cutAfter(step: number): void;
}

/** Keeps nothing. */
export const NO_METRICS: MetricsSink = { add() {}, flush() {}, cutAfter() {} };

/** A line as it stands in the file, without its end. */
export function formatMetric(line: MetricLine): string {
  return snakeCaseJson(line);
}

/** A line of the file; undefined for one that a killed run left torn. */
export function parseMetric(line: string): MetricLine | undefined {
  try {
    const metric = parseSnakeCaseJson(line) as Partial<MetricLine> | null;
    return typeof metric?.step === "number" ? (metric as MetricLine) : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a metrics.jsonl; torn ones are skipped. */
export function parseMetrics(bytes: Uint8Array): MetricLine[] {
  checkBytes("What was recorded", bytes);
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((line) => parseMetric(line) ?? []);
}
