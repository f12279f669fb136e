/** Which texts are held out: the same part of each label's texts, drawn with a seed. */
import { Random, seedOf } from "../engine/random.js";

/** Tells these draws from those of weights. */
const OWN_STREAM = 0x666f6c64;

/** The rows that are held out together; in the other rounds they are learned from. */
export interface Folds {
  /** (N): the fold of each row. */
  readonly of: Int32Array;
  readonly count: number;
  /** Folds that are held out, from the first: all of them, or one. */
  readonly held: number;
}

/** From so many texts on, one fold is enough to choose and to calibrate by. */
const MANY = 2000;
const COUNT = 5;

/**
 * A fifth of each label's texts in each fold. Of few texts each fold is held out once, so that every text serves to learn
 * from and to measure on; of many the first fold alone.
 * @param labels (N): the number of each text's label, from 0
 */
export function stratifiedFolds(labels: Int32Array, labelCount: number, seed: number): Folds {
  const N = labels.length;
  const random = new Random(seedOf(seed, OWN_STREAM));
  const rows: number[][] = Array.from({ length: labelCount }, () => []);
  labels.forEach((label, n) => rows[label]!.push(n));
  const of = new Int32Array(N);
  // Each label begins where the last one ended, so that the folds are of one size.
  let next = 0;
  for (const own of rows) {
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [own[i], own[j]] = [own[j]!, own[i]!];
    }
    for (const n of own) of[n] = next++ % COUNT;
  }
  return { of, count: COUNT, held: N < MANY ? COUNT : 1 };
}
