/** Text from models, files and people made safe for a terminal. */

/**
 * Characters that a terminal obeys or hides: controls, line and paragraph separators, and format characters, which
 * change the direction of writing or have no width.
 */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Tab and newline, which lay out a text; the two joiners that Persian, Hindi and emoji are written with; and signs of
 * Arabic, Syriac and Kaithi numbers, which count as format characters and are seen.
 */
const HARMLESS = /\u200d|[\t\n\u200c\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

/**
 * The text with characters that a terminal would obey or hide written as escapes: ESC becomes `\x1b`, U+202E
 * `\u{202e}`.
 */
export function escapeControls(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    if (HARMLESS.test(character)) return character;
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** The text in one line, and safe: line ends become spaces. */
export function escapedLine(text: string): string {
  return escapeControls(text.replaceAll(/\s*\n\s*/g, " "));
}
