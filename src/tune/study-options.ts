/** The options of a study, and their checks. */
import type { EngineName } from "../engine/engine-name.js";
import { option, sentence, UserError } from "../errors.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import type { OptionTable } from "../options/description.js";
import { SEARCHED, STUDY_OPTIONS } from "../options/study-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TrainOptions } from "../train/options.js";
import type { StudyNews } from "./study-news.js";
import type { SamplerName } from "./study-lines.js";
import type { Constraints, TrialOptions } from "./trial-runner.js";

/** Options of `train` that are fixed for all trials; of tokenizer, model, regularisation and steps, where they are given. */
type Fixed = Pick<
  TrainOptions,
  (typeof SEARCHED)[number] | "valid" | "lines" | "encoding" | "field" | "epochs" | "seed" | "precision"
>;

export interface StudyOptions extends Fixed, Constraints {
  /** Files, folders and globs: the text is read many times, by several processes. */
  readonly inputs?: readonly string[];
  /** Of the whole study. */
  readonly minutes?: number;
  readonly trials?: number;
  /** A JSON file, or its content: see parse-space.ts. */
  readonly space?: unknown;
  readonly sampler?: SamplerName;
  /** η of successive halving. */
  readonly eta?: number;
  /** Trials side by side. */
  readonly parallel?: number;
  /** Of each trial. */
  readonly threads?: number;
  readonly engine?: EngineName;
  /** The study's folder. */
  readonly out: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly onEvent?: (news: StudyNews) => void;
  readonly signal?: AbortSignal;
}

/** @throws UserError for the first wrong option */
export function checkStudyOptions(options: StudyOptions): void {
  checkOptions("runStudy", options, STUDY_OPTIONS);
  checkBelonging(fixedOptions(options), TRAIN_OPTIONS);
  const { inputs, resume = false, overwrite = false } = options;
  if (!inputs || inputs.length === 0) {
    if (resume) return;
    throw new UserError({
      option: "inputs",
      problem: "No text was named",
      advice: "give a file or a folder",
    });
  }
  if (inputs.includes("-"))
    throw new UserError({
      option: "inputs",
      problem: "A study reads its text many times, in several processes, and standard input can be read once",
      advice: "save it to a file",
    });
  if (resume && overwrite)
    throw new UserError({
      option: "overwrite",
      problem: sentence`${option("resume")} goes on with the study that is there and ${option("overwrite")} replaces it`,
      advice: "give only one",
    });
}

/** What is given for all trials. */
export function fixedOptions(options: StudyOptions): TrialOptions {
  const names = [...SEARCHED, "valid", "lines", "encoding", "field", "precision"] as const;
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  return { ...Object.fromEntries(given), seed: options.seed ?? STUDY_OPTIONS.seed.default } as TrialOptions;
}

/** The options that have an effect beside the others: a fixed one may belong to a word that a trial does not have. */
export function effective(options: TrialOptions): TrialOptions {
  const given = options as Readonly<Record<string, unknown>>;
  const table: OptionTable = TRAIN_OPTIONS;
  const kept = Object.entries(given).filter(([name]) =>
    Object.entries(table[name]?.belongsTo ?? {}).every(
      ([other, words]) => given[other] === undefined || words.includes(String(given[other])),
    ),
  );
  return Object.fromEntries(kept) as TrialOptions;
}

/** What a study keeps of what it was begun with; options that are given again have to say the same. */
export function checkSameStudy(
  options: StudyOptions,
  header: {
    readonly fixed: TrialOptions;
    readonly sampler: SamplerName;
    readonly seed: number;
    readonly eta: number;
    readonly constraints: Constraints;
  },
): void {
  const { maxParameters, maxFileSize, maxLatency } = header.constraints;
  const kept: Readonly<Record<string, unknown>> = {
    ...header.fixed,
    sampler: header.sampler,
    seed: header.seed,
    eta: header.eta,
    maxParameters,
    maxFileSize,
    maxLatency,
  };
  const { seed: _, ...fixed } = fixedOptions(options);
  const { sampler, seed, eta, maxParameters: p, maxFileSize: f, maxLatency: l } = options;
  const asked = { ...fixed, sampler, seed, eta, maxParameters: p, maxFileSize: f, maxLatency: l };
  for (const [name, value] of Object.entries(asked)) {
    if (value === undefined || JSON.stringify(value) === JSON.stringify(kept[name])) continue;
    const before =
      kept[name] === undefined
        ? sentence`without ${option(name)}`
        : sentence`with ${option(name, kept[name])}`;
    throw new UserError({
      option: name,
      problem: sentence`This study was begun ${before}, and its trials could not be compared with others`,
      advice: "leave it out, or begin a new study",
    });
  }
}
