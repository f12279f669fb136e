/** Text from models, files and people made safe for a terminal, and sentences that fit one. */
import { stripVTControlCharacters } from "node:util";
import { snakeCaseJson } from "../snake-case.js";

/**
 * Characters that a terminal obeys or hides: controls, line and paragraph separators, and format characters, which
 * change the direction of writing or have no width.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

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

/**
 * A value as one line of JSON, with names in snake_case, in which all that a terminal would obey or hide is written as
 * `\uXXXX`.
 */
export function jsonLine(value: unknown): string {
  // Such characters can only stand inside strings: JSON's own syntax has none.
  const json = snakeCaseJson(value).replace(INVISIBLE, (character) =>
    Array.from({ length: character.length }, (_, unit) => {
      return `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`;
    }).join(""),
  );
  return `${json}\n`;
}

/** An argument as one can paste it into a POSIX shell, and see what it is. */
export function shellQuoted(argument: string): string {
  if (/^[\w@%+=:,./-]+$/.test(argument)) return argument;
  if (escapeControls(argument) === argument && !/[\t\n]/.test(argument)) {
    return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
  }
  // Bytes in octal: what every shell that knows $'…' reads alike.
  const escaped = argument.replaceAll(/['\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(
      "",
    ),
  );
  return `$'${escaped}'`;
}

/** A file's name as an argument that no command takes for a flag. */
export function shellPath(path: string): string {
  return shellQuoted(path.startsWith("-") && path !== "-" ? `./${path}` : path);
}

/** Sentences broken between words to a terminal's width; a command, which is indented, stays in one line. */
export function wrapped(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap((line) => (line.startsWith(" ") ? [line] : wrappedLine(line, columns)))
    .join("\n");
}

function wrappedLine(line: string, columns: number): string[] {
  const [first = "", ...words] = line.split(" ");
  const lines = [first];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`;
    if (stripVTControlCharacters(longer).length > columns) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
