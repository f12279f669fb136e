/** The lines of standard input, as they come. */
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { Io } from "./io.js";

/** Now and then others have their turn, so that a closed output is noticed. @throws UserError where it is no text */
export async function* linesOfInput(io: Io, encoding: TextEncoding): AsyncGenerator<string> {
  const [{ decodeText }, { linesOf }, { LONGEST_SCORED_LINE }, { Turns }] = await Promise.all([
    import("../text/corpus/decode-text.js"),
    import("../text/corpus/lines.js"),
    import("../text/limits.js"),
    import("../breathe.js"),
  ]);
  const bytes = io.stdin as AsyncIterable<Uint8Array>;
  const turns = new Turns();
  const name = "standard input";
  const decoded = decodeText(bytes, encoding, name);
  for await (const group of linesOf(decoded, { name, longest: LONGEST_SCORED_LINE })) {
    for (const line of group) {
      yield line;
      if (turns.due) await turns.give();
    }
  }
}
