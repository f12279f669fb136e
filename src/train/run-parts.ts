/**
 * The model, optimizer and batches of a run, made from its settings once its text is encoded; the same on Node and in a
 * page.
 */
import { CELL_TABLE } from "../cells.js";
import type { Engine } from "../engine/engine.js";
import type { CandidateSampler } from "../layers/candidate-sampler.js";
import type { PastDecode } from "../layers/past-decode.js";
import type { ModelConfig } from "../model/config.js";
import { loadPart } from "../load-part.js";
import { initialise } from "../model/initialise.js";
import { LanguageModel } from "../model/language-model.js";
import { modelMakers } from "../model/model-makers.js";
import type { WeightAverage } from "../optim/average.js";
import { loadOptimizer } from "../optim/make-optimizer.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Batches } from "../text/windows/batches.js";
import type { PreparedEvent } from "./events.js";
import type { TrainSettings } from "./run-settings.js";
import type { PreparedText } from "./prepare.js";
import { type Trained, trainedParameters } from "./trained-parameters.js";
import { trainingBatches, validationBatches } from "./windows.js";

export interface RunParts {
  readonly model: LanguageModel;
  /** Of past-decode regularisation. */
  readonly pastDecode: PastDecode | undefined;
  readonly optimizer: Optimizer;
  readonly average: WeightAverage | undefined;
  readonly batches: Batches;
  readonly validation: Batches;
  /** Of a sampled softmax. */
  readonly sampler: CandidateSampler | undefined;
}

/** @throws UserError where the text is too short for a window */
export async function makeRunParts(
  engine: Engine,
  { train, valid, validName, counts }: Pick<PreparedText, "train" | "valid" | "validName" | "counts">,
  config: ModelConfig,
  settings: TrainSettings,
): Promise<RunParts> {
  const { seqLen, seed, samples, forgetBias, unigramBias } = settings;
  const batches = trainingBatches(train, settings);
  const validation = validationBatches(valid, seqLen, validName);
  const { makeRegularisers: regularisers } = await loadPart(import("../model/parts/regularisers.js"));
  const model = new LanguageModel(engine, config, { ...(await modelMakers(config)), regularisers });
  initialise(model, seed, { forgetBias, ...(unigramBias && { unigram: counts() }) });
  const pastDecode = await makePastDecode(engine, config, settings);
  const optimizer = await makeOptimizer({ model, pastDecode }, settings);
  const sampler = samples === undefined ? undefined : await makeSampler(counts(), samples);
  const average = await makeAverage(model, settings);
  return { model, pastDecode, optimizer, average, batches, validation, sampler };
}

/** Of a run that begins with a model, one for each layer; that is loaded with the first of them. */
async function makeOptimizer(trained: Trained, settings: TrainSettings): Promise<Optimizer> {
  const { engine, config } = trained.model;
  const { gates } = CELL_TABLE[config.cell];
  const how = { ...settings, name: settings.optimizer, gates };
  const parameters = trainedParameters(trained);
  const { layerDecay } = settings;
  if (layerDecay === undefined) return loadOptimizer(engine, parameters, how);
  const { loadLayered } = await loadPart(import("../optim/layered.js"));
  return loadLayered(engine, config, parameters, { ...how, layerDecay });
}

/** The average of weights is loaded with the first run that has one. */
async function makeAverage(
  { engine, parameters }: LanguageModel,
  { average: name, averageSpan: span, averageEvery: every, averageInterval: interval }: TrainSettings,
): Promise<WeightAverage | undefined> {
  if (name === "none") return undefined;
  const { WeightAverage: Average } = await loadPart(import("../optim/average.js"));
  return new Average(engine, parameters, { name, span, every: every!, interval });
}

/** What decodes past tokens is loaded with the first run that does. */
async function makePastDecode(
  engine: Engine,
  { embedding, vocabulary }: ModelConfig,
  { pastDecode: strength, seed }: TrainSettings,
): Promise<PastDecode | undefined> {
  if (strength === undefined) return undefined;
  const { PastDecode: Decoder } = await loadPart(import("../layers/past-decode.js"));
  const made = new Decoder(engine, embedding, vocabulary, strength);
  made.initialise(seed);
  return made;
}

/** The candidate sampler is loaded with the first run that samples. */
async function makeSampler(counts: Float64Array, samples: number): Promise<CandidateSampler> {
  const { CandidateSampler: Sampler } = await loadPart(import("../layers/candidate-sampler.js"));
  return new Sampler(counts, samples);
}

/** The event before a run's first step. */
export function preparedEvent(
  { model, batches }: RunParts,
  { train, valid }: Pick<PreparedText, "train" | "valid">,
  rest: Pick<PreparedEvent, "out" | "settings" | "recipe" | "memoryBytes" | "startStep" | "origin">,
): PreparedEvent {
  const { engine, config, parameterCount } = model;
  return {
    type: "prepared",
    ...rest,
    engine: engine.name,
    isa: engine.isa,
    threads: engine.threads,
    config,
    parameterCount,
    trainTokens: train.stats.tokens,
    validTokens: valid.stats.tokens,
    stepsPerEpoch: batches.windows(0),
  };
}
