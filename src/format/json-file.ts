/** JSON files: read strictly with the place of what is wrong, written whole or not at all. */
import { UserError } from "../errors.js";
import { writeFileAtomic } from "./atomic-file.js";
import { parseJson } from "./json.js";
import { MAX_JSON_BYTES } from "./model-files.js";
import { readRegularFile } from "./regular-file.js";

/**
 * The value of a JSON file in UTF-8.
 * @param most bytes that it may have
 * @throws UserError: it cannot be read, is longer, a pipe or device, not UTF-8, not JSON (line, column)
 */
export async function readJsonFile(path: string, most = MAX_JSON_BYTES): Promise<unknown> {
  const bytes = await readRegularFile(path, most);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError(`${path} is not UTF-8 text; restore it from a copy or make it again.`, {
      cause: error,
    });
  }
  return parseJson(text, path);
}

/** Writes a value as JSON, indented by two spaces, with a line end. Fails as `writeFileAtomic` does. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}
