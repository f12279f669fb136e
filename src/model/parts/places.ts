/** The parts of a body, place by place: after the embedding, then after each layer. */
import type { Engine } from "../../engine/engine.js";
import type { ModelConfig } from "../config.js";
import { isProjected, lastHiddenSize } from "../widths.js";
import type { BodyPart } from "./body-part.js";
import { Dropout } from "./dropout.js";
import { Projection } from "./projection.js";

/**
 * The parts at the places of a body. A part whose rate is 0 lets everything through. After the last layer comes the
 * projection, where there is one, of what is left of the layer's output.
 */
export function partsByPlace(engine: Engine, config: ModelConfig): readonly (readonly BodyPart[])[] {
  const { layers, embedding, weights } = config;
  const places: BodyPart[][] = Array.from({ length: layers + 1 }, (_, place) => {
    const rate = place === 0 ? "dropoutEmbedding" : place === layers ? "dropoutOutput" : "dropoutBetween";
    return [new Dropout(engine, rate, place, layers + 1)];
  });
  if (isProjected(config))
    places.at(-1)!.push(new Projection(engine, lastHiddenSize(config), embedding, weights));
  return places;
}
