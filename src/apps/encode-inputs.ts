/** Files, folders, patterns or standard input as an encoded text, for as long as some work takes. */
import { join } from "node:path";
import { TemporaryFolder } from "../format/temporary-folder.js";
import { type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { LONGEST_LINE } from "../text/limits.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type EncodedText, encodeToMemory } from "../text/windows/encode.js";
import { encodeToFile } from "../text/windows/id-file.js";

/** A text of more bytes than this is encoded into a temporary file rather than into memory. */
const LARGE_TEXT = 50e6;

export interface ReadingInputs extends CorpusOptions {
  /**
   * Called with notices about the text: files that were skipped, or that are read as they are although they look like
   * records.
   */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Does some work on a text; nothing of it is left afterwards.
 * @throws UserError where the text cannot be read; what `work` throws
 */
export async function withEncodedInputs<Result>(
  tokenizer: Tokenizer,
  inputs: readonly string[],
  { onNotice, ...reading }: ReadingInputs,
  work: (text: EncodedText) => Promise<Result>,
): Promise<Result> {
  const lines = tokenizer.bosId !== undefined;
  const corpus = await openCorpus(inputs, { ...reading, ...(lines && { longestLine: LONGEST_LINE }) });
  const folder = new TemporaryFolder();
  let text: EncodedText | undefined;
  try {
    for (const message of corpus.notices) onNotice?.(message);
    if (corpus.bytes > LARGE_TEXT) {
      text = await encodeToFile(corpus.chunks(), tokenizer, lines, join(folder.path, "text.ids"), "");
    } else {
      text = await encodeToMemory(corpus.chunks(), tokenizer, lines);
    }
    return await work(text);
  } finally {
    text?.tokens.close();
    corpus.dispose();
    folder.remove();
  }
}
