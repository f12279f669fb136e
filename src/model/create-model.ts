/** New models at once, of whatever config: with every layer there is already loaded. */
import type { Engine } from "../engine/engine.js";
import { AdaptiveDecoder } from "../layers/adaptive-decoder.js";
import { GruLayer } from "../layers/gru.js";
import { MinGruLayer } from "../layers/min-gru.js";
import { MinLstmLayer } from "../layers/min-lstm.js";
import { MixtureDecoder } from "../layers/mixture-decoder.js";
import { MogrifierLayer } from "../layers/mogrifier.js";
import { RnnLayer } from "../layers/rnn.js";
import { checkTrainable, type ModelConfig } from "./config.js";
import { initialise } from "./initialise.js";
import { LanguageModel } from "./language-model.js";
import { makersWith } from "./model-makers.js";
import { Projection } from "./parts/projection.js";
import { makeRegularisers } from "./parts/regularisers.js";

const CLASSES = {
  AdaptiveDecoder,
  GruLayer,
  MinGruLayer,
  MinLstmLayer,
  MixtureDecoder,
  MogrifierLayer,
  Projection,
  RnnLayer,
};

/** A model with initial weights drawn from `seed`. @throws UserError for weights that are not trained */
export function createModel(engine: Engine, config: ModelConfig, seed: number): LanguageModel {
  checkTrainable(config);
  const model = emptyModel(engine, config);
  initialise(model, seed);
  return model;
}

/** A model with all weights zero, to be filled. */
export function emptyModel(engine: Engine, config: ModelConfig): LanguageModel {
  const make = makersWith(config, CLASSES);
  return new LanguageModel(engine, config, { ...make, regularisers: makeRegularisers });
}
