/**
 * A checkpoint's record of its run besides its tensors: a JSON text in the file's metadata. All of it is checked when
 * it is read, since a run that resumed from an incomplete record would silently become another one. Loaded with the first
 * checkpoint that is read.
 */
import { UserError } from "../errors.js";
import { parseJson } from "../format/json.js";
import { isValue, rangeText } from "../options/check.js";
import type { ValueRule } from "../options/description.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { NO_REGULARISATION, type Regularisation } from "../layers/regularisation.js";
import type { AverageRecord } from "../optim/average.js";
import { OLDEST, VERSION } from "./checkpoint-version.js";
import type { Measures, RunOrigin } from "./origin.js";
import type { RunPosition } from "./position.js";
import type { RunPlan } from "./run-plan.js";
import type { RunRecipe } from "./recipe.js";
import type { RunChange } from "./run-changes.js";
import type { RunLimit, TrainSettings } from "./run-settings.js";

/** The options that a run's vocabulary was learned with, where they were given. */
export interface VocabularyOptions {
  readonly vocabSize?: number | undefined;
  readonly minCount?: number | undefined;
  readonly wordMode?: "whitespace" | "unicode" | undefined;
}

/** A checkpoint's record of its run. */
export interface CheckpointHeader {
  readonly version: number;
  readonly settings: TrainSettings;
  readonly position: RunPosition;
  /** Of the text and how it is split; see prepareText. */
  readonly textKey: string;
  /** Every line is a sequence of its own. */
  readonly lines: boolean;
  /** Absent in checkpoints of earlier versions. */
  readonly vocabulary?: VocabularyOptions | undefined;
  /** Absent where the run was begun without one. */
  readonly recipe?: RunRecipe | undefined;
  /** Of a run limited by time; absent in checkpoints of earlier versions. */
  readonly plan?: RunPlan | undefined;
  /** The model that the run began with; absent where that was none. */
  readonly origin?: RunOrigin | undefined;
  /** What was changed where the run was gone on with, in order; absent where nothing was. */
  readonly changes?: readonly RunChange[] | undefined;
}

/** A field: its values, and whether it may be left out. */
interface Field {
  readonly rule: ValueRule;
  readonly optional?: true;
  /** The value is a list of such values. */
  readonly list?: true;
  /** The value of a checkpoint that was written before there was the field. */
  readonly earlier?: number | boolean | string;
}

const field = (rule: ValueRule): Field => ({ rule });
const optional = (rule: ValueRule): Field => ({ rule, optional: true });
const added = (rule: ValueRule, earlier: NonNullable<Field["earlier"]>): Field => ({ rule, earlier });
const COUNT: ValueRule = { kind: "number", whole: true, min: 0 };
const NUMBER: ValueRule = { kind: "number" };
const FACTOR: ValueRule = { kind: "number", min: 0, max: 1 };
const FLAG: ValueRule = { kind: "flag" };
/** The option's values, or 0 for "not given". */
const orZero = ({ value }: (typeof TRAIN_OPTIONS)["validateEvery" | "patience"]): Field =>
  field({ ...value, min: 0 });

const {
  batchSize,
  seqLen,
  varySeqLen,
  rotateStreams,
  sampleEvery,
  optimizer,
  updateRows,
  lr,
  momentum,
  pastDecode,
  weightDecay,
  schedule,
  warmup,
  cooldown,
  average,
  averageSpan,
  averageEvery,
  averageInterval,
  clip,
  forgetBias,
  unigramBias,
  seed,
  samples,
  precision,
} = TRAIN_OPTIONS;

const REGULARISATION: Readonly<Record<keyof Regularisation, Field>> = {
  dropoutEmbedding: field(TRAIN_OPTIONS.dropoutEmbedding.value),
  dropoutBetween: field(TRAIN_OPTIONS.dropoutBetween.value),
  dropoutOutput: field(TRAIN_OPTIONS.dropoutOutput.value),
  lockedDropout: added(TRAIN_OPTIONS.lockedDropout.value, false),
  dropoutWords: added(TRAIN_OPTIONS.dropoutWords.value, 0),
  weightDrop: added(TRAIN_OPTIONS.weightDrop.value, 0),
  dropoutState: added(TRAIN_OPTIONS.dropoutState.value, 0),
  ar: added(TRAIN_OPTIONS.ar.value, 0),
  tar: added(TRAIN_OPTIONS.tar.value, 0),
};

const SETTINGS: Readonly<Record<Exclude<keyof TrainSettings, "limit">, Field>> = {
  batchSize: field(batchSize.value),
  seqLen: field(seqLen.value),
  varySeqLen: optional(varySeqLen.value),
  rotateStreams: optional(rotateStreams.value),
  sampleEvery: optional(sampleEvery.value),
  optimizer: field(optimizer.value),
  updateRows: added(updateRows.value, "all"),
  lr: field(lr.value),
  momentum: field(momentum.value),
  weightDecay: field(weightDecay.value),
  schedule: field(schedule.value),
  warmup: field(warmup.value),
  cooldown: optional(cooldown.value),
  average: added(average.value, "none"),
  averageSpan: optional(averageSpan.value),
  averageEvery: optional(averageEvery.value),
  averageInterval: optional(averageInterval.value),
  clip: field(clip.value),
  validateEvery: orZero(TRAIN_OPTIONS.validateEvery),
  patience: orZero(TRAIN_OPTIONS.patience),
  forgetBias: optional(forgetBias.value),
  unigramBias: optional(unigramBias.value),
  seed: field(seed.value),
  samples: optional(samples.value),
  pastDecode: optional(pastDecode.value),
  layerDecay: optional(TRAIN_OPTIONS.layerDecay.value),
  unfreezeEvery: optional(TRAIN_OPTIONS.unfreezeEvery.value),
  precision: added(precision.value, "f32"),
  ...REGULARISATION,
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly (keyof typeof SETTINGS)[];

/** Whether a setting may be left out. */
export function isOptional(name: keyof typeof SETTINGS): boolean {
  return SETTINGS[name].optional === true;
}

const LIMIT: Readonly<Record<keyof RunLimit, Field>> = {
  epochs: optional(TRAIN_OPTIONS.epochs.value),
  steps: optional(TRAIN_OPTIONS.steps.value),
  maxMinutes: optional(TRAIN_OPTIONS.maxMinutes.value),
};

const POSITION: Readonly<Record<Exclude<keyof RunPosition, "average">, Field>> = {
  step: field(COUNT),
  epoch: field(COUNT),
  index: field(COUNT),
  tokens: field(COUNT),
  smoothedLoss: optional(NUMBER),
  lastValidation: field({ ...COUNT, min: -1 }),
  tenths: field({ ...COUNT, max: 10 }),
  plateauFactor: field(FACTOR),
  updates: field(COUNT),
  begun: { rule: COUNT, list: true, optional: true },
  elapsedSeconds: field({ kind: "number", min: 0 }),
  bestLoss: optional(NUMBER),
  bestStep: optional(COUNT),
  bestAveraged: optional(FLAG),
  validationsSinceBest: field(COUNT),
  learningRateFactor: field(FACTOR),
  rollbacks: field(COUNT),
  goodSteps: field(COUNT),
  finished: field(FLAG),
};

const AVERAGE: Readonly<Record<keyof AverageRecord, Field>> = {
  count: field(COUNT),
  progress: field(FACTOR),
  triggered: field(FLAG),
  losses: { rule: NUMBER, list: true },
  lowest: optional(NUMBER),
};

const VOCABULARY: Readonly<Record<keyof VocabularyOptions, Field>> = {
  vocabSize: optional(TRAIN_OPTIONS.vocabSize.value),
  minCount: optional(TRAIN_OPTIONS.minCount.value),
  wordMode: optional(TRAIN_OPTIONS.wordMode.value),
};

const REST: Readonly<Record<"textKey" | "lines", Field>> = {
  textKey: field({ kind: "text" }),
  lines: field(FLAG),
};

const PLAN: Readonly<Record<keyof RunPlan, Field>> = {
  minutes: field(TRAIN_OPTIONS.maxMinutes.value),
  readingSeconds: field({ kind: "number", min: 0 }),
  trainingSeconds: field({ kind: "number", min: 0, above: true }),
  measuringSeconds: field({ kind: "number", min: 0 }),
  tokensPerSecond: field({ kind: "number", min: 0 }),
  passes: field({ kind: "number", min: 0 }),
  validationTokens: field(COUNT),
};

const ORIGIN: Readonly<Record<Exclude<keyof RunOrigin, "before">, Field>> = {
  name: field({ kind: "text", empty: true }),
  key: field({ kind: "text" }),
  added: field(COUNT),
};
const MEASURES: Readonly<Record<keyof Measures, Field>> = {
  tokens: field(COUNT),
  natsPerToken: field(NUMBER),
  perplexity: field(NUMBER),
  bitsPerChar: field(NUMBER),
  bitsPerByte: field(NUMBER),
  accuracy: field(FACTOR),
  unknown: field(COUNT),
};

const RECIPE: Readonly<Record<"name" | "replaced", Field>> = {
  name: field({ kind: "text" }),
  replaced: field({ kind: "texts", example: "lr" }),
};
const RECIPE_FIELDS = Object.fromEntries(
  Object.entries(TRAIN_OPTIONS).map(([name, { value }]) => [name, optional(value)]),
);

/**
 * Reads a header.
 * @param where names its file in messages
 * @throws UserError where it is of a newer version, or a field is missing or not valid
 */
export function parseCheckpointHeader(json: string, where: string): CheckpointHeader {
  const header = objectIn(parseJson(json, where), "header", where);
  const { version } = header;
  if (version !== VERSION && version !== OLDEST) {
    throw new UserError(
      `${where} is a checkpoint of version ${shown(version)}, and this recurra reads ${OLDEST} and ${VERSION}; use the recurra that wrote it, or begin a new run.`,
    );
  }
  const written = objectIn(header["settings"], "settings", where);
  const settings = version === OLDEST ? { ...NO_REGULARISATION, ...written } : written;
  const limit = read(LIMIT, settings["limit"], "settings.limit", where) as RunLimit;
  if (Object.keys(limit).length !== 1) {
    throw damaged(where, "settings.limit", settings["limit"], "one of epochs, steps and maxMinutes");
  }
  const position = read(POSITION, header["position"], "position", where) as unknown as RunPosition;
  const averaged = objectIn(header["position"], "position", where)["average"];
  if (averaged !== undefined)
    position.average = read(AVERAGE, averaged, "position.average", where) as unknown as AverageRecord;
  const { step, lastValidation, updates, begun } = position;
  const stepText = `the number of its steps, ${step}`;
  if (updates !== step) throw damaged(where, "position.updates", updates, stepText);
  if (begun?.some((before, i) => before > step || before < (begun[i - 1] ?? 0)))
    throw damaged(where, "position.begun", begun, `ascending, each at most ${stepText}`);
  if (lastValidation > step)
    throw damaged(where, "position.lastValidation", lastValidation, `at most ${stepText}`);
  const { vocabulary, changes } = header;
  return {
    version,
    settings: {
      ...read(SETTINGS, settings, "settings", where),
      limit,
    } as TrainSettings,
    position,
    ...(read(REST, header, "header", where) as Pick<CheckpointHeader, "textKey" | "lines">),
    ...(vocabulary !== undefined && { vocabulary: read(VOCABULARY, vocabulary, "vocabulary", where) }),
    ...(header["recipe"] !== undefined && { recipe: parseRunRecipe(header["recipe"], where) }),
    ...(header["origin"] !== undefined && { origin: parseOrigin(header["origin"], where) }),
    ...(header["plan"] !== undefined && {
      plan: read(PLAN, header["plan"], "plan", where) as unknown as RunPlan,
    }),
    ...(changes !== undefined && { changes: readChanges(changes, where) }),
  };
}

function parseOrigin(value: unknown, where: string): RunOrigin {
  const { before } = objectIn(value, "origin", where);
  return {
    ...(read(ORIGIN, value, "origin", where) as unknown as RunOrigin),
    before: read(MEASURES, before, "origin.before", where) as unknown as Measures,
  };
}

function parseRunRecipe(value: unknown, where: string): RunRecipe {
  const { name, replaced } = read(RECIPE, value, "recipe", where) as Pick<RunRecipe, "name" | "replaced">;
  const written = objectIn(objectIn(value, "recipe", where)["options"], "recipe.options", where);
  return { name, options: read(RECIPE_FIELDS, written, "recipe.options", where), replaced };
}

/** The known fields of an object. @throws UserError for the first that is missing or not valid */
function read(
  fields: Readonly<Record<string, Field>>,
  value: unknown,
  name: string,
  where: string,
): Record<string, unknown> {
  const object = objectIn(value, name, where);
  const known: Record<string, unknown> = {};
  for (const [key, { rule, optional: mayLack, earlier, list }] of Object.entries(fields)) {
    const given = Object.hasOwn(object, key) ? object[key] : earlier;
    if (given === undefined && mayLack) continue;
    const valid = list
      ? Array.isArray(given) && given.every((one) => isValue(one, rule))
      : isValue(given, rule);
    if (!valid) {
      const expected = list ? `a list, each ${ruleText(rule)}` : ruleText(rule);
      throw damaged(where, name === "header" ? key : `${name}.${key}`, given, expected);
    }
    known[key] = given;
  }
  return known;
}

/** Changes of settings, each from and to values that the setting may have. */
function readChanges(value: unknown, where: string): RunChange[] {
  if (!Array.isArray(value)) throw damaged(where, "changes", value, "a list");
  return value.map((item: unknown, i) => {
    const name = `changes[${i}]`;
    const { setting } = objectIn(item, name, where);
    const fields: Readonly<Record<string, Field>> = { ...SETTINGS, ...LIMIT };
    const known = typeof setting === "string" && Object.hasOwn(fields, setting) ? fields[setting] : undefined;
    if (!known) throw damaged(where, `${name}.setting`, setting, "the name of a setting");
    const { rule } = known;
    const change = { step: field(COUNT), from: optional(rule), to: optional(rule) };
    return { setting, ...read(change, item, name, where) } as RunChange;
  });
}

function objectIn(value: unknown, name: string, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw damaged(where, name, value, "an object");
}

function damaged(where: string, name: string, value: unknown, expected: string): UserError {
  const found = value === undefined ? "is missing" : `is ${shown(value)}, not ${expected}`;
  return new UserError(
    `${where} is damaged: its ${name} ${found}; restore the file from a copy, or begin a new run.`,
  );
}

const MOST_SHOWN = 40;

function shown(value: unknown): string {
  if (value === undefined) return "none";
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function ruleText(rule: ValueRule): string {
  if (rule.kind === "number") return rangeText(rule);
  if (rule.kind === "word") return `one of ${rule.words.join(", ")}`;
  if (rule.kind === "texts") return "a list of texts";
  return rule.kind === "flag" ? "true or false" : "a text";
}
