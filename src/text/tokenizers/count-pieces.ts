/** Reads a text once, in chunks, and counts the characters in it. */
import { checkText } from "../../argument-checks.js";
import { lastCharacterCut } from "./code-points.js";
import { HeldText } from "./held-text.js";
import type { LastCut } from "./held-text.js";

/** A text that comes in chunks, which may be cut anywhere; how does not matter. */
export type TextChunks = AsyncIterable<string> | Iterable<string>;

/** Called with the UTF-16 units read so far. An error that it throws ends the work. */
export type OnRead = (units: number) => void;

/** The chunks as texts that may be taken on their own. */
export async function* wholeTexts(
  chunks: TextChunks,
  lastCut: LastCut,
  onRead: OnRead,
): AsyncGenerator<string> {
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
