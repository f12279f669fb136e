/** The loop of a study: jobs to the runner, outcomes to the record, until the budget is spent; then the best model's end. */
import { existsSync, rmSync } from "node:fs";
import { UserError } from "../errors.js";
import { rungFactor } from "./asha.js";
import { bytesOf, copyBest } from "./best-model.js";
import { SEARCH_SHARE } from "./budget.js";
import type { StudyFile } from "./study-file.js";
import type { SessionLine, StudyEvent } from "./study-lines.js";
import { effective, type StudyOptions } from "./study-options.js";
import type { NextJob, Study } from "./study.js";
import type { TrialOutcome, TrialRunner } from "./trial-runner.js";

/** Seconds that the best model's end has at least. */
const LEAST_FINISH = 1;
/** Milliseconds that a timer can wait: weeks. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Where so many trials failed and none was measured, the study ends. */
const MOST_FAILURES = 5;

interface LoopOptions extends Pick<StudyOptions, "onEvent" | "signal"> {
  /** Seconds that the study has had. */
  readonly spent: () => number;
}

export class StudyLoop {
  readonly #file: StudyFile;
  readonly #runner: TrialRunner;
  readonly #options: LoopOptions;
  readonly #running = new Map<number, Promise<void>>();
  #session: SessionLine | undefined;
  #failure: unknown;

  constructor(file: StudyFile, runner: TrialRunner, options: LoopOptions) {
    this.#file = file;
    this.#runner = runner;
    this.#options = options;
  }

  get #study(): Study {
    return this.#file.study!;
  }

  /** Whether there is a best model in its place. */
  get hasBest(): boolean {
    return existsSync(this.#file.paths.best);
  }

  /** Writes to the record, and tells. */
  note(event: StudyEvent): void {
    if (event.type === "session") this.#session = event;
    const spent = this.#options.spent();
    this.#file.add(event, spent);
    this.#options.onEvent?.({ type: "line", line: { ...event, spent }, study: this.#study });
  }

  /** @returns whether it was ended from outside @throws UserError where every trial fails */
  async run(): Promise<boolean> {
    const { signal } = this.#options;
    const end = (): void => this.#runner.stop(false);
    signal?.addEventListener("abort", end, { once: true });
    try {
      await this.#search();
      if (this.#failure !== undefined) throw this.#failure;
      this.#checkFailures();
      if (signal?.aborted) {
        this.#keepBest();
        return true;
      }
      await this.#finish();
      return signal?.aborted ?? false;
    } finally {
      signal?.removeEventListener("abort", end);
    }
  }

  /** Trials, until there are enough or the time for them is over. */
  async #search(): Promise<void> {
    const { signal, spent } = this.#options;
    const { minutes, trials = Infinity } = this.#session!;
    const until = minutes === undefined ? Infinity : 60 * minutes * SEARCH_SHARE;
    const clock = { over: false };
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<void>((resolve) => {
      if (until === Infinity) return;
      const end = (): void => {
        clock.over = true;
        // What runs is measured where it stands; the first trial of all is waited for.
        if (!signal?.aborted && this.#study.best()) this.#runner.stop(true);
        resolve();
      };
      timer = setTimeout(end, Math.min(LONGEST_TIMER, 1000 * Math.max(0, until - spent())));
    });
    const isOver = (): boolean =>
      clock.over ||
      (spent() >= until && this.#study.trials.length > 0) ||
      (signal?.aborted ?? false) ||
      this.#failure !== undefined ||
      this.#isHopeless();
    try {
      while (!isOver()) {
        const next = this.#running.size < this.#runner.slots ? this.#next(trials) : undefined;
        if (next) this.#start(next);
        else if (this.#running.size === 0) break;
        else await Promise.race([...this.#running.values(), ended]);
      }
      if (this.#failure !== undefined || this.#isHopeless()) this.#runner.stop(false);
      await Promise.all(this.#running.values());
      if (!signal?.aborted) this.#runner.go();
    } finally {
      clearTimeout(timer);
    }
  }

  #next(most: number): NextJob | undefined {
    return this.#study.next(new Set(this.#running.keys()), most);
  }

  #start({ again, ...decided }: NextJob): void {
    if (!again) this.note(decided);
    const rung = decided.type === "trial" ? 0 : decided.rung;
    const { trial } = decided;
    const job = this.#study.job({ trial, rung });
    // What an earlier process began and did not record is begun anew.
    if (!job.begun) rmSync(this.#file.paths.trial(trial), { recursive: true, force: true });
    const work = this.#runner
      .run(
        { ...job, options: effective(job.options) },
        {
          begun: (begun) => this.note({ type: "begun", trial, ...begun }),
          progress: (progress) => this.#options.onEvent?.({ type: "progress", trial, rung, progress }),
        },
      )
      .then((outcome) => this.#ended(trial, rung, outcome))
      .catch((error: unknown) => void (this.#failure ??= error))
      .finally(() => this.#running.delete(trial));
    this.#running.set(trial, work);
  }

  #ended(trial: number, rung: number, outcome: TrialOutcome): void {
    if (outcome.type === "stopped") return;
    if (outcome.type === "refused") return this.note({ ...outcome, trial });
    this.note({ ...outcome, trial, rung });
  }

  /** Every trial so far has failed. */
  #isHopeless(): boolean {
    const { trials } = this.#study;
    const failed = trials.filter((trial) => trial.failed !== undefined);
    return failed.length >= MOST_FAILURES && trials.every((trial) => trial.measured.length === 0);
  }

  #checkFailures(): void {
    const { trials } = this.#study;
    if (this.#study.best()) return;
    const failed = trials.find((trial) => trial.failed !== undefined);
    if (failed) throw new UserError(`No trial could be trained; the first one ended with: ${failed.failed!}`);
    const refused = trials.find((trial) => trial.refused);
    if (refused && trials.every((trial) => trial.refused)) {
      const { constraint, value } = refused.refused!;
      throw new UserError({
        option: constraint,
        problem: `No model that was tried is as small or as fast as was asked for: the first has ${Number(value.toPrecision(3))}`,
        advice: "allow more, or give a space with smaller models",
      });
    }
  }

  /** The best model so far, where there is one, in its place. */
  #keepBest(): void {
    const best = this.#study.best();
    if (best && !this.#study.finishing && !this.#study.finished) copyBest(this.#file.paths, best.trial.trial);
  }

  /** The best model on its way to the end. */
  async #finish(): Promise<void> {
    const study = this.#study;
    const best = study.best();
    if (!best || study.finished) return;
    const { trial } = best;
    if (study.finishing?.trial !== trial.trial || !this.hasBest) {
      copyBest(this.#file.paths, trial.trial);
      this.note({ type: "finishing", trial: trial.trial });
    }
    const begun = trial.begun!;
    const { minutes } = this.#session!;
    const { eta, rungs, length } = study.header;
    const steps = begun.steps * rungFactor(rungs - 1, eta);
    const inTime = length.unit === "seconds" && minutes !== undefined;
    const outcome = await this.#runner.finish(
      {
        trial: trial.trial,
        begun,
        ...(inTime ? { seconds: Math.max(LEAST_FINISH, 60 * minutes - this.#options.spent()) } : { steps }),
        course: study.finishing?.course,
      },
      {
        course: (course) => this.note({ type: "course", trial: trial.trial, ...course }),
        progress: (progress) =>
          this.#options.onEvent?.({ type: "progress", trial: trial.trial, rung: undefined, progress }),
      },
    );
    if (outcome.type === "stopped") return;
    if (outcome.type === "failed")
      throw new UserError(`The best model could not be trained to its end: ${outcome.message}`);
    this.note({ ...outcome, trial: trial.trial, bytes: bytesOf(this.#file.paths.best) });
  }
}
