/** metrics.jsonl on the disk: one line a step and a validation, kept in step with the checkpoint. */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import { writeFileAtomicSync } from "../format/atomic-file.js";
import { readRegularFileSync } from "../format/regular-file.js";
import { fileError } from "../format/system-error.js";
import { formatMetric, type MetricLine, type MetricsSink, parseMetric } from "./metric-line.js";

/** Bytes that are read of it: lines of some million steps. */
const MOST_BYTES = 2 ** 28;

/** Collects lines and appends them to the file in batches. */
export class FileMetrics implements MetricsSink {
  readonly #place: () => string;
  #lines: string[] = [];

  /** @param place gives the present path, since a new model's file is moved once */
  constructor(place: () => string) {
    this.#place = place;
  }

  get #path(): string {
    return this.#place();
  }

  add(line: MetricLine): void {
    this.#lines.push(formatMetric(line));
  }

  /** Puts the collected lines on the disk, to stay. */
  flush(): void {
    if (this.#lines.length === 0) return;
    try {
      appendFileSync(this.#path, `${this.#lines.join("\n")}\n`);
      const file = openSync(this.#path, "r");
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw fileError(error, "write", this.#path);
    }
    this.#lines = [];
  }

  cutAfter(step: number): void {
    this.flush();
    if (!existsSync(this.#path)) return;
    const kept = readRegularFileSync(this.#path, MOST_BYTES)
      .toString()
      .split("\n")
      .filter((line) => line !== "" && (parseMetric(line)?.step ?? Infinity) <= step);
    writeFileAtomicSync(this.#path, kept.map((line) => `${line}\n`).join(""));
  }
}
