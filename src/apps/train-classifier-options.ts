/** What `trainClassifier` is told, and what is used where something is not said. */
import type { EngineName } from "../engine/create.js";
import { option, sentence, UserError } from "../errors.js";
import type { Engine } from "../engine/engine.js";
import type { ClassifierPool } from "../model/config.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { TRAIN_CLASSIFIER_OPTIONS } from "../options/classify-options.js";
import type { LoadedModel } from "./loaded-model.js";

export interface TrainClassifierOptions {
  /**
   * The language model: a folder that `train` wrote, or a model that was loaded. It stays as it is. Default: one is learned
   * from the texts.
   */
  readonly from?: string | LoadedModel;
  /** The folder to write. */
  readonly out: string;
  /** Replace the model that is in `out`. */
  readonly overwrite?: boolean;
  /** How the states of a text's tokens become one vector; default "concat". */
  readonly pool?: ClassifierPool;
  /** "balanced": the texts of each label count as many times less as there are more of them; default "none". */
  readonly classWeights?: "none" | "balanced";
  /** Default 1. */
  readonly seed?: number;
  /**
   * Passes over the texts without their labels, in which the language model learns them first; default 0, 2 with `fineTune`,
   * 10 without `from`.
   */
  readonly textEpochs?: number;
  /** Head and recurrent layers learn together (Howard and Ruder, 2018); default false: the head alone. */
  readonly fineTune?: boolean;
  /** With `fineTune`: passes over the labelled texts at most, default 8. */
  readonly epochs?: number;
  /** With `fineTune`: highest rate, default 0.003. */
  readonly lr?: number;
  /** With `fineTune`: texts of an update, default 16. */
  readonly batchSize?: number;
  /** With `fineTune`: default 0.2. */
  readonly dropout?: number;
  readonly threads?: number;
  readonly engine?: EngineName | Engine;
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly onProgress?: ((progress: ClassifierProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far the training is. */
export interface ClassifierProgress {
  /** Learning the texts without labels, reading them for their vectors, fitting the head, learning with the layers. */
  readonly what: "texts" | "reading" | "fitting" | "fine-tuning";
  /** Updates, texts, penalties, or passes that were made, of `total` at most. */
  readonly done: number;
  readonly total: number;
  /** Of fine-tuning: what the texts that are held out cost, in nats a text. */
  readonly heldOutLoss?: number;
}

type Open = "from" | "threads" | "engine" | "onNotice" | "onProgress" | "signal";

export type TrainClassifierSettings = Required<Omit<TrainClassifierOptions, Open>> &
  Pick<TrainClassifierOptions, Open>;

/** Passes over the texts where there is no model to begin with, and with fine-tuning. */
const FROM_SCRATCH = 10;
const WITH_FINE_TUNING = 2;

/** @throws UserError for options that make no sense */
export function trainClassifierSettings(options: TrainClassifierOptions): TrainClassifierSettings {
  checkOptions("trainClassifier", options, TRAIN_CLASSIFIER_OPTIONS);
  checkBelonging(options, TRAIN_CLASSIFIER_OPTIONS);
  if (options.from === undefined && options.textEpochs === 0)
    throw new UserError({
      option: "textEpochs",
      problem: sentence`${option("textEpochs", 0)} leaves no model: without ${option("from")} one is learned of the texts`,
      advice: sentence`name a model with ${option("from")}, or leave ${option("textEpochs")} out`,
    });
  const usual = TRAIN_CLASSIFIER_OPTIONS;
  const fineTune = options.fineTune ?? usual.fineTune.default;
  const tuned = fineTune ? WITH_FINE_TUNING : 0;
  return {
    overwrite: usual.overwrite.default,
    pool: usual.pool.default,
    classWeights: usual.classWeights.default,
    seed: usual.seed.default,
    textEpochs: options.from === undefined ? FROM_SCRATCH : tuned,
    epochs: usual.epochs.default,
    lr: usual.lr.default,
    batchSize: usual.batchSize.default,
    dropout: usual.dropout.default,
    ...options,
    fineTune,
  };
}
