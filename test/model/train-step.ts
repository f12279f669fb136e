/** A training step, and what it sums up, at once. */
import type { Parameter } from "../../src/model/parameter.js";
import type { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import type { Recording } from "../../src/layers/recording.js";
import type { Regularisation } from "../../src/layers/regularisation.js";
import type { Draw, LanguageModel, ModelWindow } from "../../src/model/language-model.js";
import type { RecurrentState } from "../../src/model/state.js";
import { addSquares } from "../../src/optim/clip.js";
import type { Engine } from "../../src/engine/engine.js";

export function trainStep(
  model: LanguageModel,
  window: ModelWindow,
  state: RecurrentState,
  draw: Draw,
  sampler?: CandidateSampler,
  regularisation: Partial<Regularisation> = {},
  recording?: Recording,
): { nats: number; count: number } {
  const sums = model.engine.sums();
  const pass = { draw, regularisation, ...(sampler && { sampler }), ...(recording && { recording }) };
  const count = model.train(window, state, pass, sums);
  return { nats: sums.readNow().nats, count };
}

/** ‖g‖₂ of all gradients together. */
export function gradientNorm(engine: Engine, parameters: readonly Parameter[]): number {
  const sums = engine.sums();
  addSquares(engine, parameters, sums);
  return Math.sqrt(sums.readNow().squares);
}
