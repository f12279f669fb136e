/** Which output layer a config asks for. */
import type { Engine } from "../engine/engine.js";
import type { AdaptiveDecoder } from "../layers/adaptive-decoder.js";
import { Decoder, type TiedEmbedding } from "../layers/decoder.js";
import type { MixtureDecoder } from "../layers/mixture-decoder.js";
import type { OutputLayer } from "../layers/output-layer.js";
import { loadPart } from "../load-part.js";
import type { ModelConfig } from "./config.js";
import { decoderWidth, outputWidth } from "./widths.js";

/** Makes a model's output layer. @param tied the embedding, where its weight is the output layer's, too */
export type OutputLayerMaker = (
  engine: Engine,
  config: ModelConfig,
  tied: TiedEmbedding | undefined,
) => OutputLayer;

/** A full softmax, which may be sampled in training. */
const makeDecoder: OutputLayerMaker = (engine, config, tied) =>
  new Decoder(engine, outputWidth(config), config.vocabulary, tied, config.weights);

/** The classes of the output layers that few models have. */
export interface RareOutputLayers {
  readonly AdaptiveDecoder: typeof AdaptiveDecoder;
  readonly MixtureDecoder: typeof MixtureDecoder;
}

/** The maker for this config, where the classes are there already. */
export function makerWith(
  { adaptive, mixture }: ModelConfig,
  { AdaptiveDecoder: Adaptive, MixtureDecoder: Mixture }: Partial<RareOutputLayers>,
): OutputLayerMaker {
  if (adaptive && Adaptive) {
    return (engine, config) =>
      new Adaptive(engine, outputWidth(config), config.vocabulary, adaptive, config.weights);
  }
  if (mixture && Mixture) {
    return (engine, config, tied) => {
      const [hidden, width] = [outputWidth(config), decoderWidth(config)];
      const sizes = { components: mixture.components, hidden, width, vocabulary: config.vocabulary };
      return new Mixture(engine, sizes, tied, config.weights);
    };
  }
  if (adaptive || mixture) throw new Error("the class of this output layer was not loaded");
  return makeDecoder;
}

/** The maker for this config. An output layer that few models have is loaded with the first of them. */
export async function outputLayerMaker(config: ModelConfig): Promise<OutputLayerMaker> {
  if (config.adaptive) return makerWith(config, await loadPart(import("../layers/adaptive-decoder.js")));
  if (config.mixture) return makerWith(config, await loadPart(import("../layers/mixture-decoder.js")));
  return makerWith(config, {});
}
