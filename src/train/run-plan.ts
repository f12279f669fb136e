/** What a run limited by time was planned to be; its checkpoint keeps it, so that a resumed run measures nothing again. */
import type { RunLimit } from "./run-settings.js";

export interface RunPlan {
  /** The time of the whole that it was made for. */
  readonly minutes: number;
  /** Until the training begins: reading, vocabulary, encoding, planning. */
  readonly readingSeconds: number;
  readonly trainingSeconds: number;
  /** Kept back for measuring what comes out, and for saving it. */
  readonly measuringSeconds: number;
  /** In training, as it was measured. */
  readonly tokensPerSecond: number;
  /** Passes over the text that are expected. */
  readonly passes: number;
  /** Tokens that a validation on the way reads at most. */
  readonly validationTokens: number;
}

/**
 * The seconds of training that a limit leaves; undefined where it is no time. Minutes that a resumed run is given more
 * are minutes of training. A run without a plan, of an earlier recurra, trains as many minutes as it was given.
 */
export function trainingSeconds({ maxMinutes }: RunLimit, plan: RunPlan | undefined): number | undefined {
  if (maxMinutes === undefined) return undefined;
  if (!plan) return 60 * maxMinutes;
  return Math.max(LEAST_SECONDS, plan.trainingSeconds + 60 * (maxMinutes - plan.minutes));
}

/** A run that was given less time than it has had is over, and so is not divided by nothing. */
const LEAST_SECONDS = 1e-3;
