/** What is tried next: an interface, and random search, the control. */
import type { Random } from "../engine/random.js";
import { drawEvenly, type Setting, type Space } from "./space.js";

/** A trial that has been measured, or turned out to be impossible. */
export interface Observation {
  readonly setting: Setting;
  /** The highest rung that it was measured at; −1: it failed, or was refused by a constraint. */
  readonly rung: number;
  /** There; the lower the better. */
  readonly loss: number;
}

/** Pure: the same observations and draws give the same suggestion. */
export interface Sampler {
  suggest(space: Space, seen: readonly Observation[], random: Random): Setting;
}

/** Every value is as likely as every other, whatever was seen (Bergstra and Bengio, 2012). */
export const RANDOM_SAMPLER: Sampler = { suggest: (space, _seen, random) => drawEvenly(space, random) };

/** The better first: who came to a higher rung was better than those who stayed; those that failed come last. */
export function bestFirst(seen: readonly Observation[]): Observation[] {
  return seen.toSorted((a, b) => (a.rung !== b.rung ? b.rung - a.rung : a.loss - b.loss || 0));
}
