/** metrics.jsonl in memory. */
import { checkBytes } from "../argument-checks.js";
import type { MetricLine, MetricsSink } from "../train/metric-line.js";

export class MemoryMetrics implements MetricsSink {
  #lines: MetricLine[] = [];

  /** Goes on from the lines of an earlier file up to a step. */
  begin(bytes: Uint8Array | undefined, step: number): void {
    this.#lines = bytes ? parseMetrics(bytes) : [];
    this.cutAfter(step);
  }

  add(line: MetricLine): void {
    this.#lines.push(line);
  }

  flush(): void {}

  cutAfter(step: number): void {
    this.#lines = this.#lines.filter((line) => line.step <= step);
  }

  /** The file. */
  bytes(): Uint8Array {
    return new TextEncoder().encode(this.#lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
}

/** The lines of a metrics.jsonl; one that a killed run left torn is passed over. */
export function parseMetrics(bytes: Uint8Array): MetricLine[] {
  checkBytes("What was recorded", bytes);
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as MetricLine];
      } catch {
        return [];
      }
    });
}
