/** Texts from standard input: whether they come from there, and its lines as they come. */
import { UserError } from "../errors.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { Io } from "./io.js";

/** Whether "-" stands among the arguments. @param noun of the others @throws UserError where it does not stand alone */
export function isInput(typed: readonly string[], noun: string): boolean {
  const found = typed.includes("-");
  if (found && typed.length > 1)
    throw new UserError(`"-" stands for standard input; give either "-" or ${noun}, not both.`);
  return found;
}

/**
 * Whether texts come from standard input: where it is named, or none are typed.
 * @param needed says that there are none, where nothing is piped in either
 * @throws UserError with that sentence, or as `isInput`
 */
export function readsInput(io: Io, typed: readonly string[], needed: string, noun = "texts"): boolean {
  if (typed.length === 0 && io.stdin.isTTY) throw new UserError(needed);
  return isInput(typed, noun) || typed.length === 0;
}

/** Standard input was named, and nothing came. @param what there is none of: "line to score" */
export function nothingPiped(what: string): UserError {
  return new UserError(`Standard input is empty: there is no ${what}; pipe some in.`);
}

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

/** All of it as one text; none where nothing comes. @throws UserError where it is no text */
export async function* wholeInput(io: Io, encoding: TextEncoding): AsyncGenerator<string> {
  const { decodeText } = await import("../text/corpus/decode-text.js");
  const bytes = io.stdin as AsyncIterable<Uint8Array>;
  let text = "";
  for await (const chunk of decodeText(bytes, encoding, "standard input")) text += chunk;
  if (text !== "") yield text;
}
