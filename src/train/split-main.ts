/** The training text of a run, and what of it is held out. */
import { type Chunks, HOLD_OUT, splitText } from "../text/corpus/split.js";
import type { TextSource } from "./text-sources.js";

/** What a text is read for first. */
export const READING = "reading the text";

/** @param purpose shown with the progress */
export type Reading = (purpose: string) => AsyncIterable<string>;

export interface SplitSources {
  readonly train: Reading;
  readonly valid: Reading;
  readonly test?: { readonly chunks: Reading; readonly key: string } | undefined;
  readonly trainCharacters: number;
  /** Of the text and its split, by content alone. */
  readonly key: string;
}

/** @throws UserError where a part of the text cannot be held out */
export async function splitMain(main: TextSource, lines: boolean): Promise<SplitSources> {
  let current = READING;
  const split = await splitText(() => main.chunks(current), lines);
  const reading =
    (part: Chunks): Reading =>
    (purpose) => {
      current = purpose;
      return part();
    };
  return {
    train: reading(split.train),
    valid: reading(split.valid),
    trainCharacters: split.trainCharacters,
    key: runTextKey(lines, split.key),
  };
}

/**
 * The key by which a checkpoint recognises its run's text.
 * @param text the text's TextKey
 * @param valid the key of the held-out text; undefined where a part of the text is held out
 */
export function runTextKey(lines: boolean, text: string, valid?: string): string {
  return `${lines ? "lines" : "text"} ${text}, ${valid ?? `${HOLD_OUT} held out`}`;
}
