/** Reads a text once, in chunks, and counts the words or the pre-tokens in it. */
import { hasLoneSurrogate } from "./code-points.js";
import { type OnRead, type TextChunks, wholeTexts } from "./count-pieces.js";
import { PieceCounts } from "./piece-counts.js";
import { forEachPreToken, lastPreTokenCut } from "./pre-tokens.js";
import { forEachWord, lastWordCut, type WordMode } from "./word-splitter.js";

/** The words of a text. */
export interface WordCounts {
  readonly counts: Map<string, number>;
  /** Rare words were forgotten, as there were millions: see `PieceCounts`. */
  readonly forgetful: boolean;
}

/** Words by count, special tokens that stand in the text as words among them. */
export async function countWords(chunks: TextChunks, mode: WordMode, onRead: OnRead): Promise<WordCounts> {
  const pieces = new PieceCounts();
  for await (const text of wholeTexts(chunks, lastWordCut, onRead)) {
    forEachWord(text, mode, (word) => pieces.add(word));
  }
  const counts = new Map(pieces.entries());
  for (const word of counts.keys()) if (hasLoneSurrogate(word)) counts.delete(word);
  return { counts, forgetful: pieces.forgetful };
}

/** Pre-tokens by count. @param lines each line is encoded on its own, so that no pre-token may reach over its end */
export async function countPreTokens(
  chunks: TextChunks,
  lines: boolean,
  onRead: OnRead,
): Promise<PieceCounts> {
  const counts = new PieceCounts();
  for await (const text of wholeTexts(chunks, lastPreTokenCut, onRead)) {
    for (const part of lines ? text.split("\n") : [text]) {
      forEachPreToken(part, (preToken) => counts.add(preToken));
    }
  }
  return counts;
}
