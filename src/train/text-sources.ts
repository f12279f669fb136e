/** The texts of a run: the training text, and a held-out and a test text where these are given. */
import { UserError } from "../errors.js";
import { textChunks } from "../text/corpus/text-chunks.js";

/**
 * Called as a text is read.
 * @param purpose for example "learning the vocabulary" or "encoding the training text"
 * @param done bytes (or UTF-16 units), of `total`
 */
export type OnReading = (purpose: string, done: number, total: number) => void;

/** A text that can be read any number of times, each time for a purpose that is shown with the progress. */
export interface TextSource {
  chunks(purpose: string): AsyncIterable<string>;
}

export interface TextSources {
  readonly main: TextSource;
  /** Held-out text; undefined: a part of `main` is held out. */
  readonly valid: TextSource | undefined;
  /** The text that the finished model is measured on. */
  readonly test: TextSource | undefined;
  /** Notices about them, in whole sentences. */
  readonly notices: readonly string[];
  /** Closes their files and removes temporary copies. */
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
