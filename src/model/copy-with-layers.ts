/** A copy of a model some of whose layers stand in others, which change what goes in or comes out. */
import type { Engine } from "../engine/engine.js";
import type { LayerSizes } from "../layers/cell-layers.js";
import type { RecurrentLayer } from "../layers/recurrent.js";
import { LanguageModel } from "./language-model.js";
import { modelMakers } from "./model-makers.js";

/**
 * @param model of weights in floats; it is left as it is, and shares nothing with the copy but the engine
 * @param around a layer gives what stands in its place: itself, or one around it with the same weights
 */
export async function copyWithLayers(
  model: LanguageModel,
  around: (layer: RecurrentLayer, sizes: LayerSizes, engine: Engine) => RecurrentLayer,
): Promise<LanguageModel> {
  const { engine, config } = model;
  const make = await modelMakers(config);
  const copy = new LanguageModel(engine, config, {
    ...make,
    layer: (own, sizes) => around(make.layer(own, sizes), sizes, own),
  });
  for (const [i, { value }] of model.parameters.entries()) engine.copy(value, copy.parameters[i]!.value);
  copy.weightsChanged();
  return copy;
}
