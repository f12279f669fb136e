/** What a run trains with, made from its settings once its text is encoded; the same on Node and in a page. */
import type { Engine } from "../engine/engine.js";
import { CandidateSampler } from "../layers/candidate-sampler.js";
import type { ModelConfig } from "../model/config.js";
import { LanguageModel } from "../model/language-model.js";
import { makeOptimizer } from "../optim/make-optimizer.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Batches } from "../text/windows/batches.js";
import type { PreparedEvent } from "./events.js";
import type { TrainSettings } from "./run-settings.js";
import type { PreparedText } from "./prepare.js";
import { trainingBatches, validationBatches } from "./windows.js";

export interface RunParts {
  readonly model: LanguageModel;
  readonly optimizer: Optimizer;
  readonly batches: Batches;
  readonly validation: Batches;
  /** Of a sampled softmax. */
  readonly sampler: CandidateSampler | undefined;
}

/** @throws UserError where the text is too short for a window */
export function makeRunParts(
  engine: Engine,
  { train, valid, counts }: Pick<PreparedText, "train" | "valid" | "counts">,
  config: ModelConfig,
  settings: TrainSettings,
): RunParts {
  const { batchSize, seqLen, seed, optimizer: name, momentum, weightDecay, samples } = settings;
  const batches = trainingBatches(train, batchSize, seqLen, seed);
  const validation = validationBatches(valid, seqLen);
  const model = LanguageModel.create(engine, config, seed);
  const optimizer = makeOptimizer(engine, model.parameters, { name, momentum, weightDecay });
  const sampler = samples === undefined ? undefined : new CandidateSampler(counts(), samples);
  return { model, optimizer, batches, validation, sampler };
}

/** What is told of a run before its first step. */
export function preparedEvent(
  { model, batches }: RunParts,
  { train, valid }: Pick<PreparedText, "train" | "valid">,
  rest: Pick<PreparedEvent, "out" | "settings" | "memoryBytes" | "startStep">,
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
