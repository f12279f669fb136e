/** The settings of a resumed run: its own, and the options that change them, or must not. */
import { hasOption } from "../cells.js";
import { option, type Sentence, sentence, UserError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { hiddenOf } from "../model/widths.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { WordTokenizer } from "../text/tokenizers/word-tokenizer.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { type CheckpointHeader, isOptional, SETTING_NAMES } from "./checkpoint-header.js";
import { withBelonging } from "./belonging-settings.js";
import { askedLimit } from "./limits.js";
import type { SoftmaxName, TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";

const BEGINNING = "it acts on initial weights alone";

/** Why a resumed run keeps a setting; the others may change. */
const KEPT: Readonly<Partial<Record<keyof TrainSettings, string>>> = {
  seed: "every draw and the order of its text hang on it",
  forgetBias: BEGINNING,
  unigramBias: BEGINNING,
  optimizer: "the moments that it has gathered are that optimizer's",
};
const MODEL = "its weights were learned for that";
/** Why a resumed run does not switch a setting on or off; another value it may have. */
const NOT_SWITCHED: Readonly<Partial<Record<keyof TrainSettings, string>>> = {
  momentum: "without momentum there is no velocity to go on with",
  pastDecode: "what decodes the past learns from the beginning on",
};

/** The settings that a run was begun with. A checkpoint of version 2 has no rates: the model's config has them. */
export function settingsOf({ version, settings }: CheckpointHeader, config: ModelConfig): TrainSettings {
  const { dropout } = config;
  if (version > 2 || !dropout) return settings;
  const { embedding, between, output } = dropout;
  return { ...settings, dropoutEmbedding: embedding, dropoutBetween: between, dropoutOutput: output };
}

/**
 * The settings that a resumed run goes on with: those of the checkpoint, and what the options change of them.
 * @param softmax the run's own
 * @throws UserError where an option asks for what cannot change
 */
export function resumeSettings(
  saved: TrainSettings,
  softmax: SoftmaxName,
  options: TrainOptions,
): TrainSettings {
  const given: { readonly [Name in keyof TrainOptions]: unknown } = withPlaces(options);
  const settings: Record<string, unknown> = { ...saved };
  for (const name of SETTING_NAMES) {
    const requested = given[name];
    if (requested === undefined || isSame(requested, saved[name])) continue;
    const switched = isOff(requested) || isOff(saved[name]);
    const kept = (switched && NOT_SWITCHED[name]) || KEPT[name];
    if (kept !== undefined) throw changed(name, saved[name], requested, kept);
    if (isOff(requested) && isOptional(name)) delete settings[name];
    else settings[name] = requested;
  }
  if (saved.average !== "none" && settings["average"] !== saved.average)
    throw changed("average", saved.average, settings["average"], "what it has averaged is that average's");
  const { softmax: asked = softmax } = options;
  if (asked !== "sampled") delete settings["samples"];
  else settings["samples"] ??= TRAIN_OPTIONS.samples.default;
  const chosen = settings as unknown as TrainSettings;
  return { ...withBelonging(chosen, chosen), limit: askedLimit(options) ?? saved.limit };
}

/** A setting that is not there, false and 0 are the same. */
const isOff = (value: unknown): boolean => value === undefined || value === false || value === 0;
const isSame = (a: unknown, b: unknown): boolean => a === b || (isOff(a) && isOff(b));

/** The options with `dropout` at each place that has none of its own. */
function withPlaces(options: TrainOptions): TrainOptions {
  const { dropout, dropoutEmbedding = dropout, dropoutBetween = dropout, dropoutOutput = dropout } = options;
  return { ...options, dropoutEmbedding, dropoutBetween, dropoutOutput } as TrainOptions;
}

/** How a run learns its probabilities. */
export function softmaxOf({ adaptive }: ModelConfig, { samples }: TrainSettings): SoftmaxName {
  return adaptive ? "adaptive" : samples === undefined ? "full" : "sampled";
}

/**
 * Checks that the options of the model agree with the model. Full and sampled are one architecture.
 * @param refused the error for an option that does not
 * @throws UserError
 */
export function checkSameModel(
  config: ModelConfig,
  softmax: SoftmaxName,
  options: TrainOptions,
  refused: (name: keyof TrainOptions, value: unknown, requested: unknown) => UserError = keepsModel,
): void {
  const otherSoftmax = softmax === "adaptive" || options.softmax === "adaptive";
  const same: [keyof TrainOptions, unknown, unknown][] = [
    ["cell", config.cell, options.cell],
    [
      "nonlinearity",
      hasOption(config.cell, "nonlinearity") ? config.nonlinearity : undefined,
      options.nonlinearity,
    ],
    ["mogrifierRounds", config.mogrify?.rounds, options.mogrifierRounds],
    ["mogrifierRank", config.mogrify?.rank, options.mogrifierRank],
    [
      "inputGate",
      hasOption(config.cell, "inputGate") ? (config.inputGate ?? "free") : undefined,
      options.inputGate,
    ],
    ["layers", config.layers, options.layers],
    ["hidden", String(config.hidden), requestedWidths(config, options)],
    ["embedding", config.embedding, options.embedding],
    ["tie", config.tie, options.tie],
    ["residual", config.residual ?? false, options.residual],
    ["softmax", softmax, otherSoftmax ? options.softmax : undefined],
    ["mixtures", config.mixture?.components, options.mixtures],
    ["cutoffs", config.adaptive?.cutoffs.join(), options.cutoffs?.join()],
  ];
  for (const [name, value, requested] of same)
    if (requested !== undefined && requested !== value) throw refused(name, value, requested);
}

const keepsModel = (name: keyof TrainOptions, value: unknown, requested: unknown): UserError =>
  changed(name, value, requested, MODEL);

/** Why a run keeps its tokenizer. */
const VOCABULARY = "its weights belong to the tokens of its vocabulary";

/** @throws UserError where the options ask for another tokenizer than the run's own */
export function checkSameTokenizer(
  tokenizer: Tokenizer,
  { vocabulary }: CheckpointHeader,
  options: TrainOptions,
): void {
  const { kind, size } = tokenizer;
  const { tokenizer: requested, wordMode } = options;
  if (requested !== undefined && requested !== kind) throw changed("tokenizer", kind, requested, VOCABULARY);
  const mode = tokenizer instanceof WordTokenizer ? tokenizer.mode : undefined;
  if (wordMode !== undefined && wordMode !== mode) throw changed("wordMode", mode, wordMode, VOCABULARY);
  for (const name of ["vocabSize", "minCount"] as const) {
    const value = options[name];
    if (value === undefined || value === vocabulary?.[name]) continue;
    if (vocabulary) throw changed(name, vocabulary[name], value, VOCABULARY);
    // Earlier checkpoints have no such record; a vocabulary that was filled up has the requested size.
    if (name === "vocabSize" && value === size) continue;
    throw new UserError({
      option: name,
      problem: sentence`${option(name, value)} cannot be compared with this run's own value, which its checkpoint does not have`,
      advice: "leave it out",
    });
  }
}

/** The requested widths; a list of equal ones, one for each layer, as the one number that a config has. */
function requestedWidths({ layers }: ModelConfig, { hidden }: TrainOptions): string | undefined {
  if (hidden === undefined) return undefined;
  return String(typeof hidden === "object" && hidden.length === layers ? hiddenOf(hidden) : hidden);
}

/**
 * The error where an option asks for what a resumed run keeps.
 * @param why it does, where that is not said otherwise
 */
export function changed(
  name: keyof TrainOptions,
  value: unknown,
  requested: unknown,
  why?: string,
): UserError {
  const plain = [value, requested].every((one) => one !== undefined && typeof one !== "boolean");
  const other = plain ? `with ${String(requested)}` : withOrWithout(name, requested);
  return new UserError({
    option: name,
    problem: sentence`This run was begun ${withOrWithout(name, value)} and cannot go on ${other}${why === undefined ? "" : `, since ${why}`}`,
    advice: "leave it out, or begin a new run",
  });
}

/** "without --tie", "with --hidden 128" */
export function withOrWithout(name: string, value: unknown): Sentence {
  if (value === undefined || value === false) return sentence`without ${option(name)}`;
  return sentence`with ${option(name, value === true ? undefined : value)}`;
}
