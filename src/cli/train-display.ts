/** Shows a training run: live on a terminal, as plain lines elsewhere. Lines that are to stay are printed between the drawings. */
import type { Colors } from "./colors.js";
import type { ReadingEvent, SampleEvent, TrainEvent, ValidationEvent } from "../train/events.js";
import { type Output, sizeOf } from "./io.js";
import { LiveRegion } from "./live-region.js";
import { CurveHistory, type CurvePoint } from "./loss-curve.js";
import { fourFigures, grouped, percent } from "./numbers.js";
import { renderReading, renderStatus, stepFigures, type TrainView } from "./status-block.js";
import { changedLine, planLines, preparedLines, rolledBackLine, sampleText } from "./train-words.js";
import { escapeControls } from "../visible-text.js";
import { jsonLine, wrapped } from "./visible-text.js";

/** Gets every event but the last one, which the command prints itself. */
export interface TrainDisplay {
  handle(event: TrainEvent): void;
  /** Prints a line that stays. */
  print(line: string): void;
  /** Leaves the last state on the screen. To be called once, at the end or when the run fails. */
  close(): void;
}

/** Milliseconds between two drawings. */
const FRAME = 100;
/** Milliseconds between two lines where nothing can be redrawn. */
const LINE_EVERY = 5000;

export type Clock = () => number;

/** Redraws in place, at most ten times a second. */
export class LiveTrainDisplay implements TrainDisplay {
  readonly #out: Output;
  readonly #colors: Colors;
  readonly #now: Clock;
  readonly #region: LiveRegion;
  readonly #training = new CurveHistory();
  #validation: CurvePoint[] = [];
  #step: TrainView["step"];
  #lastValidation: ValidationEvent | undefined;
  #lastSample: SampleEvent | undefined;
  #reading: ReadingEvent | undefined;
  #drawnAt = -Infinity;

  constructor(out: Output, colors: Colors, now: Clock = () => performance.now()) {
    this.#out = out;
    this.#colors = colors;
    this.#now = now;
    this.#region = new LiveRegion(out);
  }

  handle(event: TrainEvent): void {
    switch (event.type) {
      case "reading":
        this.#reading = event;
        return this.#draw();
      case "prepared":
        this.#reading = undefined;
        this.#draw(true);
        return this.print(preparedLines(event).join("\n"));
      case "plan":
        return this.print(planLines(event).join("\n"));
      case "changed":
        return this.print(changedLine(event));
      case "step":
        this.#step = event;
        this.#training.add(event.step, event.smoothedLoss);
        return this.#draw();
      case "validation":
        this.#lastValidation = event;
        if (Number.isFinite(event.loss)) this.#validation.push({ step: event.step, loss: event.loss });
        return this.#draw(true);
      case "sample":
        this.#lastSample = event;
        return this.#draw();
      case "rolled-back":
        this.#training.cutAfter(event.toStep);
        this.#validation = this.#validation.filter((point) => point.step <= event.toStep);
        return this.print(this.#colors.yellow(rolledBackLine(event)));
      case "notice":
        return this.print(this.#colors.yellow(escapeControls(event.message)));
      case "checkpoint":
      case "done":
    }
  }

  print(line: string): void {
    this.#region.print(`${wrapped(line, sizeOf(this.#out).columns)}\n`);
  }

  close(): void {
    this.#reading = undefined;
    this.#draw(true);
    this.#region.release();
  }

  #draw(now = false): void {
    const time = this.#now();
    if (!now && time - this.#drawnAt < FRAME) return;
    this.#drawnAt = time;
    const room = sizeOf(this.#out);
    this.#region.draw(
      this.#reading
        ? renderReading(this.#reading, room, this.#colors)
        : renderStatus(this.#view, room, this.#colors),
    );
  }

  get #view(): TrainView {
    return {
      step: this.#step,
      lastValidation: this.#lastValidation,
      lastSample: this.#lastSample,
      training: this.#training.points,
      validation: this.#validation,
    };
  }
}

/** One line each validation, and one of a step or of reading at most every five seconds. */
export class PlainTrainDisplay implements TrainDisplay {
  readonly #out: Output;
  readonly #now: Clock;
  #lineAt: number;

  constructor(out: Output, now: Clock = () => performance.now()) {
    this.#out = out;
    this.#now = now;
    this.#lineAt = now();
  }

  handle(event: TrainEvent): void {
    switch (event.type) {
      case "reading":
        return this.#nowAndThen(
          () => `${escapeControls(event.what)}: ${percent(event.done / Math.max(1, event.total))}`,
        );
      case "prepared":
        return this.print(preparedLines(event).join("\n"));
      case "plan":
        return this.print(planLines(event).join("\n"));
      case "changed":
        return this.print(changedLine(event));
      case "step":
        return this.#nowAndThen(() => `${percent(event.progress)}  ${stepFigures(event).join("  ")}`);
      case "validation": {
        const { step, loss, perplexity, best, bestLoss, averaged } = event;
        const kept = best ? "best so far" : `best ${fourFigures(bestLoss)}`;
        const compared = averaged ? `${kept}  averaged weights` : kept;
        return this.print(
          `step ${grouped(step)}  held-out loss ${fourFigures(loss)}  perplexity ${fourFigures(perplexity)}  ${compared}`,
        );
      }
      case "sample":
        return this.print(`step ${grouped(event.step)}  writes: ${sampleText(event.text)}`);
      case "rolled-back":
        return this.print(rolledBackLine(event));
      case "notice":
        return this.print(escapeControls(event.message));
      case "checkpoint":
      case "done":
    }
  }

  print(line: string): void {
    this.#out.write(`${line}\n`);
  }

  close(): void {}

  #nowAndThen(line: () => string): void {
    const time = this.#now();
    if (time - this.#lineAt < LINE_EVERY) return;
    this.#lineAt = time;
    this.print(line());
  }
}

/** Every event as a line of JSON; printed lines go to standard error. */
export class JsonTrainDisplay implements TrainDisplay {
  readonly #out: Output;
  readonly #err: Output;

  constructor(out: Output, err: Output) {
    this.#out = out;
    this.#err = err;
  }

  handle(event: TrainEvent): void {
    this.#out.write(jsonLine(event));
  }

  print(line: string): void {
    this.#err.write(`${line}\n`);
  }

  close(): void {}
}
