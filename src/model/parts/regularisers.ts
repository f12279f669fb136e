/**
 * The parts of a body that only a training pass has work for. A model that is just to be read is made without them, so
 * that a page which does not train does not load them.
 */
import type { Engine } from "../../engine/engine.js";
import { ActivationRegularisation, TemporalActivationRegularisation } from "./activation-penalties.js";
import type { BodyPart } from "./body-part.js";
import { Dropout } from "./dropout.js";

/** Makes the parts of a place, from 0, the embedding's, to `layers`, the last layer's. */
export type RegulariserMaker = (engine: Engine, place: number, layers: number) => BodyPart[];

export const makeRegularisers: RegulariserMaker = (engine, place, layers) => {
  const rate = place === 0 ? "dropoutEmbedding" : place === layers ? "dropoutOutput" : "dropoutBetween";
  const dropout = new Dropout(engine, rate, place, layers + 1);
  if (place < layers) return [dropout];
  return [new TemporalActivationRegularisation(engine), dropout, new ActivationRegularisation(engine)];
};
