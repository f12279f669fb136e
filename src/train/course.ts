/** How far a run has come, when it validates, and how fast it is. */
import type { Batches } from "../text/windows/batches.js";
import type { RunPosition } from "./position.js";
import type { RunLimit, TrainSettings } from "./run-settings.js";

/** In a run limited by time, validation takes at most this part of it. */
const VALIDATION_SHARE = 0.1;
/** Seconds over which the speed is averaged. */
const SPEED_SECONDS = 5;

/** Before the end of the last epoch no run of epochs is done, whatever was counted. */
const NOT_DONE = 0.999_999_999;

/** The way to a run's limit. */
export class Course {
  readonly #limit: RunLimit;
  readonly #seconds: number | undefined;
  readonly #batches: Batches;
  /** Epochs are counted by how much of them is read, not by updates: these have other lengths in other epochs. */
  readonly #byPlace: boolean;
  #steps: number | undefined;

  /**
   * @param otherWindows earlier updates of the run read windows of another cut
   * @param trainingSeconds of a run limited by time
   */
  constructor(
    limit: RunLimit,
    batches: Batches,
    {
      otherWindows = false,
      trainingSeconds,
    }: { readonly otherWindows?: boolean; readonly trainingSeconds?: number | undefined } = {},
  ) {
    this.#limit = limit;
    this.#seconds = trainingSeconds;
    this.#batches = batches;
    this.#byPlace = batches.varying || otherWindows;
  }

  /** Updates in the whole run, from where it stands; undefined when time limits it. */
  steps({ step, epoch, index }: RunPosition): number | undefined {
    const { steps, epochs } = this.#limit;
    if (epochs === undefined) return steps;
    // Epochs of lines differ by a few windows, since their batches are drawn anew: the number of epochs decides the end.
    this.#steps ??= this.#byPlace
      ? step - index + this.#batches.windowsIn(epoch, epochs)
      : this.#batches.windowsIn(0, epochs);
    return this.#steps;
  }

  /** Part of the run that is done, 0 … 1. */
  progress(position: RunPosition, elapsed: number): number {
    const { epochs, steps } = this.#limit;
    if (this.#seconds !== undefined) return Math.min(1, elapsed / this.#seconds);
    if (epochs === undefined) return Math.min(1, position.step / steps!);
    const { epoch, index, step } = position;
    if (epoch >= epochs) return 1;
    const part = this.#byPlace
      ? (epoch + this.#batches.part(epoch, index)) / epochs
      : step / this.steps(position)!;
    return Math.min(NOT_DONE, part);
  }

  /** Seconds to the end, at the speed so far. */
  remaining(progress: number, seconds: number): number | undefined {
    if (this.#seconds !== undefined) return Math.max(0, this.#seconds - seconds);
    return progress > 0 ? (seconds * (1 - progress)) / progress : undefined;
  }
}

/**
 * When a run validates: every `validateEvery` updates where that is set; else after each epoch of a run limited by
 * epochs, and at each tenth of a run limited by steps or time.
 */
export class ValidationPlan {
  readonly #settings: Pick<TrainSettings, "validateEvery" | "limit">;
  /** Seconds that validations took. */
  #spent = 0;

  constructor(settings: Pick<TrainSettings, "validateEvery" | "limit">) {
    this.#settings = settings;
  }

  took(seconds: number): void {
    this.#spent += seconds;
  }

  /** To be called once after each step; notes the tenth in the position. */
  due(position: RunPosition, epochEnded: boolean, progress: number): boolean {
    const { validateEvery, limit } = this.#settings;
    if (validateEvery > 0) return position.step % validateEvery === 0;
    if (limit.epochs !== undefined) return epochEnded;
    const tenths = Math.floor(progress * 10);
    if (tenths <= position.tenths) return false;
    const tooSlow = this.#spent > VALIDATION_SHARE * position.elapsedSeconds;
    if (limit.maxMinutes !== undefined && tooSlow) return false;
    position.tenths = tenths;
    return true;
  }
}

/** Tokens a second over the last seconds. */
export class Speedometer {
  #at: number;
  #tokens: number;
  #perSecond = 0;

  constructor(seconds: number, tokens: number) {
    this.#at = seconds;
    this.#tokens = tokens;
  }

  measure(seconds: number, tokens: number): number {
    const passed = seconds - this.#at;
    const now = (tokens - this.#tokens) / Math.max(passed, 1e-9);
    if (passed < SPEED_SECONDS && this.#perSecond > 0) return this.#perSecond;
    if (passed >= SPEED_SECONDS) {
      this.#at = seconds;
      this.#tokens = tokens;
      this.#perSecond = now;
    }
    return now;
  }
}
