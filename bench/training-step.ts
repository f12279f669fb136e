/** One training step of a workload, ready to be timed. */
import type { Engine } from "../src/engine/engine.js";
import { Random } from "../src/engine/random.js";
import { type ModelConfig, modelConfig } from "../src/model/config.js";
import { createModel } from "../src/model/create-model.js";
import { addSquares, clipScale } from "../src/optim/clip.js";
import { weightShapes } from "../src/model/weight-shapes.js";
import { makeOptimizer } from "../src/optim/make-optimizer.js";
import { Sgd } from "../src/optim/sgd.js";
import type { ModelSizes, TrainingWorkload } from "./workloads.js";

const CLIP = 0.25;
const RATES = { adam: 1e-3, sgd: 1 } as const;

/** The config of a model of some sizes. */
export function configOf(sizes: ModelSizes): ModelConfig {
  const { cell, vocabulary, embedding, hidden, layers, tie = false, inputGate, mogrify } = sizes;
  return modelConfig({ cell, vocabulary, embedding, hidden, layers, tie, inputGate, mogrify });
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
  const optimizer = makeOptimizer(engine, model.parameters, { name, momentum: 0, weightDecay: 0 }, { Sgd });
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
export function flopsPerStep(workload: TrainingWorkload): number {
  const { vocabulary, hidden, batch, steps } = workload;
  let weights = hidden * vocabulary;
  for (const { name, shape } of weightShapes(configOf(workload)))
    if (name.startsWith("rnn.") && shape.length === 2) weights += shape[0]! * shape[1]!;
  return 6 * weights * batch * steps;
}
