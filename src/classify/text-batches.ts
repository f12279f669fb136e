/** Texts as windows to train on: those of like length side by side, in an order that is drawn anew in each pass. */
import { Random, seedOf } from "../engine/random.js";

/** Tells these draws from others of the seed. */
const OWN_STREAM = 0x62617463;
/** So many batches are put in order of length together. */
const SORTED = 16;

/**
 * The texts of each batch of a pass, by number. The same seed and pass give the same.
 * @param lengths (N)
 */
export function textBatches(
  lengths: readonly number[],
  rows: readonly number[],
  batchSize: number,
  seed: number,
  pass: number,
): number[][] {
  const random = new Random(seedOf(seedOf(seed, OWN_STREAM), pass));
  const order = shuffled(rows, random);
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from += SORTED * batchSize) {
    const near = order.slice(from, from + SORTED * batchSize).toSorted((a, b) => lengths[b]! - lengths[a]!);
    for (let at = 0; at < near.length; at += batchSize) batches.push(near.slice(at, at + batchSize));
  }
  return shuffled(batches, random);
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
