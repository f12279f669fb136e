/** The parts of a body, place by place: after the embedding, then after each layer. */
import type { Engine } from "../../engine/engine.js";
import type { ModelConfig } from "../config.js";
import type { ModelMakers } from "../model-makers.js";
import { isProjected, lastHiddenSize } from "../widths.js";
import type { BodyPart } from "./body-part.js";

/**
 * The parts at the places of a body. A part whose rate is 0 lets everything through. After the last layer comes the
 * projection, where there is one, of what is left of the layer's output.
 * @param make with the maker of regularisers, of a model that is trained
 */
export function partsByPlace(
  engine: Engine,
  config: ModelConfig,
  { regularisers, Projection }: Pick<ModelMakers, "regularisers" | "Projection">,
): readonly (readonly BodyPart[])[] {
  const { layers, embedding, weights } = config;
  const places: BodyPart[][] = Array.from(
    { length: layers + 1 },
    (_, place) => regularisers?.(engine, place, layers) ?? [],
  );
  if (isProjected(config)) {
    if (!Projection) throw new Error("the class of the projection was not loaded");
    places.at(-1)!.push(new Projection(engine, lastHiddenSize(config), embedding, weights));
  }
  return places;
}
