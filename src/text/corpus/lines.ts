/** Lines of a text that comes in chunks. */
import { UserError } from "../../errors.js";
import { LONGEST_LINE } from "../limits.js";

export interface LinesOptions {
  /** Of the text, for messages. */
  readonly name?: string;
  /** UTF-16 units that a line may have; default LONGEST_LINE. */
  readonly longest?: number;
}

/**
 * The lines, without their newlines, in groups: those that end in one chunk come together, since a step of an async
 * iteration costs more than a short line. What follows the last newline is a line if it is not empty.
 * @throws UserError where a line is too long, with its number
 */
export async function* linesOf(
  chunks: AsyncIterable<string> | Iterable<string>,
  { name = "The text", longest = LONGEST_LINE }: LinesOptions = {},
): AsyncGenerator<string[]> {
  // The pieces of a line that is not yet whole: joined once, so that a line of any length costs linear time.
  let held: string[] = [];
  let length = 0;
  let number = 1;
  for await (const chunk of chunks) {
    const lines = chunk.split("\n");
    const rest = lines.pop()!;
    if (lines.length > 0) {
      if (length + lines[0]!.length > longest) refuseLongLine(name, number, longest);
      lines[0] = held.join("") + lines[0]!;
      if (chunk.length > longest) {
        for (const [i, line] of lines.entries())
          if (line.length > longest) refuseLongLine(name, number + i, longest);
      }
      held = [];
      length = 0;
      number += lines.length;
      yield lines;
    }
    length += rest.length;
    if (length > longest) refuseLongLine(name, number, longest);
    if (rest !== "") held.push(rest);
  }
  if (held.length > 0) yield [held.join("")];
}

/** The chunks as they are. @throws UserError where a line is too long, with its number */
export async function* withoutLongLines(
  chunks: AsyncIterable<string>,
  name: string,
  longest: number,
): AsyncGenerator<string> {
  let number = 1;
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      if (length + end - from > longest) refuseLongLine(name, number, longest);
      number++;
      length = 0;
      from = end + 1;
    }
    length += chunk.length - from;
    if (length > longest) refuseLongLine(name, number, longest);
    yield chunk;
  }
}

/** @throws UserError with the line's number */
export function refuseLongLine(name: string, number: number, longest: number): never {
  throw new UserError(
    `${name}, line ${number.toLocaleString("en-US")}: the line has more than ${longest.toLocaleString("en-US")} characters, too many to be read as one; cut it into shorter lines.`,
  );
}
