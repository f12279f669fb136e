/**
 * The lines of study.jsonl, the record of a study: what was decided, in order. It is all that decides how the study goes
 * on: the same lines lead to the same next trial.
 *
 * Lines of JSON and not a data base: every line is appended and synced by one writer, a reader needs no lock and no
 * package, and a line that was being written when the power went is seen to be torn. Node's own SQLite begins with
 * version 22, the packages for it are compiled where they are installed.
 */
import { UserError } from "../errors.js";
import type { SAMPLERS } from "../options/study-options.js";
import { parseSnakeCaseJson, snakeCaseJson } from "../snake-case.js";
import { shown } from "../shown.js";
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

/** What a line needs, by its type: fields and their kinds. */
const FIELDS: Readonly<
  Record<StudyEvent["type"], Readonly<Record<string, "number" | "string" | "object" | "boolean">>>
> = {
  session: { at: "string", slots: "number", threads: "number" },
  trial: { trial: "number", setting: "object", from: "string" },
  begun: {
    trial: "number",
    options: "object",
    steps: "number",
    parameters: "number",
    bytes: "number",
    latency: "number",
    vocabulary: "number",
    tokenizerBytes: "number",
  },
  promoted: { trial: "number", rung: "number" },
  measured: {
    trial: "number",
    rung: "number",
    bitsPerChar: "number",
    step: "number",
    tokens: "number",
    passes: "number",
    seconds: "number",
    partial: "boolean",
    curve: "object",
  },
  refused: { trial: "number", constraint: "string", value: "number" },
  failed: { trial: "number", rung: "number", message: "string" },
  finishing: { trial: "number" },
  course: { trial: "number", steps: "number", cooldown: "number" },
  finished: {
    trial: "number",
    bitsPerChar: "number",
    perplexity: "number",
    accuracy: "number",
    step: "number",
    seconds: "number",
    bytes: "number",
  },
};
const HEADER_FIELDS = {
  version: "number",
  inputs: "object",
  textKey: "string",
  characters: "number",
  heldOut: "number",
  sampler: "string",
  seed: "number",
  eta: "number",
  rungs: "number",
  length: "object",
  space: "object",
  fixed: "object",
  constraints: "object",
} as const;

/** A line of the file, without its end. */
export const formatStudyLine = (line: StudyHeader | StudyLine): string => snakeCaseJson(line);

/** The lines of a study. */
export interface StudyLines {
  readonly header: StudyHeader;
  readonly lines: readonly StudyLine[];
  /** Bytes of the whole lines: what comes after was being written. */
  readonly bytes: number;
}

/**
 * The lines of study.jsonl. What comes after the last line end is torn, and left out.
 * @param where names the file in messages
 * @returns undefined where not even the first line is whole
 * @throws UserError where a line is none of a study's
 */
export function parseStudyLines(content: Uint8Array, where: string): StudyLines | undefined {
  const end = content.lastIndexOf(0x0a) + 1;
  if (end === 0) return undefined;
  const texts = new TextDecoder().decode(content.subarray(0, end)).split("\n").slice(0, -1);
  const [header, ...lines] = texts.map((text, i) => parseLine(text, i, where));
  return { header: header as unknown as StudyHeader, lines: lines as unknown as StudyLine[], bytes: end };
}

function parseLine(text: string, index: number, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseSnakeCaseJson(text);
  } catch {
    throw damaged(where, index, "is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw damaged(where, index, `is ${shown(value)}`);
  const line = value as Readonly<Record<string, unknown>>;
  const type = line["type"];
  if (index === 0) {
    if (type !== "study") throw damaged(where, 0, "does not begin a study");
    const version = line["version"];
    if (typeof version === "number" && version > STUDY_VERSION)
      throw new UserError(`${where} was written by a newer recurra (version ${version}); use that one.`);
    checkFields(line, HEADER_FIELDS, index, where);
    return line;
  }
  if (typeof type !== "string" || !Object.hasOwn(FIELDS, type))
    throw damaged(where, index, `has the type ${shown(type)}, which no line of a study has`);
  checkFields(line, { spent: "number", ...FIELDS[type as StudyEvent["type"]] }, index, where);
  return line;
}

function checkFields(
  line: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, string>>,
  index: number,
  where: string,
): void {
  for (const [name, kind] of Object.entries(fields)) {
    const value = line[name];
    const whole =
      kind !== "number" || !["trial", "rung", "step", "steps"].includes(name) || Number.isSafeInteger(value);
    if (typeof value === kind && value !== null && whole) continue;
    throw damaged(where, index, `has ${shown(value)} for ${name}`);
  }
}

function damaged(where: string, index: number, problem: string): UserError {
  return new UserError(
    `${where} is damaged: line ${index + 1} ${problem}; restore the file from a copy, or begin a new study.`,
  );
}
