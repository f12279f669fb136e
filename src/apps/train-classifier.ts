/** Trains a classifier: labelled texts and a language model into a folder with both, the model and a head. */
import { checkPath } from "../argument-checks.js";
import { calibrate } from "../classify/calibrate.js";
import { headTensors } from "../classify/head-tensors.js";
import { heldTexts, labelCounts, labelNumbers, type LabelledInput } from "../classify/labelled-text.js";
import type { ClassifierMeasures } from "../classify/measures.js";
import { writeModelFolder } from "../format/model-folder.js";
import { modelConfig } from "../model/config.js";
import type { LabelledText } from "../text/labelled-text.js";
import { checkNewModel } from "./check-new-model.js";
import type { Classifier, ClassifierEvaluation } from "./classifier.js";
import { modelOf, sourceAt } from "./classifier-origin.js";
import { type ClassifierRecord, keptMeasures, recordMetadata } from "./classifier-record.js";
import { learnHead, type LearnedHead } from "./learn-head.js";
import { loadClassifier } from "./load-classifier.js";
import { type TrainClassifierOptions, trainClassifierSettings } from "./train-classifier-options.js";

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
  const settings = trainClassifierSettings(options);
  const { from, out, overwrite, pool, classWeights, seed, textEpochs, fineTune, signal } = settings;
  checkPath("out", out);
  await checkNewModel(out, overwrite, typeof from === "string" ? await sourceAt(from) : undefined);
  const held = await heldTexts(texts, "training a classifier");
  const { labels, counts } = labelCounts(held);
  const numbers = labelNumbers(held, labels);
  const origin = await modelOf(settings, held);
  const { loaded, metrics } = origin;
  const weights = counts.map((count) =>
    classWeights === "balanced" ? held.length / (labels.length * count) : 1,
  );
  const learned = await learnHead(origin, held, numbers, weights, settings);
  const own = Int32Array.from(learned.heldOut, (n) => numbers[n]!);
  const { temperature, heldOut, uncalibrated } = calibrate(learned.logits, own, labels, WORST);
  const record: ClassifierRecord = {
    counts,
    classWeights,
    seed,
    textEpochs,
    fineTuned: fineTune ? { epochs: learned.epochs! } : null,
    penalty: learned.penalty,
    temperature,
    heldOut: keptMeasures(heldOut),
    uncalibrated: keptMeasures(uncalibrated),
  };
  const { format: _, version: __, dropout: ___, ...architecture } = loaded.config;
  const config = modelConfig({ ...architecture, classifier: { labels, pool } });
  const head = [learned.weight, learned.bias].map((part) => part.map((x) => x / temperature));
  signal?.throwIfAborted();
  await writeModelFolder(out, {
    config,
    tokenizerJson: loaded.tokenizer.toJSON(),
    weights: [...learned.tensors, ...headTensors(config, head)],
    metadata: { format: "pt", ...recordMetadata(record) },
    ...(metrics !== undefined && { metrics }),
  });
  // As it was written: what is told of it holds for the files.
  const classifier = await loadClassifier(out, { engine: loaded.model.engine });
  return { ...record, classifier, out, labels, worst: worstOf(heldOut, learned, held) };
}

function worstOf(
  { worst }: ClassifierMeasures,
  { heldOut }: LearnedHead,
  held: readonly LabelledText[],
): ClassifierEvaluation["worst"] {
  return worst.map((wrong) => {
    const index = heldOut[wrong.index]!;
    return { ...held[index]!, ...wrong, index };
  });
}
