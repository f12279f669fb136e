/** A text out of a file that a person picked: as on Node, UTF-8, records of JSON Lines, or either of them gzipped. */
import { loadPart } from "../load-part.js";
import type { FileLike } from "./platform.js";
import type { ReadTextOptions } from "./text-of-file.js";

export type { ReadTextOptions };

/**
 * The text as `recurra train` would read it from the same file, so that a run begun on one goes on on the other.
 * @throws UserError where the file is empty, not a text, too long, or not valid in its encoding, or the encoding is not
 * supported
 */
export async function readText(file: FileLike, options: ReadTextOptions = {}): Promise<string> {
  const { textOfFile } = await loadPart(import("./text-of-file.js"));
  return textOfFile(file, options);
}
