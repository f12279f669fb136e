/** A workload made ready on an engine: a step to be timed, with the tokens and operations it stands for. */
import type { Engine } from "../src/engine/engine.js";
import { Random } from "../src/engine/random.js";
import { Sampler } from "../src/generate/sampling.js";
import { samplingSettings } from "../src/generate/sampling-settings.js";
import { createModel } from "../src/model/create-model.js";
import { profiledEngine, totalFlops } from "./profiled-engine.js";
import { configOf, flopsPerStep, trainingStep } from "./training-step.js";
import { EVALUATION, type EvaluationWorkload, GENERATION, type ModelSizes, TRAINING } from "./workloads.js";

export interface Job {
  readonly step: () => void;
  /** Tokens of a step. */
  readonly tokens: number;
  /** Multiplications and additions that the matrix products of a step stand for; see `flopsPerStep`. */
  readonly flops: number;
}

const TEMPERATURE = 0.8;

/** 2 operations a token and weight of the recurrent and output matrices: a third of a training step's. */
export function forwardFlops(sizes: ModelSizes, batch: number, steps: number): number {
  return flopsPerStep({ ...sizes, batch, steps, optimizer: "sgd" }) / 3;
}

/** The workload of this name (any but start-up) on this engine. */
export function makeJob(engine: Engine, name: string): Job {
  const training = TRAINING[name];
  if (training) {
    const tokens = training.batch * training.steps;
    return { step: trainingStep(engine, training), tokens, flops: flopsPerStep(training) };
  }
  const evaluation = EVALUATION[name];
  if (evaluation) {
    const { batch, steps } = evaluation;
    const flops = forwardFlops(evaluation, batch, steps);
    return { step: evaluationStep(engine, evaluation), tokens: batch * steps, flops };
  }
  const generation = GENERATION[name];
  if (generation)
    return { step: generationStep(engine, generation), tokens: 1, flops: forwardFlops(generation, 1, 1) };
  throw new RangeError(`no workload ${name}`);
}

/**
 * Multiplications and additions that the products of a step really make. They are fewer than the workload stands for
 * where a product is spared: of an input's equal rows, or of a token whose projection stands in a table.
 */
export function executedFlops(engine: Engine, name: string): number {
  const { engine: watched, profile } = profiledEngine(engine);
  const { step } = makeJob(watched, name);
  // The first step also makes what later ones find made.
  step();
  profile.clear();
  step();
  return totalFlops(profile);
}

/** Forward and loss over random ids, the state carried over. */
function evaluationStep(engine: Engine, workload: EvaluationWorkload): () => void {
  const { vocabulary, batch: B, steps: T } = workload;
  const model = createModel(engine, configOf(workload), 1);
  const random = new Random(1);
  const draw = () => new Int32Array(T * B).map(() => random.below(vocabulary));
  const window = { T, B, inputs: draw(), targets: draw() };
  const state = model.zeroState(B);
  return () => model.evaluate(window, state);
}

/** What `generate` does for a token of one sample: the logits after the last one, and a draw from them. */
function generationStep(engine: Engine, sizes: ModelSizes): () => void {
  const model = createModel(engine, configOf(sizes), 1);
  const sampler = new Sampler(sizes.vocabulary, samplingSettings({ temperature: TEMPERATURE }), [], {
    engine,
  });
  const random = new Random(1);
  const state = model.zeroState(1);
  let id = 0;
  return () => {
    id = sampler.draw(model.logits(Int32Array.of(id), state), random).id;
  };
}
