/** metrics.jsonl: one line a step and a validation, kept in step with the checkpoint. */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { writeFileAtomicSync } from "../format/atomic-file.js";
import { fileError } from "../format/system-error.js";
import type { MetricLine, MetricsSink } from "./metric-line.js";

/** Collects lines and appends them to the file now and then; without a path they are dropped. */
export class Metrics implements MetricsSink {
  readonly #path: string | undefined;
  #lines: string[] = [];

  constructor(path: string | undefined) {
    this.#path = path;
  }

  add(line: MetricLine): void {
    if (this.#path !== undefined) this.#lines.push(JSON.stringify(line));
  }

  /** Puts the collected lines on the disk, to stay. */
  flush(): void {
    if (this.#path === undefined || this.#lines.length === 0) return;
    try {
      appendFileSync(this.#path, `${this.#lines.join("\n")}\n`);
      const file = openSync(this.#path, "r");
      fsyncSync(file);
      closeSync(file);
    } catch (error) {
      throw fileError(error, "write", this.#path);
    }
    this.#lines = [];
  }

  /** Forgets what came after `step`: a resumed or rolled-back run makes those lines again. */
  cutAfter(step: number): void {
    this.flush();
    if (this.#path === undefined || !existsSync(this.#path)) return;
    const kept = readFileSync(this.#path, "utf8")
      .split("\n")
      .filter((line) => line !== "" && stepOf(line) <= step);
    writeFileAtomicSync(this.#path, kept.map((line) => `${line}\n`).join(""));
  }
}

/** The step of a line; a line that a killed run left torn counts as later than all. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as MetricLine).step;
  } catch {
    return Infinity;
  }
}
