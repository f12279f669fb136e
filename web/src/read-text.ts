/** A file that a person gave as the text to learn from. */
import { UserError } from "recurra/browser";

/** More than this is better trained on with the command line. */
const MOST_BYTES = 100e6;

/** @throws UserError where the file is empty, too large or not text */
export async function readTextFile(file: File): Promise<string> {
  if (file.size === 0) throw new UserError(`${file.name} is empty; choose a file with text in it.`);
  if (file.size > MOST_BYTES) {
    throw new UserError(
      `${file.name} has ${Math.round(file.size / 1e6)} MB; the playground takes up to ${MOST_BYTES / 1e6} MB. Train on it with the command line: npx recurra train.`,
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(
      `${file.name} is not UTF-8 text; choose a plain text file, or save it as UTF-8 first.`,
    );
  }
  if (text.includes("\0")) {
    throw new UserError(
      `${file.name} is not a text but something else (it holds zero bytes); choose a plain text file.`,
    );
  }
  return text.replaceAll("\r\n", "\n");
}
