/** New models at once, of whatever config: with every output layer there is already loaded. */
import type { Engine } from "../engine/engine.js";
import { AdaptiveDecoder } from "../layers/adaptive-decoder.js";
import { MixtureDecoder } from "../layers/mixture-decoder.js";
import { checkTrainable, type ModelConfig } from "./config.js";
import { initialise } from "./initialise.js";
import { LanguageModel } from "./language-model.js";
import { makerWith } from "./output-layers.js";
import { makeRegularisers } from "./parts/regularisers.js";

/** A model with initial weights drawn from `seed`. @throws UserError for weights that are not trained */
export function createModel(engine: Engine, config: ModelConfig, seed: number): LanguageModel {
  checkTrainable(config);
  const model = emptyModel(engine, config);
  initialise(model, seed);
  return model;
}

/** A model with all weights zero, to be filled. */
export function emptyModel(engine: Engine, config: ModelConfig): LanguageModel {
  const makeOutput = makerWith(config, { AdaptiveDecoder, MixtureDecoder });
  return new LanguageModel(engine, config, makeOutput, makeRegularisers);
}
