/** metrics.jsonl in memory. */
import { formatMetric, type MetricLine, type MetricsSink } from "./metric-line.js";

export class MemoryMetrics implements MetricsSink {
  /** Serialised at once, since the file is read often. */
  #lines: { readonly step: number; readonly text: string }[] = [];

  /** Begins with the lines of an earlier file. */
  constructor(lines: readonly MetricLine[] = []) {
    for (const line of lines) this.add(line);
  }

  add(line: MetricLine): void {
    this.#lines.push({ step: line.step, text: `${formatMetric(line)}\n` });
  }

  flush(): void {}

  cutAfter(step: number): void {
    this.#lines = this.#lines.filter((line) => line.step <= step);
  }

  /** The file. */
  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#lines.map(({ text }) => text).join(""));
  }
}
