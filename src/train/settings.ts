/**
 * From options to a model's architecture and a run's settings, which are kept in the checkpoint. What a person left open is
 * chosen in plan.ts.
 */
import { option, sentence, UserError } from "../errors.js";
import type { Engine } from "../engine/engine.js";
import type { Regularisation } from "../layers/regularisation.js";
import { type ModelConfig, modelConfig, withVocabulary } from "../model/config.js";
import { lastHiddenSize } from "../model/widths.js";
import { defaultOf } from "../options/defaults.js";
import type { ScheduleName } from "../optim/schedule.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { adaptiveCuts } from "./adaptive-cuts.js";
import { cellOptions } from "./cell-options.js";
import { askedLimit } from "./limits.js";
import { withBelonging } from "./belonging-settings.js";
import type { TrainOptions } from "./options.js";
import type { PlannedOptions, PlanText } from "./plan.js";
import type { TrainSettings } from "./run-settings.js";

/** The known properties of the text when the sizes are chosen. */
export interface TextSize {
  readonly kind: TokenizerKind;
  readonly lines: boolean;
  /** Characters to train on. */
  readonly characters: number;
  readonly vocabulary: number;
}

/** Characters that a token stands for, roughly: only to choose sizes before the text is encoded. */
const CHARACTERS_PER_TOKEN = { char: 1, bpe: 3.5, word: 5.5 } as const;

/** The text as a plan takes it, before its tokens are counted. */
export function expectedText({ kind, lines, characters, vocabulary }: TextSize): PlanText {
  return { kind, lines, tokens: Math.max(1, characters / CHARACTERS_PER_TOKEN[kind]), vocabulary };
}

/**
 * The architecture (cut-offs are chosen once the tokens are counted).
 * @param origin of the model to begin with, whose architecture it is, with the tokens that were added
 */
export function chooseModel(options: PlannedOptions, size: TextSize, origin?: ModelConfig): ModelConfig {
  const { hidden, layers, embedding, tie } = options;
  checkPastDecode(options, tie);
  if (origin) return withVocabulary(origin, size.vocabulary);
  const cell = options.cell ?? TRAIN_OPTIONS.cell.default;
  return modelConfig({
    vocabulary: size.vocabulary,
    cell,
    ...cellOptions(cell, options),
    nonlinearity: options.nonlinearity ?? TRAIN_OPTIONS.nonlinearity.default,
    hidden,
    layers,
    embedding,
    tie,
    residual: options.residual ?? TRAIN_OPTIONS.residual.default,
    ...(options.softmax === "adaptive" && {
      adaptive: adaptiveCuts(options, size.vocabulary, lastHiddenSize({ hidden, layers })),
    }),
    ...(options.mixtures !== undefined && { mixture: { components: options.mixtures } }),
  });
}

/** @throws UserError where there is no one weight of embedding and softmax to decode the past by */
function checkPastDecode({ pastDecode, mixtures }: TrainOptions, tie: boolean): void {
  if (!pastDecode) return;
  if (!tie) {
    throw new UserError({
      option: "pastDecode",
      problem: sentence`${option("pastDecode")} decodes past tokens by the weight that embedding and decoder share`,
      advice: sentence`give ${option("tie")}, too, or leave it out`,
    });
  }
  if (mixtures === undefined) return;
  throw new UserError({
    option: "pastDecode",
    problem: sentence`${option("pastDecode")} decodes past tokens from one softmax, not from ${option("mixtures")}`,
    advice: "leave out one of the two",
  });
}

/** The architecture once the tokens are counted: cut-offs that were left open are chosen now. */
export function withCounts(
  config: ModelConfig,
  options: TrainOptions,
  counts: () => ArrayLike<number>,
): ModelConfig {
  if (!config.adaptive || options.cutoffs) return config;
  return { ...config, adaptive: adaptiveCuts(options, config.vocabulary, lastHiddenSize(config), counts) };
}

/**
 * The settings of training (see also `fitSettings`).
 * @param engine has the precision that was asked for
 * @throws Error where neither a person nor the plan limits the run
 */
export function chooseSettings(
  options: PlannedOptions,
  size: TextSize,
  engine: Pick<Engine, "trainingOperands">,
): TrainSettings {
  const { average, clip, seed, samples, optimizer, updateRows, unigramBias, layerDecay } = TRAIN_OPTIONS;
  const words = { ...options, tokenizer: size.kind };
  /** The default of a number or a word, by the words that were chosen. */
  const usual = <Value extends number | string = number>(name: keyof typeof TRAIN_OPTIONS): Value =>
    defaultOf(TRAIN_OPTIONS, name, words) as Value;
  const limit = askedLimit(options);
  if (!limit) throw new Error("a run without a limit");
  const settings: TrainSettings = {
    batchSize: options.batchSize,
    seqLen: options.seqLen,
    ...(options.varySeqLen && { varySeqLen: true }),
    ...(options.rotateStreams && { rotateStreams: true }),
    optimizer: options.optimizer ?? optimizer.default,
    updateRows: options.updateRows ?? updateRows.default,
    lr: options.lr,
    momentum: options.momentum ?? usual("momentum"),
    weightDecay: options.weightDecay ?? usual("weightDecay"),
    schedule: options.schedule ?? usual<ScheduleName>("schedule"),
    warmup: options.warmup ?? usual("warmup"),
    average: options.average ?? average.default,
    clip: options.clip ?? clip.default,
    validateEvery: options.validateEvery ?? 0,
    patience: options.patience ?? 0,
    ...(options.sampleEvery && { sampleEvery: options.sampleEvery }),
    ...(options.forgetBias !== undefined && { forgetBias: options.forgetBias }),
    ...((options.unigramBias ?? unigramBias.default) && { unigramBias: true }),
    seed: options.seed ?? seed.default,
    ...(options.pastDecode && { pastDecode: options.pastDecode }),
    ...(options.softmax === "sampled" && { samples: options.samples ?? samples.default }),
    ...(options.from !== undefined && { layerDecay: options.layerDecay ?? layerDecay.default }),
    ...(options.unfreezeEvery && { unfreezeEvery: options.unfreezeEvery }),
    precision: engine.trainingOperands === "bf16" ? "bf16" : "f32",
    ...regularisationOf(options),
    limit,
  };
  return withBelonging(settings, options);
}

/** The rates: one dropout at the places that have none of their own. */
function regularisationOf(options: PlannedOptions): Regularisation {
  const { dropout = 0, lockedDropout, dropoutWords, weightDrop, dropoutState, ar, tar } = options;
  const { dropoutEmbedding = dropout, dropoutBetween = dropout, dropoutOutput = dropout } = options;
  return {
    dropoutEmbedding,
    dropoutBetween,
    dropoutOutput,
    lockedDropout: lockedDropout ?? TRAIN_OPTIONS.lockedDropout.default,
    dropoutWords: dropoutWords ?? TRAIN_OPTIONS.dropoutWords.default,
    weightDrop: weightDrop ?? TRAIN_OPTIONS.weightDrop.default,
    dropoutState: dropoutState ?? TRAIN_OPTIONS.dropoutState.default,
    ar: ar ?? TRAIN_OPTIONS.ar.default,
    tar: tar ?? TRAIN_OPTIONS.tar.default,
  };
}

/**
 * The settings once the tokens are counted: sizes that were not given become so small that the text fills one window. A
 * given size stays.
 */
export function fitSettings(
  settings: TrainSettings,
  options: TrainOptions,
  { tokens, lines }: { readonly tokens: number; readonly lines: number | undefined },
): TrainSettings {
  // A window of lines has one line a row; one of running text T tokens a row, and one more to predict.
  const mostRows = lines ?? tokens - 1;
  const batchSize = options.batchSize ?? Math.max(1, Math.min(settings.batchSize, mostRows));
  const mostSteps = lines === undefined ? Math.floor((tokens - 1) / batchSize) : Infinity;
  const seqLen = options.seqLen ?? Math.max(1, Math.min(settings.seqLen, mostSteps));
  return { ...settings, batchSize, seqLen };
}
