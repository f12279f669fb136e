/** Files of the build that pages are made of. */
import { readFile } from "node:fs/promises";
import { UserError } from "../errors.js";

/** @param path from dist/cli @throws UserError where the build has not made it */
export async function asset(path: string): Promise<Uint8Array> {
  // Also where this file runs as its source: the build lies beside it then.
  const url = new URL(path.replace("../browser-bundle", "../../dist/browser-bundle"), import.meta.url);
  try {
    return new Uint8Array(await readFile(url));
  } catch (error) {
    throw new UserError(`A part of recurra is missing (${url.pathname}); make it with "npm run build".`, {
      cause: error,
    });
  }
}
