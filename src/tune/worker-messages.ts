/** What a study and the processes that work on its trials tell each other: plain data over Node's channel. */
import type { EngineName } from "../engine/engine-name.js";
import type { Sentence } from "../errors.js";
import type {
  BegunTrial,
  FinishCourse,
  Finished,
  FinishJob,
  Stopped,
  StudyText,
  TrialJob,
  TrialOptions,
  TrialOutcome,
  TrialProgress,
} from "./trial-runner.js";

/** What every worker is told once. */
export interface WorkSetup {
  readonly folder: string;
  readonly inputs: readonly string[];
  /** A number of its own among those that work side by side. */
  readonly slot: number;
  readonly heldOut: number;
  readonly engine?: EngineName | undefined;
  readonly threads: number;
  /** Bytes that a run may take. */
  readonly memory: number;
}

/** What a worker is asked for, one after the other. */
export type WorkRequest =
  | { readonly type: "setup"; readonly setup: WorkSetup }
  | { readonly type: "open"; readonly options: TrialOptions }
  | {
      readonly type: "speed";
      readonly options: TrialOptions;
      readonly threads: number;
      readonly seconds: number;
    }
  | { readonly type: "run"; readonly job: TrialJob }
  | { readonly type: "finish"; readonly job: FinishJob };

export type ToWorker =
  | WorkRequest
  /** What was told was written: the work may go on. */
  | { readonly type: "noted" }
  | { readonly type: "stop"; readonly measure: boolean };

/** A mistake that a person can mend, in its parts. */
export interface WorkMistake {
  readonly option?: string | undefined;
  readonly problem: string | Sentence;
  readonly advice?: string | Sentence | undefined;
}

export type WorkResult = null | StudyText | number | TrialOutcome | Finished | Stopped;

export type FromWorker =
  | { readonly type: "progress"; readonly progress: TrialProgress }
  | { readonly type: "begun"; readonly begun: BegunTrial }
  | { readonly type: "course"; readonly course: FinishCourse }
  | { readonly type: "result"; readonly result: WorkResult }
  | { readonly type: "mistake"; readonly mistake: WorkMistake }
  | { readonly type: "error"; readonly message: string };
