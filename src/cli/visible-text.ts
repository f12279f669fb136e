/** Text from models and files made safe for a terminal, and sentences that fit one. */
import { stripVTControlCharacters } from "node:util";

// Controls but tab and newline, and what turns the direction of writing.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The text with control characters but tab and newline written out: ESC becomes `\x1b`. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** An argument as one can paste it into a POSIX shell. */
export function shellQuoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
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
