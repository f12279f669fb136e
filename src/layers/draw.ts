/** The seed of a training step's random draws, and of the masks that they make. */
import type { DropoutSettings } from "../engine/engine.js";
import { seedOf } from "../engine/random.js";

/**
 * Identifies the random draws of a training step (dropout masks, candidates of a sampled softmax): equal values give
 * equal draws.
 */
export interface Draw {
  readonly seed: number;
  /** Number of the update: each has draws of its own. */
  readonly step: number;
}

/** Kinds of masks that have a seed of their own. Dropout at the places of a body has the draw's. */
const KINDS = { words: 2 ** 50 + 1, weights: 2 ** 50 + 2, state: 2 ** 50 + 3 } as const;
/** More than the layers of any model. */
const LAYERS = 2048;

/** The mask of a kind, for a step and a layer, independent of all others. @param p probability of a zero */
export function maskOf(draw: Draw, kind: keyof typeof KINDS, p: number, layer = 0): DropoutSettings {
  return { p, seed: seedOf(draw.seed, KINDS[kind]), stream: draw.step * LAYERS + layer };
}
