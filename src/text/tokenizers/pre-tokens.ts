/**
 * GPT-2's pre-tokenization: contractions, words, numbers and signs, each with the one space before it; other white
 * space by itself. Merges never cross these pieces.
 */
import { classAt, classOf, endOfRun, LETTER, MARK, NUMBER, OTHER, SPACE } from "./character-class.js";
import { isHighSurrogate, isLowSurrogate } from "./code-points.js";

/** The same as a pattern, with white space spelled out because `\s` differs between languages. */
export const PRE_TOKEN_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
  "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+";

const BLANK = 0x20;
const APOSTROPHE = 0x27;

/** Where the pre-token that starts at `start` ends. */
function endOfPreToken(text: string, start: number): number {
  const unit = text.charCodeAt(start);
  if (unit === APOSTROPHE) {
    const end = endOfContraction(text, start);
    if (end > start) return end;
  }
  let from = start;
  let found = classAt(text, start);
  if (unit === BLANK && start + 1 < text.length) {
    const next = classAt(text, start + 1);
    if (next !== SPACE) {
      from = start + 1;
      found = next;
    }
  }
  if (found !== SPACE) return endOfRun(text, from, found & (MARK | OTHER) ? MARK | OTHER : found);
  const end = endOfRun(text, start, SPACE);
  // The last of several white spaces belongs to the next pre-token, or is one by itself before it.
  return end < text.length && end - start > 1 ? end - 1 : end;
}

/** 's, 't, 'm, 'd, 're, 've, 'll; `start` itself when it is none. */
function endOfContraction(text: string, start: number): number {
  switch (text[start + 1]) {
    case "s":
    case "t":
    case "m":
    case "d":
      return start + 2;
    case "r":
    case "v":
      return text[start + 2] === "e" ? start + 3 : start;
    case "l":
      return text[start + 2] === "l" ? start + 3 : start;
    default:
      return start;
  }
}

/** Pre-tokens of a text in order. */
export function forEachPreToken(text: string, onPreToken: (preToken: string) => void): void {
  for (let start = 0; start < text.length;) {
    const end = endOfPreToken(text, start);
    onPreToken(text.slice(start, end));
    start = end;
  }
}

/**
 * The last place where no pre-token can reach across, whatever follows: before white space, and where a run of letters
 * or of digits ends (after other signs a contraction might begin earlier, so there it is not certain).
 */
export function lastPreTokenCut(text: string): number {
  let i = text.length;
  if (i > 0 && isHighSurrogate(text.charCodeAt(i - 1))) i--;
  let next = 0;
  while (i > 0) {
    const pair = i > 1 && isLowSurrogate(text.charCodeAt(i - 1)) && isHighSurrogate(text.charCodeAt(i - 2));
    const at = pair ? i - 2 : i - 1;
    const found = classOf(pair ? text.codePointAt(at)! : text.charCodeAt(at));
    if (next !== 0 && found !== next && (next === SPACE || found === LETTER || found === NUMBER)) return i;
    next = found;
    i = at;
  }
  return 0;
}
