/** The texts of a run as they come: what is trained on, and what is held out or tested on where that was given. */
import { UserError } from "../errors.js";
import { textChunks } from "../text/corpus/text-chunks.js";

/**
 * Hears of the reading of a text.
 * @param purpose for example "learning the vocabulary" or "encoding the training text"
 * @param done bytes (or UTF-16 units), of `total`
 */
export type OnReading = (purpose: string, done: number, total: number) => void;

/** A text that can be read again and again, each time for a purpose that whoever waits is told. */
export interface TextSource {
  chunks(purpose: string): AsyncIterable<string>;
}

export interface TextSources {
  readonly main: TextSource;
  /** Held-out text; undefined: a part of `main` is held out. */
  readonly valid: TextSource | undefined;
  /** What the finished model is measured on. */
  readonly test: TextSource | undefined;
  /** What a person should know of them, in whole sentences. */
  readonly notices: readonly string[];
  /** Gives back what they hold. */
  close(): void;
}

/** A text in memory. @throws UserError where it is empty */
export function memorySources(text: string, onReading: OnReading): TextSources {
  if (text === "") throw new UserError("The text is empty; there is nothing to train on.");
  const main: TextSource = {
    chunks: (purpose) => textChunks(text, (done, total) => onReading(purpose, done, total)),
  };
  return { main, valid: undefined, test: undefined, notices: [], close() {} };
}
