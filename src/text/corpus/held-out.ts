/** What a text is parted into where a part of it is held out, and how much that is. */

/** A text that can be read again and again. */
export type Chunks = () => AsyncIterable<string>;

export interface Split {
  readonly train: Chunks;
  readonly valid: Chunks;
  /** Characters (code points) to train on. */
  readonly trainCharacters: number;
  /** Of the whole text; see TextKey. */
  readonly key: string;
}

/** Part of a text that is held out by default. */
export const HOLD_OUT = 0.1;
/** Characters that are held out at most: enough to measure on, also of a text of gigabytes. */
export const MOST_HELD_OUT = 1_000_000;
