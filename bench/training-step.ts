/** One training step of a workload, ready to be timed. */
import type { Engine } from "../src/engine/engine.js";
import { Random } from "../src/engine/random.js";
import { CELL_TABLE } from "../src/cells.js";
import { type ModelConfig, modelConfig } from "../src/model/config.js";
import { createModel } from "../src/model/create-model.js";
import { addSquares, clipScale } from "../src/optim/clip.js";
import { makeOptimizer } from "../src/optim/make-optimizer.js";
import type { ModelSizes, TrainingWorkload } from "./workloads.js";

const CLIP = 0.25;
const RATES = { adam: 1e-3, sgd: 1 } as const;

/** The config of a model of some sizes. */
export function configOf(sizes: ModelSizes): ModelConfig {
  const { cell, vocabulary, embedding, hidden, layers, tie = false } = sizes;
  return modelConfig({ cell, vocabulary, embedding, hidden, layers, tie });
}

/** A step over random ids: forward, backward, clip, update, state carried. */
export function trainingStep(engine: Engine, workload: TrainingWorkload): () => void {
  const { vocabulary, batch: B, steps: T, optimizer: name, dropout: p = 0 } = workload;
  const regularisation = { dropoutEmbedding: p, dropoutBetween: p, dropoutOutput: p };
  const model = createModel(engine, configOf(workload), 1);
  const random = new Random(1);
  const draw = () => new Int32Array(T * B).map(() => random.below(vocabulary));
  const window = { T, B, inputs: draw(), targets: draw() };
  const state = model.zeroState(B);
  const sums = engine.sums();
  const optimizer = makeOptimizer(engine, model.parameters, { name, momentum: 0, weightDecay: 0 });
  let step = 0;
  return () => {
    sums.clear();
    model.train(window, state, { draw: { seed: 1, step: step++ }, regularisation }, sums);
    addSquares(engine, model.parameters, sums);
    optimizer.step(RATES[name], clipScale(Math.sqrt(sums.readNow().squares), CLIP));
    model.weightsChanged();
  };
}

/** Multiply-adds × 2 of a step: 6 a token and weight of the recurrent and output matrices. */
export function flopsPerStep({
  cell,
  vocabulary,
  embedding,
  hidden,
  layers,
  batch,
  steps,
}: TrainingWorkload): number {
  const { gates, readsState } = CELL_TABLE[cell];
  const recurrent = readsState ? hidden : 0;
  let weights = hidden * vocabulary;
  for (let l = 0; l < layers; l++) weights += gates * hidden * ((l === 0 ? embedding : hidden) + recurrent);
  return 6 * weights * batch * steps;
}
