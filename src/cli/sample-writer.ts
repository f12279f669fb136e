/** Prints samples that are made side by side one after the other: the first as it goes, the next from where it stands. */
import type { Output } from "./io.js";

export interface SampleLayout {
  /** Of each sample. */
  readonly promptOf: (sample: number) => string;
  readonly samples: number;
  /** Samples are lines: one after the other, without headings. */
  readonly lines: boolean;
  /** Makes text safe for where it goes. */
  readonly safe: (text: string) => string;
  readonly dim: (text: string) => string;
}

export class SampleWriter {
  readonly #out: Output;
  readonly #layout: SampleLayout;
  /** Text of the samples that is not printed yet, and whether they are done. */
  readonly #waiting: { text: string; done: boolean; leftOut: boolean }[];
  #begun = false;
  #current = 0;
  /** The last character printed, to know whether the cursor is at the beginning of a line. */
  #last = "\n";

  constructor(out: Output, layout: SampleLayout) {
    this.#out = out;
    this.#layout = layout;
    this.#waiting = Array.from({ length: layout.samples }, () => ({
      text: "",
      done: false,
      leftOut: false,
    }));
  }

  /** The first piece opens the first sample: where none comes, nothing is printed. */
  push(sample: number, text: string, done: boolean): void {
    if (!this.#begun) {
      this.#begun = true;
      while (this.#waiting[this.#current]!.leftOut) this.#current++;
      this.#open();
    }
    const waiting = this.#waiting[sample]!;
    waiting.text += text;
    waiting.done ||= done;
    this.#flush();
  }

  /** There is no such sample, so that nothing waits for it; said before the one ahead of it is done. */
  leaveOut(sample: number): void {
    this.#waiting[sample]!.leftOut = true;
  }

  /** Ends the line, also where samples were not finished. */
  end(): void {
    if (this.#last !== "\n") this.#write("\n");
  }

  #flush(): void {
    for (;;) {
      const waiting = this.#waiting[this.#current];
      if (!waiting) return;
      if (waiting.text !== "") this.#write(this.#layout.safe(waiting.text));
      waiting.text = "";
      if (!waiting.done) return;
      // A line is ended even when it is empty: one line a sample.
      if (this.#layout.lines || this.#last !== "\n") this.#write("\n");
      do this.#current++;
      while (this.#waiting[this.#current]?.leftOut);
      if (this.#current < this.#layout.samples) this.#open();
    }
  }

  /** Heading and prompt of the current sample. */
  #open(): void {
    const { promptOf, samples, lines, safe, dim } = this.#layout;
    const prompt = promptOf(this.#current);
    if (samples > 1 && !lines) {
      const gap = this.#current > 0 ? "\n" : "";
      this.#write(`${gap}${dim(`--- sample ${this.#current + 1} of ${samples} ---`)}\n`);
    }
    if (prompt === "") return;
    this.#out.write(dim(safe(prompt)));
    this.#last = prompt.at(-1)!;
  }

  #write(text: string): void {
    this.#out.write(text);
    this.#last = text.at(-1)!;
  }
}
