/**
 * The lines of study.jsonl, the record of a study: what was decided, in order. It is all that decides how the study goes
 * on: the same lines lead to the same next trial.
 *
 * Lines of JSON and not a data base: every line is appended and synced by one writer, a reader needs no lock and no
 * package, and a line that was being written when the power went is seen to be torn. Node's own SQLite begins with
 * version 22, the packages for it are compiled where they are installed.
 */
import type { SAMPLERS } from "../options/study-options.js";
import { snakeCaseJson } from "../snake-case.js";
import type { Setting } from "./space.js";
import type {
  BegunTrial,
  Constraints,
  CurvePoint,
  FinishCourse,
  TrialLength,
  TrialOptions,
} from "./trial-runner.js";

/** How what is tried next is chosen. */
export type SamplerName = (typeof SAMPLERS)[number];

/** The version of the record. */
export const STUDY_VERSION = 1;

/** The first line: what holds for the whole study. */
export interface StudyHeader {
  readonly type: "study";
  readonly version: number;
  /** The files, as they were named. */
  readonly inputs: readonly string[];
  readonly textKey: string;
  /** Characters to train on. */
  readonly characters: number;
  /** Characters that trials are measured on, at most. */
  readonly heldOut: number;
  readonly sampler: SamplerName;
  readonly seed: number;
  readonly eta: number;
  readonly rungs: number;
  readonly length: TrialLength;
  /** As a file has it; without the options that are fixed. */
  readonly space: unknown;
  readonly fixed: TrialOptions;
  readonly constraints: Constraints;
}

/** Somebody began to work on it. */
export interface SessionLine {
  readonly type: "session";
  readonly at: string;
  readonly slots: number;
  readonly threads: number;
  /** What it was given in all. */
  readonly minutes?: number | undefined;
  readonly trials?: number | undefined;
  /** How it was found how many run side by side: tokens a second in all, by number. */
  readonly measured?: readonly { readonly slots: number; readonly threads: number; readonly speed: number }[];
}

export interface TrialLine {
  readonly type: "trial";
  readonly trial: number;
  readonly setting: Setting;
  /** "first": of the settings that every study begins with. */
  readonly from: SamplerName | "first";
}

export interface BegunLine extends BegunTrial {
  readonly type: "begun";
  readonly trial: number;
}

export interface PromotedLine {
  readonly type: "promoted";
  readonly trial: number;
  readonly rung: number;
}

export interface MeasuredLine {
  readonly type: "measured";
  readonly trial: number;
  readonly rung: number;
  readonly bitsPerChar: number;
  readonly step: number;
  readonly tokens: number;
  readonly passes: number;
  readonly seconds: number;
  readonly partial: boolean;
  readonly curve: readonly CurvePoint[];
}

export interface RefusedLine {
  readonly type: "refused";
  readonly trial: number;
  readonly constraint: keyof Constraints;
  readonly value: number;
}

export interface FailedLine {
  readonly type: "failed";
  readonly trial: number;
  readonly rung: number;
  readonly message: string;
}

/** The best trial was chosen, copied, and goes on to its end. */
export interface FinishingLine {
  readonly type: "finishing";
  readonly trial: number;
}

export interface CourseLine extends FinishCourse {
  readonly type: "course";
  readonly trial: number;
}

export interface FinishedLine {
  readonly type: "finished";
  readonly trial: number;
  /** On the whole held-out text. */
  readonly bitsPerChar: number;
  readonly perplexity: number;
  readonly accuracy: number;
  readonly step: number;
  readonly seconds: number;
  /** Bytes of the model's files. */
  readonly bytes: number;
}

/** What can be decided or measured. */
export type StudyEvent =
  | SessionLine
  | TrialLine
  | BegunLine
  | PromotedLine
  | MeasuredLine
  | RefusedLine
  | FailedLine
  | FinishingLine
  | CourseLine
  | FinishedLine;

/** A line after the first. */
export type StudyLine = StudyEvent & {
  /** Seconds that the study has had so far, in all sessions. */
  readonly spent: number;
};

/** A line of the file, without its end. */
export const formatStudyLine = (line: StudyHeader | StudyLine): string => snakeCaseJson(line);
