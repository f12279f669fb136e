/**
 * From options to settings: every choice that a person left open is made here, once, from the size of the text. The
 * settings are kept in the checkpoint; a resumed run has to agree with them.
 */
import { UserError } from "../errors.js";
import { checkOptionNames } from "../option-names.js";
import { type ModelConfig, modelConfig } from "../model/config.js";
import { DIVISOR, chooseCutoffs, zipfCounts } from "../model/cutoffs.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { SOFTMAXES, type SoftmaxName, TRAIN_OPTION_NAMES, type TrainOptions } from "./options.js";
import { type RunLimit, TRAIN_PRECISIONS, type TrainSettings } from "./run-settings.js";

/** What is known of the text when the sizes are chosen. */
export interface TextSize {
  readonly kind: TokenizerKind;
  readonly lines: boolean;
  /** Characters to train on. */
  readonly characters: number;
  readonly vocabulary: number;
}

/** Characters that a token stands for, roughly: only to choose sizes before the text is encoded. */
const CHARACTERS_PER_TOKEN = { char: 1, bpe: 3.5, word: 5.5 } as const;

/** Tokens that a run of default length reads: some minutes on two cores at the default sizes. */
const DEFAULT_RUN_TOKENS = 12e6;

function expectedTokens({ kind, characters }: TextSize): number {
  return Math.max(1, characters / CHARACTERS_PER_TOKEN[kind]);
}

/** Draws a window of a sampled softmax. */
const DEFAULT_SAMPLES = 1024;

/** The architecture: what was asked for, and the rest by the size of the text (cut-offs, until the tokens are counted). */
export function chooseModel(options: TrainOptions, size: TextSize): ModelConfig {
  const n = expectedTokens(size);
  const hidden = options.hidden ?? (n < 60_000 ? 128 : n < 8e6 ? 256 : 512);
  const layers = options.layers ?? (n < 2e6 ? 1 : 2);
  const tie = options.tie ?? false;
  const embedding = options.embedding ?? (size.kind === "char" && !tie ? Math.min(64, hidden) : hidden);
  const everywhere = options.dropout ?? (defaultEpochs(size) > 4 ? (size.kind === "char" ? 0.1 : 0.3) : 0);
  return modelConfig({
    vocabulary: size.vocabulary,
    cell: options.cell ?? "lstm",
    nonlinearity: options.nonlinearity ?? "tanh",
    hidden,
    layers,
    embedding,
    tie,
    dropout: {
      // A table row dropped in part hurts more than it helps with few distinct characters.
      embedding: options.dropoutEmbedding ?? options.dropout ?? (size.kind === "char" ? 0 : everywhere),
      between: options.dropoutBetween ?? everywhere,
      output: options.dropoutOutput ?? everywhere,
    },
    ...(options.softmax === "adaptive" && {
      adaptive: options.cutoffs
        ? { cutoffs: [...options.cutoffs], divisor: DIVISOR }
        : adaptiveCuts(zipfCounts(size.vocabulary), hidden),
    }),
  });
}

function adaptiveCuts(counts: ArrayLike<number>, hidden: number): ModelConfig["adaptive"] {
  const { cutoffs, divisor } = chooseCutoffs(counts, hidden);
  return { cutoffs: [...cutoffs], divisor };
}

/** The architecture once the tokens are counted: cut-offs that were left open are chosen now. */
export function withCounts(
  config: ModelConfig,
  { cutoffs }: TrainOptions,
  counts: () => ArrayLike<number>,
): ModelConfig {
  if (!config.adaptive || cutoffs) return config;
  return { ...config, adaptive: adaptiveCuts(counts(), config.hidden) };
}

function defaultEpochs(size: TextSize): number {
  return Math.min(40, Math.max(1, Math.round(DEFAULT_RUN_TOKENS / expectedTokens(size))));
}

/** The course of training: what was asked for, and the rest by the size of the text. */
export function chooseSettings(options: TrainOptions, size: TextSize): TrainSettings {
  const optimizer = options.optimizer ?? "adamw";
  const seqLen = options.seqLen ?? (size.kind === "char" ? 64 : 35);
  // Short texts get few sequences side by side, so that an epoch still has a few dozen updates.
  const most = expectedTokens(size) / (seqLen * 30);
  const batchSize =
    options.batchSize ?? Math.min(32, Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, most)))));
  const limited = options.epochs ?? options.steps ?? options.maxMinutes;
  const limit: RunLimit =
    limited === undefined
      ? { epochs: defaultEpochs(size) }
      : {
          ...(options.epochs !== undefined && { epochs: options.epochs }),
          ...(options.steps !== undefined && { steps: options.steps }),
          ...(options.maxMinutes !== undefined && { maxMinutes: options.maxMinutes }),
        };
  return {
    batchSize,
    seqLen,
    optimizer,
    lr: options.lr ?? (optimizer === "sgd" ? 1 : 0.004),
    momentum: options.momentum ?? 0,
    weightDecay: options.weightDecay ?? (optimizer === "adamw" ? 0.01 : 0),
    schedule: options.schedule ?? "one-cycle",
    warmup: options.warmup ?? 0,
    clip: options.clip ?? 1,
    validateEvery: options.validateEvery ?? 0,
    patience: options.patience ?? 0,
    seed: options.seed ?? 1,
    ...(options.softmax === "sampled" && { samples: options.samples ?? DEFAULT_SAMPLES }),
    precision: options.precision ?? "f32",
    limit,
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
  /** True where `min` itself is not allowed. */
  readonly above?: boolean;
  /** True where `max` itself is not allowed. */
  readonly below?: boolean;
}

const SIZE: Range = { min: 1, max: 1_000_000, whole: true };
const PROBABILITY: Range = { min: 0, max: 1, below: true };

const RANGES: Partial<Record<keyof TrainOptions, Range>> = {
  vocabSize: { min: 2, max: 10_000_000, whole: true },
  minCount: { min: 1, max: 1e9, whole: true },
  layers: { min: 1, max: 64, whole: true },
  hidden: SIZE,
  embedding: SIZE,
  dropout: PROBABILITY,
  dropoutEmbedding: PROBABILITY,
  dropoutBetween: PROBABILITY,
  dropoutOutput: PROBABILITY,
  samples: { min: 1, max: 10_000_000, whole: true },
  batchSize: SIZE,
  seqLen: SIZE,
  lr: { min: 0, max: 1e6, above: true },
  momentum: PROBABILITY,
  weightDecay: { min: 0, max: 1e6 },
  warmup: PROBABILITY,
  clip: { min: 0, max: 1e9 },
  epochs: { min: 1, max: 1e9, whole: true },
  steps: { min: 1, max: 1e12, whole: true },
  maxMinutes: { min: 0, max: 1e6, above: true },
  validateEvery: { min: 1, max: 1e12, whole: true },
  patience: { min: 1, max: 1e9, whole: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  checkpointSeconds: { min: 0, max: 1e9 },
};

/** The flag that an option has on the command line: `batchSize` → `--batch-size`. */
export function flagOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Checks what can be checked before any text is read. @throws UserError for the first wrong value */
export function checkOptions(options: TrainOptions): void {
  checkOptionNames("train", options, TRAIN_OPTION_NAMES);
  for (const name of ["inputs", "valid", "test"] as const) {
    const value: unknown = options[name];
    if (value === undefined || (Array.isArray(value) && value.every((input) => typeof input === "string")))
      continue;
    throw new UserError(`${name} is a list of names, such as ["book.txt"].`);
  }
  if (options.text !== undefined && typeof options.text !== "string")
    throw new UserError("text is the text itself, a string.");
  if (options.out === "")
    throw new UserError("The name of the model's folder is empty; name one with --out.");
  for (const [name, range] of Object.entries(RANGES)) {
    const value = options[name as keyof TrainOptions];
    if (value !== undefined) checkNumber(flagOf(name), value, range);
  }
  if (options.precision !== undefined && !TRAIN_PRECISIONS.includes(options.precision))
    throw new UserError(
      `--precision is ${String(options.precision)}; give ${TRAIN_PRECISIONS.join(" or ")}.`,
    );
  if ((options.inputs === undefined) === (options.text === undefined)) {
    throw new UserError("Give either files to train on (inputs) or a text, one of the two.");
  }
  if (options.inputs?.length === 0)
    throw new UserError("No text to train on was named; give a file or a folder.");
  const limits = (["epochs", "steps", "maxMinutes"] as const).filter((name) => options[name] !== undefined);
  if (limits.length > 1) {
    throw new UserError(`${limits.map(flagOf).join(" and ")} both limit the run; give only one of them.`);
  }
  if (options.resume && options.overwrite) {
    throw new UserError(
      "--resume goes on with the model that is there and --overwrite replaces it; give only one.",
    );
  }
  if ((options.resume || options.overwrite) && options.out === undefined) {
    throw new UserError("--resume and --overwrite speak of a model's folder; name it with --out.");
  }
  checkSoftmax(options);
  if (options.momentum && (options.optimizer ?? "adamw") !== "sgd") {
    throw new UserError("--momentum belongs to --optimizer sgd; leave it out or choose sgd.");
  }
}

function checkSoftmax({ softmax, cutoffs, samples, tie }: TrainOptions): void {
  if (cutoffs !== undefined && softmax !== "adaptive") {
    throw new UserError("--cutoffs belongs to --softmax adaptive; leave it out or choose adaptive.");
  }
  if (samples !== undefined && softmax !== "sampled") {
    throw new UserError("--samples belongs to --softmax sampled; leave it out or choose sampled.");
  }
  if (softmax === "adaptive" && tie) {
    throw new UserError(
      "--tie needs the full softmax's decoder, which --softmax adaptive does not have; leave out one of the two.",
    );
  }
  if (softmax !== undefined && !SOFTMAXES.includes(softmax)) {
    throw new UserError(`--softmax is ${JSON.stringify(softmax)}; choose one of ${SOFTMAXES.join(", ")}.`);
  }
  if (cutoffs === undefined) return;
  const ascending = cutoffs.every((cut, i) => Number.isSafeInteger(cut) && cut > (cutoffs[i - 1] ?? 0));
  if (ascending && cutoffs.length > 0) return;
  throw new UserError(
    `--cutoffs is ${cutoffs.join(",")}; give ascending whole numbers above 0, such as 2000,10000.`,
  );
}

function checkNumber(flag: string, value: unknown, { min, max, whole, above, below }: Range): void {
  const ok =
    typeof value === "number" &&
    Number.isFinite(value) &&
    (!whole || Number.isInteger(value)) &&
    (above ? value > min : value >= min) &&
    (below ? value < max : value <= max);
  if (ok) return;
  const kind = whole ? "a whole number" : "a number";
  throw new UserError(
    `${flag} is ${String(value)}; give ${kind} ${above ? "above" : "from"} ${min} ${below ? "and below" : "to"} ${max}.`,
  );
}

/** Settings that a resumed run may change: how long it goes on, and how often it looks. */
const MAY_CHANGE = new Set<keyof TrainSettings>(["limit", "validateEvery", "patience"]);

/**
 * The settings of a resumed run: those of the checkpoint, with what may change taken from the options.
 * @throws UserError where an option asks for something else than the run was begun with
 */
export function resumeSettings(stored: TrainSettings, options: TrainOptions): TrainSettings {
  // A checkpoint that does not name its precision is of a run in float32.
  const saved: TrainSettings = { ...stored, precision: stored.precision ?? "f32" };
  for (const [name, value] of Object.entries(saved)) {
    const asked = (options as Record<string, unknown>)[name];
    if (asked === undefined || MAY_CHANGE.has(name as keyof TrainSettings)) continue;
    if (asked !== value) throw changed(flagOf(name), value, asked);
  }
  const limit = options.epochs ?? options.steps ?? options.maxMinutes;
  return {
    ...saved,
    ...(limit !== undefined && { limit: chooseSettings(options, NO_TEXT).limit }),
    ...(options.validateEvery !== undefined && { validateEvery: options.validateEvery }),
    ...(options.patience !== undefined && { patience: options.patience }),
  };
}

const NO_TEXT: TextSize = { kind: "char", lines: false, characters: 1, vocabulary: 2 };

/** Checks that what was asked of the model is what the model is. @throws UserError */
export function checkSameModel(config: ModelConfig, saved: TrainSettings, options: TrainOptions): void {
  const { dropout } = config;
  const softmax: SoftmaxName = config.adaptive
    ? "adaptive"
    : saved.samples === undefined
      ? "full"
      : "sampled";
  const same: [string, unknown, unknown][] = [
    ["--cell", config.cell, options.cell],
    ["--nonlinearity", config.nonlinearity, options.nonlinearity],
    ["--layers", config.layers, options.layers],
    ["--hidden", config.hidden, options.hidden],
    ["--embedding", config.embedding, options.embedding],
    ["--tie", config.tie, options.tie],
    ["--dropout-embedding", dropout.embedding, options.dropoutEmbedding ?? options.dropout],
    ["--dropout-between", dropout.between, options.dropoutBetween ?? options.dropout],
    ["--dropout-output", dropout.output, options.dropoutOutput ?? options.dropout],
    ["--softmax", softmax, options.softmax],
    ["--cutoffs", config.adaptive?.cutoffs.join(), options.cutoffs?.join()],
  ];
  for (const [flag, value, asked] of same)
    if (asked !== undefined && asked !== value) throw changed(flag, value, asked);
}

/** What is said where a resumed run is asked for something else than it was begun with. */
export function changed(flag: string, value: unknown, asked: unknown): UserError {
  return new UserError(
    `This run was begun with ${flag} ${String(value)} and cannot go on with ${String(asked)}; leave the flag out, or begin anew with --overwrite.`,
  );
}
