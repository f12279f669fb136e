/**
 * Windows of random length (Merity et al., 2018, section 4.1): where every window has the same length, the same tokens
 * stand at its end in every epoch, and are learned from with the shortest memory. So the lengths of an epoch are drawn:
 *
 *   S' = S with probability 0.95, else S / 2
 *   length = S' + σ z,   z normal with mean 0 and deviation 1,   σ = max(5, S / 14), at most S / 4
 *
 * rounded, and at least 5 (or S, where that is less). The paper's σ is 5, for its S = 70: this σ is the same part of a
 * longer window, and leaves short ones their length. The step's learning rate is multiplied by length / S, so that the
 * tokens of a short window count for no more than others: see Trainer.
 */
import { seededHash } from "../line-hash.js";

const FULL_LENGTH_PROBABILITY = 0.95;
const LEAST_LENGTH = 5;
const LEAST_DEVIATION = 5;
/** The paper's length and deviation: 70 and 5. */
const DEVIATIONS_IN_LENGTH = 14;
/** Streams of hashes: keeps the lengths apart from the other choices of a seed and an epoch. */
const STREAM = 0x6c656e;
/** Uniform numbers in one normal one. */
const UNIFORMS = 12;
/** Lengths lie at most this many deviations above the mean. */
const MOST_DEVIATIONS = UNIFORMS / 2;

/** σ of the lengths around S. */
export function lengthDeviation(seqLen: number): number {
  return Math.min(seqLen / 4, Math.max(LEAST_DEVIATION, seqLen / DEVIATIONS_IN_LENGTH));
}

/** The longest window that can be drawn. */
export function longestWindow(seqLen: number): number {
  return Math.round(seqLen + MOST_DEVIATIONS * lengthDeviation(seqLen));
}

/**
 * Where the windows of an epoch begin in a stream of `total` targets, and last where the stream ends: the same for the
 * same seed and epoch, on any machine. The last window is as long as what is left.
 */
export function drawnStarts(total: number, seqLen: number, seed: number, epoch: number): Float64Array {
  const key = seededHash(seededHash(seed, STREAM), epoch);
  const deviation = lengthDeviation(seqLen);
  const least = Math.min(LEAST_LENGTH, seqLen);
  const starts = [0];
  for (let start = 0, draw = 0; start < total; draw += 1 + UNIFORMS) {
    const mean = uniform(key, draw) < FULL_LENGTH_PROBABILITY ? seqLen : seqLen / 2;
    const length = Math.max(least, Math.round(mean + deviation * normal(key, draw + 1)));
    start = Math.min(total, start + length);
    starts.push(start);
  }
  return Float64Array.from(starts);
}

/** The sum of twelve uniform numbers, less its mean: no logarithm, which runtimes round differently. */
function normal(key: number, draw: number): number {
  let sum = -UNIFORMS / 2;
  for (let i = 0; i < UNIFORMS; i++) sum += uniform(key, draw + i);
  return sum;
}

/** Uniform in [0, 1). */
const uniform = (key: number, draw: number): number => seededHash(key, draw) / 2 ** 32;
