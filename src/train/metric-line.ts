/** What is measured in the course of a run, and whoever keeps it. */

/** One line of metrics.jsonl. */
export interface MetricLine {
  readonly step: number;
  readonly [metric: string]: number | boolean | string | undefined;
}

/** Keeps lines. */
export interface MetricsSink {
  add(line: MetricLine): void;
  /** Puts what was added to where it stays. */
  flush(): void;
  /** Forgets what came after `step`. */
  cutAfter(step: number): void;
}
