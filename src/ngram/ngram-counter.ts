/** Counts the n-grams of a text in memory as long as they surely fit, else on the disk; the counts are the same. */
import { UserError } from "../errors.js";
import { type CountingPlan, DiskCounter } from "./count-on-disk.js";
import { countingBytes, countNgrams } from "./count-ngrams.js";
import type { CountedLevel } from "./counted-level.js";
import { GrowingInts } from "./growing-arrays.js";

/** Numbers of words and of n-grams, and counts, have 32 bits. */
const MOST_TOKENS = 2 ** 31 - 2;

export class NgramCounter {
  readonly #plan: CountingPlan;
  #held = new GrowingInts();
  #disk: DiskCounter | undefined;
  #tokens = 0;

  constructor(plan: CountingPlan) {
    this.#plan = plan;
  }

  /** Words of the text so far, begins and ends of sentences among them. */
  get tokens(): number {
    return this.#tokens;
  }

  get onDisk(): boolean {
    return this.#disk !== undefined;
  }

  /**
   * The next word of the text, the begin and the end of sentences too.
   * @throws UserError where the disk is full, and for more words than can be counted
   */
  push(id: number): void {
    if (++this.#tokens > MOST_TOKENS)
      throw new UserError(
        `The text has more than ${MOST_TOKENS.toLocaleString("en-US")} words, which is all that can be counted; give a part of it.`,
      );
    if (this.#disk) return this.#disk.push(id);
    this.#held.push(id);
    const { memory, order } = this.#plan;
    if (countingBytes(this.#tokens, order) <= memory) return;
    this.#disk = new DiskCounter(this.#plan);
    for (const held of this.#held.view()) this.#disk.push(held);
    this.#held = new GrowingInts();
  }

  /**
   * By length from 1 on. They can be read until `close`.
   * @param vocabulary number of words
   * @throws UserError where the disk is full; the signal's reason
   */
  async finish(vocabulary: number): Promise<readonly CountedLevel[]> {
    if (this.#disk) return this.#disk.finish(vocabulary);
    const { order, beginId, endId } = this.#plan;
    return countNgrams({ ids: this.#held.view(), vocabulary, beginId, endId }, order);
  }

  /** Frees the room on the disk. */
  close(): void {
    this.#disk?.close();
  }
}
