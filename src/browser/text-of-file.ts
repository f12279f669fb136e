/** How a page reads the text of a file: loaded by read-text.ts at its first call. */
import { breathe } from "../breathe.js";
import { UserError } from "../errors.js";
import { READING_OPTIONS } from "../options/text-options.js";
import { checkEncoding, decodeText, type TextEncoding } from "../text/corpus/decode-text.js";
import { isGzip, isRecords, textBytes } from "../text/corpus/file-kind.js";
import { gunzip } from "../text/corpus/gunzip.js";
import { recordTexts, refuseField } from "../text/corpus/json-lines.js";
import { asWrittenNotices } from "../text/corpus/notices.js";
import { LONGEST_TEXT } from "../text/limits.js";
import type { FileLike } from "./platform.js";

/** Defaults are those of options/text-options.ts. */
export interface ReadTextOptions {
  /** latin1 is read as windows-1252. */
  readonly encoding?: TextEncoding;
  /** Field of .jsonl records that holds the text. A file that is no .jsonl is refused with it. */
  readonly field?: string;
  /** Called with notices about the text, in whole sentences: for example that its header or tags are part of it. */
  readonly onNotice?: (message: string) => void;
}

/** Bytes that are decoded in one turn of the page. */
const CHUNK_BYTES = 1 << 20;

/** See `readText`. */
export async function textOfFile(
  file: FileLike,
  { encoding = READING_OPTIONS.encoding.default, field, onNotice }: ReadTextOptions,
): Promise<string> {
  const { name } = file;
  checkEncoding(encoding);
  const records = isRecords(name);
  if (field !== undefined && !records) refuseField(name, field);
  const bytes = new Uint8Array(await file.arrayBuffer().catch((error: unknown) => refuse(name, error)));
  if (bytes.length === 0) throw new UserError(`${name} is empty; choose a file with text in it.`);
  const chunks = textBytes(inTurns(isGzip(bytes) ? gunzip(bytes, name) : chunksOf(bytes)), name);
  const decoded = decodeText(chunks, encoding, name, ["save it as UTF-8 first"]);
  const text = await joined(
    records ? recordTexts(decoded, field ?? READING_OPTIONS.field.default, name) : decoded,
    name,
  );
  if (text === "") throw new UserError(`There is no text in ${name}; choose a file with some.`);
  for (const message of asWrittenNotices([name])) onNotice?.(message);
  return text;
}

/** The chunks as one text. @param longest UTF-16 units of it @throws UserError where it is longer */
export async function joined(
  chunks: AsyncIterable<string>,
  name: string,
  longest = LONGEST_TEXT,
): Promise<string> {
  let text = "";
  for await (const chunk of chunks) {
    if (text.length + chunk.length > longest) {
      throw new UserError(
        `${name} has more than ${longest.toLocaleString("en-US")} characters, and a page cannot hold a longer text; choose a part of it, or train on it with recurra on Node.`,
      );
    }
    text += chunk;
  }
  return text;
}

function refuse(name: string, cause: unknown): never {
  throw new UserError(`${name} cannot be read; choose a file that is there, and no folder.`, { cause });
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** The chunks; between them the page can handle events. */
async function* inTurns(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    if (bytes < CHUNK_BYTES) continue;
    bytes = 0;
    await breathe();
  }
}
