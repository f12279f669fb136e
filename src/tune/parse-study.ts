/** Reads the record of a study: every line is checked, since what follows from a wrong one would be another study. */
import { UserError } from "../errors.js";
import { scanJson } from "../format/json.js";
import { checkOptions } from "../options/check.js";
import { SAMPLERS, STUDY_OPTIONS } from "../options/study-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { shown } from "../shown.js";
import { parseSnakeCaseJson } from "../snake-case.js";
import { STUDY_VERSION, type StudyEvent, type StudyHeader, type StudyLine } from "./study-lines.js";
import { Study } from "./study.js";

/** The lines of a study. */
export interface StudyLines {
  readonly header: StudyHeader;
  readonly lines: readonly StudyLine[];
  /** Bytes of the whole lines: what comes after was being written. */
  readonly bytes: number;
}

type Fields = Readonly<Record<string, unknown>>;
/** Whether a value is one of a field. */
type Rule = (value: unknown) => boolean;

/** Numbers above are no counts of anything here, and no sizes of lists. */
const MOST = 1e15;
const number: Rule = (value) =>
  typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= MOST;
const amount: Rule = (value) => number(value) && (value as number) >= 0;
const positive: Rule = (value) => number(value) && (value as number) > 0;
const count: Rule = (value) => amount(value) && Number.isSafeInteger(value);
const counting: Rule = (value) => count(value) && (value as number) > 0;
const flag: Rule = (value) => typeof value === "boolean";
const text: Rule = (value) => typeof value === "string";
const texts: Rule = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((one) => text(one) && one !== "");
const object: Rule = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const oneOf =
  (...words: readonly unknown[]): Rule =>
  (value) =>
    words.includes(value);
const optional =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || rule(value);
const record =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value) =>
    object(value) && Object.entries(rules).every(([name, rule]) => rule((value as Fields)[name]));
/** Options of a run, each a value that it may have. */
const options: Rule = (value) => {
  if (!object(value)) return false;
  try {
    checkOptions("train", value, TRAIN_OPTIONS);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
};
const setting: Rule = (value) =>
  options(value) && Object.values(value as Fields).every((one) => typeof one !== "object");
const curve: Rule = (value) =>
  Array.isArray(value) && value.every(record({ step: count, seconds: amount, bitsPerChar: amount }));

const LIMITS = {
  maxParameters: optional(positive),
  maxFileSize: optional(positive),
  maxLatency: optional(positive),
};
const HEADER: Readonly<Record<string, Rule>> = {
  version: counting,
  inputs: texts,
  textKey: text,
  characters: count,
  heldOut: counting,
  sampler: oneOf(...SAMPLERS),
  seed: count,
  eta: (value) =>
    counting(value) && (value as number) >= 2 && (value as number) <= STUDY_OPTIONS.eta.value.max,
  rungs: (value) => counting(value) && (value as number) <= 16,
  length: record({ unit: oneOf("passes", "seconds"), amount: positive }),
  space: object,
  fixed: options,
  constraints: record(LIMITS),
};
const OF_TRIAL = { trial: count, rung: count };
const LINES: Readonly<Record<StudyEvent["type"], Readonly<Record<string, Rule>>>> = {
  session: {
    at: text,
    slots: counting,
    threads: counting,
    minutes: optional(positive),
    trials: optional(counting),
    measured: optional(
      (value) =>
        Array.isArray(value) && value.every(record({ slots: counting, threads: counting, speed: amount })),
    ),
  },
  trial: { trial: count, setting, from: oneOf("first", ...SAMPLERS) },
  begun: {
    trial: count,
    options,
    steps: counting,
    parameters: count,
    bytes: count,
    latency: amount,
    vocabulary: counting,
    tokenizerBytes: count,
  },
  promoted: OF_TRIAL,
  measured: {
    ...OF_TRIAL,
    bitsPerChar: positive,
    step: count,
    tokens: amount,
    passes: amount,
    seconds: amount,
    partial: flag,
    curve,
  },
  refused: { trial: count, constraint: oneOf(...Object.keys(LIMITS)), value: amount },
  failed: { ...OF_TRIAL, message: text },
  finishing: { trial: count },
  course: { trial: count, steps: counting, cooldown: positive },
  finished: {
    trial: count,
    bitsPerChar: positive,
    perplexity: positive,
    accuracy: amount,
    step: count,
    seconds: amount,
    bytes: count,
  },
};

/**
 * The lines of study.jsonl. What comes after the last line end is torn, and left out.
 * @param where names the file in messages
 * @returns undefined where not even the first line is whole
 * @throws UserError where a line is none of a study's
 */
export function parseStudyLines(content: Uint8Array, where: string): StudyLines | undefined {
  const end = content.lastIndexOf(0x0a) + 1;
  if (end === 0) return undefined;
  const lines = new TextDecoder().decode(content.subarray(0, end)).split("\n").slice(0, -1);
  const [header, ...rest] = lines.map((line, i) => parseLine(line, i, where));
  return { header: header as unknown as StudyHeader, lines: rest as unknown as StudyLine[], bytes: end };
}

/** The study that its lines make. @throws UserError where one of them does not follow from those before */
export function studyOf({ header, lines }: StudyLines, where: string): Study {
  const study = new Study(header, where);
  for (const [i, line] of lines.entries()) {
    const problem = problemOf(line, study);
    if (problem !== undefined) throw damaged(where, i + 1, problem);
    study.apply(line);
  }
  return study;
}

/** What is wrong with a line after those before it. */
function problemOf(line: StudyLine, { trials, header, space }: Study): string | undefined {
  if (!("trial" in line)) return undefined;
  if (line.type === "trial") {
    if (line.trial !== trials.length) return `begins trial ${line.trial} after ${trials.length} trials`;
    const other = Object.keys(line.setting).find(
      (name) => !space.some((parameter) => parameter.name === name),
    );
    return other === undefined ? undefined : `sets ${shown(other)}, which its space has not`;
  }
  const trial = trials[line.trial];
  if (!trial) return `is about trial ${line.trial}, which was not begun`;
  if ("rung" in line && line.rung >= header.rungs) return `is about rung ${line.rung} of ${header.rungs}`;
  const needsBegun = ["measured", "finishing", "course", "finished"].includes(line.type);
  return needsBegun && !trial.begun
    ? `is about trial ${line.trial}, of which it is not known what it is`
    : undefined;
}

function parseLine(line: string, index: number, where: string): Fields {
  const json = scanJson(line);
  if (json) throw damaged(where, index, `is no JSON: ${json.message}`);
  const value = parseSnakeCaseJson(line);
  if (!object(value)) throw damaged(where, index, `is ${shown(value)}`);
  const fields = value as Fields;
  const { type } = fields;
  if (index === 0) {
    if (type !== "study") throw damaged(where, 0, "does not begin a study");
    const { version } = fields;
    if (typeof version === "number" && version > STUDY_VERSION)
      throw new UserError(`${where} was written by a newer recurra (version ${version}); use that one.`);
    checkFields(fields, HEADER, index, where);
    return fields;
  }
  if (typeof type !== "string" || !Object.hasOwn(LINES, type))
    throw damaged(where, index, `has the type ${shown(type)}, which no line of a study has`);
  checkFields(fields, { spent: amount, ...LINES[type as StudyEvent["type"]] }, index, where);
  return fields;
}

function checkFields(
  line: Fields,
  rules: Readonly<Record<string, Rule>>,
  index: number,
  where: string,
): void {
  for (const [name, rule] of Object.entries(rules))
    if (!rule(line[name])) throw damaged(where, index, `has ${shown(line[name])} for ${name}`);
}

function damaged(where: string, index: number, problem: string): UserError {
  return new UserError(
    `${where} is damaged: line ${index + 1} ${problem}; restore the file from a copy, or begin a new study.`,
  );
}
