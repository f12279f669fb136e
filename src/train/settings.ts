/**
 * From options to settings: every choice that a person left open is made here, once, from the size of the text. The
 * settings are kept in the checkpoint; a resumed run has to agree with them.
 */
import { loadPart } from "../load-part.js";
import type { Regularisation } from "../layers/regularisation.js";
import { type ModelConfig, modelConfig } from "../model/config.js";
import { lastHiddenSize } from "../model/widths.js";
import { option, sentence, UserError } from "../errors.js";
import { defaultOf } from "../options/defaults.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { askedLimit } from "./limits.js";
import type { TrainOptions } from "./options.js";
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

/** Tokens that a run of default length reads: some minutes on two cores at the default sizes. */
const DEFAULT_RUN_TOKENS = 12e6;

function expectedTokens({ kind, characters }: TextSize): number {
  return Math.max(1, characters / CHARACTERS_PER_TOKEN[kind]);
}

/** The architecture: given sizes, and the others by the size of the text (cut-offs once the tokens are counted). */
export async function chooseModel(options: TrainOptions, size: TextSize): Promise<ModelConfig> {
  const n = expectedTokens(size);
  const hidden = options.hidden ?? (n < 60_000 ? 128 : n < 8e6 ? 256 : 512);
  const layers = chosenLayers(options) ?? (n < 2e6 ? 1 : 2);
  const tie = options.tie ?? TRAIN_OPTIONS.tie.default;
  const last = lastHiddenSize({ hidden, layers });
  const embedding = options.embedding ?? (size.kind === "char" && !tie ? Math.min(64, last) : last);
  return modelConfig({
    vocabulary: size.vocabulary,
    cell: options.cell ?? TRAIN_OPTIONS.cell.default,
    nonlinearity: options.nonlinearity ?? TRAIN_OPTIONS.nonlinearity.default,
    hidden,
    layers,
    embedding,
    tie,
    ...(options.softmax === "adaptive" && {
      adaptive: (await cutting()).adaptiveCuts(options, size.vocabulary, last),
    }),
    ...(options.mixtures !== undefined && { mixture: { components: options.mixtures } }),
  });
}

/** The number of layers that was asked for, by itself or by a list of widths. @throws UserError where the two differ */
function chosenLayers({ layers, hidden }: TrainOptions): number | undefined {
  if (hidden === undefined || typeof hidden === "number") return layers;
  if (layers === undefined || layers === hidden.length) return hidden.length;
  throw new UserError({
    option: "layers",
    problem: sentence`${option("hidden", hidden.join(","))} is of ${hidden.length} ${hidden.length === 1 ? "layer" : "layers"}, not of ${option("layers", layers)}`,
    advice: sentence`leave out ${option("layers")}, or give a width for each layer`,
  });
}

/** The architecture once the tokens are counted: cut-offs that were left open are chosen now. */
export async function withCounts(
  config: ModelConfig,
  options: TrainOptions,
  counts: () => ArrayLike<number>,
): Promise<ModelConfig> {
  if (!config.adaptive || options.cutoffs) return config;
  const { adaptiveCuts } = await cutting();
  return { ...config, adaptive: adaptiveCuts(options, config.vocabulary, lastHiddenSize(config), counts) };
}

const cutting = () => loadPart(import("./adaptive-cuts.js"));

function defaultEpochs(size: TextSize): number {
  return Math.min(40, Math.max(1, Math.round(DEFAULT_RUN_TOKENS / expectedTokens(size))));
}

/** The settings of training: given ones, and the others by the size of the text (see also `fitSettings`). */
export function chooseSettings(options: TrainOptions, size: TextSize): TrainSettings {
  const { warmup, cooldown, clip, seed, samples, precision, optimizer, updateRows } = TRAIN_OPTIONS;
  const schedule = options.schedule ?? TRAIN_OPTIONS.schedule.default;
  /** The default of a number, by the words that were chosen. */
  const usual = (name: keyof typeof TRAIN_OPTIONS): number =>
    defaultOf(TRAIN_OPTIONS, name, { ...options, tokenizer: size.kind }) as number;
  const seqLen = options.seqLen ?? usual("seqLen");
  return {
    batchSize: options.batchSize ?? chosenBatchSize(size, seqLen),
    seqLen,
    ...(options.varySeqLen && { varySeqLen: true }),
    ...(options.rotateStreams && { rotateStreams: true }),
    optimizer: options.optimizer ?? optimizer.default,
    updateRows: options.updateRows ?? updateRows.default,
    lr: options.lr ?? usual("lr"),
    momentum: options.momentum ?? usual("momentum"),
    weightDecay: options.weightDecay ?? usual("weightDecay"),
    schedule,
    warmup: options.warmup ?? warmup.default,
    ...(schedule === "trapezoid" && { cooldown: options.cooldown ?? cooldown.default }),
    clip: options.clip ?? clip.default,
    validateEvery: options.validateEvery ?? 0,
    patience: options.patience ?? 0,
    ...(options.sampleEvery && { sampleEvery: options.sampleEvery }),
    seed: options.seed ?? seed.default,
    ...(options.softmax === "sampled" && { samples: options.samples ?? samples.default }),
    precision: options.precision ?? precision.default,
    ...chooseRegularisation(options, size),
    limit: askedLimit(options) ?? { epochs: defaultEpochs(size) },
  };
}

/** The rates: given ones, and dropout where the text is read more than a few times. */
function chooseRegularisation(options: TrainOptions, size: TextSize): Regularisation {
  const everywhere = options.dropout ?? (defaultEpochs(size) > 4 ? (size.kind === "char" ? 0.1 : 0.3) : 0);
  return {
    // A table row dropped in part hurts more than it helps with few distinct characters.
    dropoutEmbedding: options.dropoutEmbedding ?? options.dropout ?? (size.kind === "char" ? 0 : everywhere),
    dropoutBetween: options.dropoutBetween ?? everywhere,
    dropoutOutput: options.dropoutOutput ?? everywhere,
    lockedDropout: options.lockedDropout ?? TRAIN_OPTIONS.lockedDropout.default,
    dropoutWords: options.dropoutWords ?? TRAIN_OPTIONS.dropoutWords.default,
    weightDrop: options.weightDrop ?? TRAIN_OPTIONS.weightDrop.default,
    ar: options.ar ?? TRAIN_OPTIONS.ar.default,
    tar: options.tar ?? TRAIN_OPTIONS.tar.default,
  };
}

/** Updates that an epoch has at least, where the text is long enough. */
const LEAST_UPDATES = 30;

/** Short texts get few sequences side by side, so that an epoch still has a few dozen updates. */
function chosenBatchSize(size: TextSize, seqLen: number): number {
  const most = Math.max(1, expectedTokens(size) / (seqLen * LEAST_UPDATES));
  return Math.min(TRAIN_OPTIONS.batchSize.default, 2 ** Math.floor(Math.log2(most)));
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
