/** Files, folders, patterns or standard input as one text in memory. */
import { UserError } from "../errors.js";
import { openCorpus } from "../text/corpus/corpus.js";
import type { ReadingInputs } from "./encode-inputs.js";

/** Bytes of a text that is held whole, at most. */
const MOST_BYTES = 64e6;

/** @throws UserError where the text cannot be read, or is too large to be held */
export async function readWhole(
  inputs: readonly string[],
  { onNotice, ...reading }: ReadingInputs,
): Promise<string> {
  const corpus = await openCorpus(inputs, reading);
  try {
    for (const message of corpus.notices) onNotice?.(message);
    if (corpus.bytes > MOST_BYTES)
      throw new UserError(
        `The text has ${Math.ceil(corpus.bytes / 1e6)} MB, and at most ${MOST_BYTES / 1e6} MB are looked at; give a part of it.`,
      );
    const chunks: string[] = [];
    for await (const chunk of corpus.chunks()) chunks.push(chunk);
    return chunks.join("");
  } finally {
    corpus.dispose();
  }
}
