/** The parts of a body, place by place: after the embedding, then after each layer. */
import type { Engine } from "../../engine/engine.js";
import type { BodyPart } from "./body-part.js";
import { Dropout } from "./dropout.js";

/** The parts at the places of a body of so many layers. A part whose rate is 0 lets everything through. */
export function partsByPlace(engine: Engine, layers: number): readonly (readonly BodyPart[])[] {
  return Array.from({ length: layers + 1 }, (_, place) => {
    const rate = place === 0 ? "dropoutEmbedding" : place === layers ? "dropoutOutput" : "dropoutBetween";
    return [new Dropout(engine, rate, place, layers + 1)];
  });
}
