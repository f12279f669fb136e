/** Bytes to text, strictly: invalid bytes are refused with their place. */
import { option, type Sentence, sentence, UserError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { ENCODINGS } from "../../options/words.js";
import { strictUtf8 } from "./utf-8.js";
import { decodeWindows1252 } from "./windows-1252.js";

export { ENCODINGS };
/** The encodings a text may have. `latin1` is read as windows-1252, which has the same letters and more signs. */
export type TextEncoding = (typeof ENCODINGS)[number];

/** Other names of an encoding that is here. */
const OTHER_NAMES: ReadonlyMap<string, TextEncoding> = new Map([
  ["windows-1252", "latin1"],
  ["cp1252", "latin1"],
  ["ansi", "latin1"],
  ["iso-8859-1", "latin1"],
  ["latin-1", "latin1"],
]);

/** @throws UserError where there is no such encoding here */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || (ENCODINGS as readonly string[]).includes(encoding)) return;
  const meant = OTHER_NAMES.get(encoding.toLowerCase()) ?? nearest(encoding, ENCODINGS);
  const hint = meant === undefined ? `use ${ENCODINGS.join(" or ")}.` : `did you mean ${meant}?`;
  throw new UserError({
    option: "encoding",
    problem: `There is no encoding ${JSON.stringify(encoding)} here; ${hint}`,
  });
}

const BYTE_ORDER_MARK = "\ufeff";

/** Every line end becomes `\n`: `\r\n`, as of Windows, and `\r` by itself, as of old Macs and of progress bars. */
export function withNewlines(text: string): string {
  return text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
}

/** Advice where no encoding can be named. */
export const CONVERT: Sentence = ["convert it to UTF-8"];

/**
 * Decodes chunks of bytes. A leading byte-order mark is dropped, and every line end becomes `\n`.
 * @param advice for the message where the text is in another encoding
 * @throws UserError with the byte and line where the text is not UTF-8
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  name: string,
  advice: Sentence = sentence`convert it, or read it with ${option("encoding", "latin1")}`,
): AsyncGenerator<string> {
  const decode = encoding === "utf-8" ? strictUtf8(name, advice) : decodeWindows1252;
  let first = true;
  let held = "";
  for await (const chunk of bytes) {
    let text = held + decode(chunk, false);
    held = "";
    if (first && text !== "") {
      first = false;
      if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    }
    // A carriage return at the end of a chunk may belong to a newline in the next.
    if (text.endsWith("\r")) {
      held = "\r";
      text = text.slice(0, -1);
    }
    if (text !== "") yield withNewlines(text);
  }
  const rest = held + decode(new Uint8Array(0), true);
  if (rest !== "") yield withNewlines(rest);
}
