/** JSON, arguments of a shell and sentences as a terminal gets them. */
import { stripVTControlCharacters } from "node:util";
import { snakeCaseJson } from "../snake-case.js";
import { escapeControls, INVISIBLE } from "../visible-text.js";

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

/** A text in one line, safe, with its newlines as they would be typed. */
export const inOneLine = (text: string): string => escapeControls(text.replaceAll("\n", "\\n"));

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

/** A code point that a terminal shows in two columns, or may. */
const isWide = (codePoint: number): boolean =>
  codePoint >= 0x1100 && !(codePoint >= 0x1e00 && codePoint < 0x2300);

/** The beginning of a text that takes no more than so many columns of a terminal, with a mark where it was cut. */
export function cutToColumns(text: string, columns: number): string {
  const characters = [...text];
  let taken = 0;
  /** Characters that leave room for the mark. */
  let fitting = 0;
  for (const [i, character] of characters.entries()) {
    taken += isWide(character.codePointAt(0)!) ? 2 : 1;
    if (taken > columns) return columns < 1 ? "" : `${characters.slice(0, fitting).join("")}…`;
    if (taken < columns) fitting = i + 1;
  }
  return text;
}
