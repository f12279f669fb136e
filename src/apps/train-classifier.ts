/** Trains a classifier: labelled texts and a language model into a folder with both, the model and a head. */
import { checkPath } from "../argument-checks.js";
import type { EngineName } from "../engine/create.js";
import type { Engine } from "../engine/engine.js";
import { type FittedHead, fitHead } from "../classify/fit-head.js";
import { headTensors } from "../classify/head-tensors.js";
import { heldTexts, labelCounts, labelNumbers, type LabelledInput } from "../classify/labelled-text.js";
import { writeModelFolder } from "../format/model-folder.js";
import { type ClassifierPool, modelConfig } from "../model/config.js";
import { outputWidth } from "../model/widths.js";
import { checkOptions } from "../options/check.js";
import { TRAIN_CLASSIFIER_OPTIONS } from "../options/classify-options.js";
import type { LabelledText } from "../text/labelled-text.js";
import { Embedder } from "../vectors/embedder.js";
import { checkNewModel } from "./check-new-model.js";
import type { Classifier, ClassifierEvaluation } from "./classifier.js";
import { modelOf, sourceAt } from "./classifier-origin.js";
import { type ClassifierRecord, keptMeasures, recordMetadata } from "./classifier-record.js";
import { loadClassifier } from "./load-classifier.js";
import type { LoadedModel } from "./loaded-model.js";

export interface TrainClassifierOptions {
  /** The language model: a folder that `train` wrote, or a model that was loaded. It stays as it is. */
  readonly from: string | LoadedModel;
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
  readonly threads?: number;
  readonly engine?: EngineName | Engine;
  readonly onNotice?: ((message: string) => void) | undefined;
  readonly onProgress?: ((progress: ClassifierProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far the training is. */
export interface ClassifierProgress {
  readonly what: "reading" | "fitting";
  /** Texts read, or penalties tried, of at most `total`. */
  readonly done: number;
  readonly total: number;
}

export interface TrainedClassifier extends ClassifierRecord {
  readonly classifier: Classifier;
  readonly out: string;
  readonly labels: readonly string[];
  /** Of the texts while they were held out, those told wrong most surely. */
  readonly worst: ClassifierEvaluation["worst"];
}

/** Wrong texts that are told of those that were held out. */
const WORST = 10;

/**
 * @param texts each with its label: two labels at least, and of each two texts
 * @throws UserError for options that make no sense, texts that nothing can be learned from, and what `writeModelFolder`
 *   throws: what was there is then as it was; the signal's reason where that ended it
 */
export async function trainClassifier(
  texts: LabelledInput,
  options: TrainClassifierOptions,
): Promise<TrainedClassifier> {
  checkOptions("trainClassifier", options, TRAIN_CLASSIFIER_OPTIONS);
  const { out, overwrite = TRAIN_CLASSIFIER_OPTIONS.overwrite.default } = options;
  const { pool = TRAIN_CLASSIFIER_OPTIONS.pool.default } = options;
  const { classWeights = TRAIN_CLASSIFIER_OPTIONS.classWeights.default } = options;
  const { seed = TRAIN_CLASSIFIER_OPTIONS.seed.default, signal, onProgress } = options;
  checkPath("out", out);
  const source = typeof options.from === "string" ? await sourceAt(options.from) : undefined;
  await checkNewModel(out, overwrite, source);
  const { loaded, tensors, metrics } = await modelOf(options);
  const held = await heldTexts(texts, "training a classifier");
  const { labels, counts } = labelCounts(held);
  const { model, tokenizer, config } = loaded;
  const embedder = new Embedder(model, tokenizer, outputWidth(config), { pool });
  const blocks = await vectorsOf(embedder, held, options);
  const weights = counts.map((count) =>
    classWeights === "balanced" ? held.length / (labels.length * count) : 1,
  );
  const fitted = await fitHead(
    model.engine,
    blocks,
    embedder.width,
    labelNumbers(held, labels),
    labels,
    {
      classWeights: weights,
      seed,
      signal,
      onProgress: (done, total) => onProgress?.({ what: "fitting", done, total }),
    },
    WORST,
  );
  const record: ClassifierRecord = {
    counts,
    classWeights,
    seed,
    penalty: fitted.penalty,
    temperature: fitted.temperature,
    heldOut: keptMeasures(fitted.heldOut),
    uncalibrated: keptMeasures(fitted.uncalibrated),
  };
  const { format: _, version: __, dropout: ___, ...architecture } = config;
  const whole = modelConfig({ ...architecture, classifier: { labels, pool } });
  signal?.throwIfAborted();
  await writeModelFolder(out, {
    config: whole,
    tokenizerJson: tokenizer.toJSON(),
    weights: [...tensors, ...headTensors(whole, [fitted.weight, fitted.bias])],
    metadata: { format: "pt", ...recordMetadata(record) },
    ...(metrics !== undefined && { metrics }),
  });
  // As it was written: what is told of it holds for the files.
  const classifier = await loadClassifier(out, { engine: model.engine });
  return { ...record, classifier, out, labels, worst: worstOf(fitted, held) };
}

/** The vectors of all texts, as they were pooled. */
async function vectorsOf(
  embedder: Embedder,
  held: readonly LabelledText[],
  { onProgress, signal }: TrainClassifierOptions,
): Promise<Float32Array[]> {
  const blocks: Float32Array[] = [];
  let done = 0;
  for await (const { texts, vectors } of embedder.groups(held, ({ text }) => text, signal)) {
    blocks.push(vectors);
    onProgress?.({ what: "reading", done: (done += texts.length), total: held.length });
  }
  return blocks;
}

function worstOf(
  { heldOut, heldOutRows }: FittedHead,
  held: readonly LabelledText[],
): ClassifierEvaluation["worst"] {
  return heldOut.worst.map((wrong) => {
    const index = heldOutRows[wrong.index]!;
    return { ...held[index]!, ...wrong, index };
  });
}
