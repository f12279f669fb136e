/** Shows a study as it runs: live on a terminal, as plain lines elsewhere, as JSON where that is asked for. */
import type { StudyNews } from "../tune/study-news.js";
import type { TrialProgress } from "../tune/trial-runner.js";
import type { Colors } from "./colors.js";
import { type Io, isTerminal, type Output, sizeOf } from "./io.js";
import { LiveRegion } from "./live-region.js";
import { fourFigures, grouped } from "./numbers.js";
import { progressBar } from "./status-block.js";
import { headerLines, newsLine } from "./study-words.js";
import { escapeControls } from "../visible-text.js";
import { cutToColumns, jsonLine, wrapped } from "./visible-text.js";

export interface StudyDisplay {
  handle(news: StudyNews): void;
  /** Prints a line that stays. */
  print(line: string): void;
  close(): void;
}

/** Milliseconds between two drawings. */
const FRAME = 200;
const BAR = 16;

/** What is printed of news, whatever the display; undefined for what is not. */
function linesOf(news: StudyNews): string | undefined {
  switch (news.type) {
    case "preparing":
      return `${escapeControls(news.what)}…`;
    case "notice":
      return escapeControls(news.message);
    case "begun":
      return headerLines(news.header).join("\n");
    case "line":
      return newsLine(news.line, news.study);
    case "progress":
      return undefined;
  }
}

class LiveStudyDisplay implements StudyDisplay {
  readonly #out: Output;
  readonly #colors: Colors;
  readonly #region: LiveRegion;
  readonly #running = new Map<
    number,
    { readonly rung: number | undefined; readonly progress: TrialProgress }
  >();
  #drawnAt = -Infinity;

  constructor(out: Output, colors: Colors) {
    this.#out = out;
    this.#colors = colors;
    this.#region = new LiveRegion(out);
  }

  handle(news: StudyNews): void {
    if (news.type === "progress") {
      this.#running.set(news.trial, news);
      const now = performance.now();
      if (now - this.#drawnAt < FRAME) return;
      this.#drawnAt = now;
      return this.#draw();
    }
    if (
      news.type === "line" &&
      "trial" in news.line &&
      ["measured", "failed", "finished"].includes(news.line.type)
    )
      this.#running.delete(news.line.trial);
    const lines = linesOf(news);
    if (lines === undefined) return;
    const best = news.type === "line" && lines.includes("the best so far");
    this.print(best ? this.#colors.green(lines) : lines);
  }

  print(line: string): void {
    this.#region.print(`${wrapped(line, sizeOf(this.#out).columns)}\n`);
    this.#draw();
  }

  close(): void {
    this.#running.clear();
    this.#draw();
    this.#region.release();
  }

  #draw(): void {
    const { columns } = sizeOf(this.#out);
    const lines = [...this.#running].map(([trial, { rung, progress }]) => {
      const { step, steps, bitsPerChar, tokensPerSecond } = progress;
      const loss = bitsPerChar === undefined ? "" : `  ${fourFigures(bitsPerChar)} bits`;
      const where = rung === undefined ? "to its end" : `to rung ${rung}`;
      const text = `  trial ${trial} ${where}  ${grouped(step)}/${grouped(steps)}${loss}  ${grouped(tokensPerSecond)} tokens/s`;
      return (
        progressBar(step / steps, BAR, this.#colors) + cutToColumns(text, Math.max(1, columns - BAR - 1))
      );
    });
    this.#region.draw(lines);
  }
}

class PlainStudyDisplay implements StudyDisplay {
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  handle(news: StudyNews): void {
    const lines = linesOf(news);
    if (lines !== undefined) this.print(lines);
  }

  print(line: string): void {
    this.#out.write(`${line}\n`);
  }

  close(): void {}
}

class JsonStudyDisplay implements StudyDisplay {
  readonly #out: Output;
  readonly #err: Output;

  constructor(out: Output, err: Output) {
    this.#out = out;
    this.#err = err;
  }

  handle(news: StudyNews): void {
    if (news.type === "line") this.#out.write(jsonLine(news.line));
    else if (news.type === "begun") this.#out.write(jsonLine(news.header));
    else if (news.type === "notice") this.print(escapeControls(news.message));
  }

  print(line: string): void {
    this.#err.write(`${line}\n`);
  }

  close(): void {}
}

export function studyDisplay(io: Io, json: boolean, colors: Colors): StudyDisplay {
  if (json) return new JsonStudyDisplay(io.stdout, io.stderr);
  return isTerminal(io.stdout, io.env)
    ? new LiveStudyDisplay(io.stdout, colors)
    : new PlainStudyDisplay(io.stdout);
}
