/** A few lines at the bottom of a terminal that are redrawn in place, under all that is printed. */
import { type Output, sizeOf } from "./io.js";

const UP = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : "");
const CLEAR_LINE = "\u001b[2K";
const CLEAR_BELOW = "\u001b[J";
const STYLES = /\u001b\[[\d;]*m/g;

/** Columns that a line of single-width characters takes. */
export function visibleWidth(line: string): number {
  return line.replaceAll(STYLES, "").length;
}

export class LiveRegion {
  readonly #out: Output;
  /** The lines that stand on the terminal now. */
  #lines: readonly string[] = [];

  constructor(out: Output) {
    this.#out = out;
  }

  /** Puts these lines in place of those before. */
  draw(lines: readonly string[]): void {
    const body = lines.map((line) => `${CLEAR_LINE}${line}\n`).join("");
    this.#out.write(`${this.#back()}${body}${CLEAR_BELOW}`);
    this.#lines = lines;
  }

  /** Prints text that stays, above the region. */
  print(text: string): void {
    const lines = this.#lines;
    this.#out.write(`${this.#back()}${CLEAR_BELOW}${text}`);
    this.#lines = [];
    this.draw(lines);
  }

  /** Leaves what stands, and forgets it. */
  release(): void {
    this.#lines = [];
  }

  /**
   * Goes to the first line of what stands. Where the terminal has become so narrow that a line may have been wrapped,
   * or so low that the first may have left it, its place is not known: then what stands is left, and the cursor stays.
   */
  #back(): string {
    const { columns, rows } = sizeOf(this.#out);
    const known = this.#lines.length < rows && this.#lines.every((line) => visibleWidth(line) <= columns);
    return known ? `${UP(this.#lines.length)}\r` : "";
  }
}
