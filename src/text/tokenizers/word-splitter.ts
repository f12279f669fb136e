/**
 * How a text is cut into words: at white space (WikiText's way), or by Unicode's classes. Each way is written twice, as
 * a scan for speed and as the pattern that stands in `tokenizer.json`; the two agree on every text.
 */
import { classAt, classOf, endOfRun, isSpace, LETTER, MARK, NUMBER, SPACE } from "./character-class.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";

const NEWLINE = 0x0a;

export type WordMode = "whitespace" | "unicode";

/**
 * The pattern each word matches. Unicode: letters with their marks, joined over apostrophes (don't) and zero-width
 * (non-)joiners; digits joined over points and commas (1,024.5); any other character by itself. The special tokens
 * are taken as they stand, so that a text already prepared with `<unk>` keeps its meaning.
 */
export const WORD_PATTERNS: Readonly<Record<WordMode, string>> = {
  whitespace: "\\P{White_Space}+",
  unicode:
    `${UNKNOWN}|${BOS}|${EOS}` +
    "|[\\p{L}\\p{M}]+(?:['\u2019\u200c\u200d][\\p{L}\\p{M}]+)*" +
    "|\\p{N}+(?:[.,]\\p{N}+)*" +
    "|[^\\p{White_Space}\\p{L}\\p{M}\\p{N}]",
};

/** Words and newlines of a text in order. */
export function forEachWord(
  text: string,
  mode: WordMode,
  onWord: (word: string) => void,
  onNewline?: () => void,
): void {
  for (let i = 0; i < text.length;) {
    const unit = text.charCodeAt(i);
    if (isSpace(unit)) {
      if (unit === NEWLINE) onNewline?.();
      i++;
      continue;
    }
    const end = endOfWord(text, i, mode);
    onWord(text.slice(i, end));
    i = end;
  }
}

/** Where the word that starts at `start` (which is not white space) ends. */
function endOfWord(text: string, start: number, mode: WordMode): number {
  return mode === "whitespace" ? endOfNonSpace(text, start) : endOfUnicodeWord(text, start);
}

function endOfNonSpace(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && !isSpace(text.charCodeAt(i))) i++;
  return i;
}

function endOfUnicodeWord(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x3c) {
    for (const token of [UNKNOWN, BOS, EOS]) if (text.startsWith(token, start)) return start + token.length;
  }
  const found = classAt(text, start);
  if (found & (LETTER | MARK)) return endOfJoined(text, start, LETTER | MARK, isWordJoiner);
  if (found & NUMBER) return endOfJoined(text, start, NUMBER, isNumberJoiner);
  return start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
}

/** Runs of a class with single joiners between them. */
function endOfJoined(text: string, start: number, mask: number, isJoiner: (unit: number) => boolean): number {
  let end = endOfRun(text, start, mask);
  while (end + 1 < text.length && isJoiner(text.charCodeAt(end))) {
    const next = endOfRun(text, end + 1, mask);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

function isWordJoiner(unit: number): boolean {
  return unit === 0x27 || unit === 0x2019 || unit === 0x200c || unit === 0x200d;
}

function isNumberJoiner(unit: number): boolean {
  return unit === 0x2c || unit === 0x2e;
}

/** Can this string come out of the splitter as one word? White space never can. */
export function isWord(text: string): boolean {
  for (const character of text) if (classOf(character.codePointAt(0)!) === SPACE) return false;
  return text !== "";
}

/** A text may be cut after any white space. */
export function lastWordCut(text: string): number {
  let i = text.length;
  while (i > 0 && !isSpace(text.charCodeAt(i - 1))) i--;
  return i;
}
