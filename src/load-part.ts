/** A part of the library that is loaded when it is first used, so that a page which does not use it never fetches it. */
import { UserError } from "./errors.js";

/**
 * Loads a part, and returns its exports.
 * @param loading `import("…")` of one literal, which bundlers find
 * @throws UserError where it cannot be fetched
 */
export async function loadPart<Part>(loading: Promise<Part>): Promise<Part> {
  try {
    return await loading;
  } catch (cause) {
    throw new UserError(
      "A part of recurra could not be loaded; check the connection, reload the page and try again.",
      { cause },
    );
  }
}
