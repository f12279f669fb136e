/**
 * Who runs trials: an interface, so that a study does not know whether they run in processes beside it or elsewhere. All
 * that goes in and out is plain data.
 */
import type { TrainOptions } from "../train/options.js";

/** Options of a run that are plain data, without those of places, of the limit, and of code. */
export type TrialOptions = Omit<
  TrainOptions,
  "inputs" | "text" | "recipe" | "out" | "onEvent" | "signal" | "engine"
>;

/** How far rung 0 is: so many passes over the text, the same of it whatever the tokens are; or seconds of training. */
export type TrialLength =
  | { readonly unit: "passes"; readonly amount: number }
  | { readonly unit: "seconds"; readonly amount: number };

/** What a model may be at most. */
export interface Constraints {
  readonly maxParameters?: number | undefined;
  /** Megabytes (10⁶ bytes) of its files, without the record of its training. */
  readonly maxFileSize?: number | undefined;
  /** Milliseconds a token, written one after the other, on this machine. */
  readonly maxLatency?: number | undefined;
}

/** What is known of a trial once its text is read, before it trains. It holds for all of its rungs. */
export interface BegunTrial {
  /** With everything that was left open: the run's options, but for its limit. */
  readonly options: TrialOptions;
  /** Updates to rung 0. */
  readonly steps: number;
  readonly parameters: number;
  /** Of the model's files. */
  readonly bytes: number;
  /** Milliseconds a token, one after the other. */
  readonly latency: number;
  readonly vocabulary: number;
  /** Bytes of its tokenizer's file. */
  readonly tokenizerBytes: number;
}

/** A trial, and how far it is to go. */
export interface TrialJob {
  readonly trial: number;
  readonly rung: number;
  /** What is fixed, and the setting. */
  readonly options: TrialOptions;
  /** Of a trial that was begun. */
  readonly begun?: BegunTrial | undefined;
  readonly length: TrialLength;
  readonly eta: number;
  readonly rungs: number;
  readonly constraints: Constraints;
}

/** The best trial's way to its end, with a rate that falls to 0. */
export interface FinishJob {
  readonly trial: number;
  readonly begun: BegunTrial;
  /** Updates in the whole run; undefined where `seconds` decides. */
  readonly steps?: number | undefined;
  /** Time for training and for measuring. */
  readonly seconds?: number | undefined;
  /** What was decided when it was begun: it goes on. */
  readonly course?: FinishCourse | undefined;
}

/** Decided when a finish begins. */
export interface FinishCourse {
  /** Updates in the whole run. */
  readonly steps: number;
  /** The last part of it, in which the rate falls. */
  readonly cooldown: number;
}

/** A place on a trial's curve. */
export interface CurvePoint {
  readonly step: number;
  readonly seconds: number;
  readonly bitsPerChar: number;
}

/** What a trial measured. */
export interface Measured {
  readonly type: "measured";
  /** Of the best weights so far, on the study's held-out text. */
  readonly bitsPerChar: number;
  readonly step: number;
  /** Tokens that it has read in training; passes over the text. */
  readonly tokens: number;
  readonly passes: number;
  /** In training, from its beginning. */
  readonly seconds: number;
  /** It was ended before its rung. */
  readonly partial: boolean;
  readonly curve: readonly CurvePoint[];
}

/** A model that a constraint does not allow. */
export interface Refused {
  readonly type: "refused";
  readonly constraint: keyof Constraints;
  /** In the constraint's unit. */
  readonly value: number;
}

export interface Failed {
  readonly type: "failed";
  readonly message: string;
}

/** It was ended before it had anything to be measured; its checkpoint is kept. */
export interface Stopped {
  readonly type: "stopped";
}

export type TrialOutcome = Measured | Refused | Failed | Stopped;

/** What the finished model measures on the whole held-out text. */
export interface Finished {
  readonly type: "finished";
  readonly bitsPerChar: number;
  readonly perplexity: number;
  readonly accuracy: number;
  readonly step: number;
  readonly seconds: number;
}

/** How far a job has come. */
export interface TrialProgress {
  readonly step: number;
  readonly steps: number;
  /** Loss in training, smoothed. */
  readonly bitsPerChar: number | undefined;
  readonly tokensPerSecond: number;
}

export interface TrialHooks {
  /** Called before a new trial trains, and waited for. */
  readonly begun: (begun: BegunTrial) => void;
  readonly progress: (progress: TrialProgress) => void;
}

/** What is known of the text once it is read. */
export interface StudyText {
  readonly key: string;
  /** To train on. */
  readonly characters: number;
  readonly notices: readonly string[];
}

export interface TrialRunner {
  /** Trials that it runs side by side. */
  readonly slots: number;
  /** Runs a trial up to its rung. What is lost on the way is begun again from its last checkpoint. */
  run(job: TrialJob, hooks: TrialHooks): Promise<TrialOutcome>;
  /** Trains the model that lies in the study's `best.model` to its end. */
  finish(
    job: FinishJob,
    hooks: { readonly course: (course: FinishCourse) => void; readonly progress: TrialHooks["progress"] },
  ): Promise<Finished | Failed | Stopped>;
  /** Ends what runs after the step that it is in. @param measure it is measured where it stands */
  stop(measure: boolean): void;
  /** After a stop: jobs may be run again. */
  go(): void;
  close(): Promise<void>;
}
