/** Which output layer a config asks for. */
import type { Engine } from "../engine/engine.js";
import type { AdaptiveDecoder } from "../layers/adaptive-decoder.js";
import { Decoder } from "../layers/decoder.js";
import type { WeightMatrix } from "../layers/layer.js";
import type { OutputLayer } from "../layers/output-layer.js";
import { loadPart } from "../load-part.js";
import type { ModelConfig } from "./config.js";
import { outputWidth } from "./widths.js";

/** Makes a model's output layer. @param tied the embedding's weight, where it is the output layer's, too */
export type OutputLayerMaker = (
  engine: Engine,
  config: ModelConfig,
  tied: WeightMatrix | undefined,
) => OutputLayer;

/** A full softmax, which may be sampled in training. */
export const makeDecoder: OutputLayerMaker = (engine, config, tied) =>
  new Decoder(engine, outputWidth(config), config.vocabulary, tied, config.weights);

/** An adaptive softmax, for a config with cut-offs. @param Layer its class, which may be loaded when it is needed */
export const adaptiveMaker =
  (Layer: typeof AdaptiveDecoder): OutputLayerMaker =>
  (engine, config) =>
    new Layer(engine, outputWidth(config), config.vocabulary, config.adaptive!, config.weights);

/** The maker for this config. An adaptive softmax, which few models have, is loaded with the first of them. */
export async function outputLayerMaker({ adaptive }: ModelConfig): Promise<OutputLayerMaker> {
  if (!adaptive) return makeDecoder;
  const { AdaptiveDecoder: Layer } = await loadPart(import("../layers/adaptive-decoder.js"));
  return adaptiveMaker(Layer);
}
