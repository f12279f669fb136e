/** Lines of a text that comes in chunks. */

/**
 * The lines, without their newlines, in groups: those that end in one chunk come together, since a step of an async
 * iteration costs more than a short line. What follows the last newline is a line if it is not empty.
 */
export async function* linesOf(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  // The pieces of a line that is not yet whole: joined once, so that a line of any length costs linear time.
  let held: string[] = [];
  for await (const chunk of chunks) {
    const lines = chunk.split("\n");
    const rest = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = held.join("") + lines[0]!;
      held = [];
      yield lines;
    }
    if (rest !== "") held.push(rest);
  }
  if (held.length > 0) yield [held.join("")];
}
