/** Reads a text once, in chunks, and counts the characters, words or pre-tokens in it. */
import { checkText } from "../../argument-checks.js";
import { hasLoneSurrogate, lastCharacterCut } from "./code-points.js";
import { HeldText } from "./held-text.js";
import type { LastCut } from "./held-text.js";
import { PieceCounts } from "./piece-counts.js";
import { forEachPreToken, lastPreTokenCut } from "./pre-tokens.js";
import { forEachWord, lastWordCut } from "./word-splitter.js";
import type { WordMode } from "./word-splitter.js";

/** A text that comes in chunks, which may be cut anywhere; how does not matter. */
export type TextChunks = AsyncIterable<string> | Iterable<string>;

/** Called with the UTF-16 units read so far. An error that it throws ends the work. */
export type OnRead = (units: number) => void;

/** The chunks as texts that may be taken on their own. */
async function* wholeTexts(chunks: TextChunks, lastCut: LastCut, onRead: OnRead): AsyncGenerator<string> {
  const held = new HeldText(lastCut);
  let done = 0;
  for await (const chunk of chunks) {
    checkText("A part of the text to learn from", chunk);
    yield* held.push(chunk);
    done += chunk.length;
    onRead(done);
  }
  yield held.end();
}

/** Characters (code points) by count; lone surrogates, which no file can hold, are none. */
export async function countCharacters(chunks: TextChunks, onRead: OnRead): Promise<Map<string, number>> {
  const counts = new Float64Array(0x110000);
  for await (const text of wholeTexts(chunks, lastCharacterCut, onRead)) {
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      counts[codePoint]!++;
      if (codePoint > 0xffff) i++;
    }
  }
  const found = new Map<string, number>();
  counts.forEach((count, codePoint) => {
    if (count === 0 || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return;
    found.set(String.fromCodePoint(codePoint), count);
  });
  return found;
}

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
