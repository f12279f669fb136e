/** Lines of a text that comes in chunks. */

/** The lines, without their newline; what follows the last newline is a line if it is not empty. */
export async function* linesOf(chunks: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let held: string[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
      held.push(chunk.slice(from, end));
      yield held.length === 1 ? held[0]! : held.join("");
      held = [];
      from = end + 1;
    }
    if (from < chunk.length) held.push(chunk.slice(from));
  }
  if (held.length > 0) yield held.join("");
}
