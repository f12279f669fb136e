/** A text out of a file that a person picked: as on Node, UTF-8, records of JSON Lines, or either of them gzipped. */
import { breathe } from "../breathe.js";
import { UserError } from "../errors.js";
import {
  checkEncoding,
  decodeText,
  isRecords,
  isZipped,
  refuseBinary,
  type TextEncoding,
} from "../text/corpus/decode-text.js";
import { recordTexts } from "../text/corpus/json-lines.js";
import type { FileLike } from "./platform.js";

export interface ReadTextOptions {
  /** Default utf-8. */
  readonly encoding?: TextEncoding;
  /** Field of .jsonl records that holds the text. Default "text". */
  readonly field?: string;
}

/** Bytes that are decoded in one turn of the page. */
const CHUNK_BYTES = 1 << 20;

/**
 * The text as `recurra train` would read it from the same file, so that a run begun on one goes on on the other.
 * @throws UserError where the file is empty, no text, or not valid in its encoding, or there is no such encoding
 */
export async function readText(
  file: FileLike,
  { encoding = "utf-8", field = "text" }: ReadTextOptions = {},
): Promise<string> {
  const { name } = file;
  checkEncoding(encoding);
  const packed = new Uint8Array(await file.arrayBuffer().catch((error: unknown) => refuse(name, error)));
  if (packed.length === 0) throw new UserError(`${name} is empty; choose a file with text in it.`);
  const bytes = isZipped(name) ? await gunzip(packed, name) : packed;
  refuseBinary(bytes, name);
  const decoded = decodeText(chunksOf(bytes), encoding, name, "save it as UTF-8 first");
  let text = "";
  for await (const chunk of isRecords(name) ? recordTexts(decoded, field, name) : decoded) text += chunk;
  if (text === "") throw new UserError(`There is no text in ${name}; choose a file with some.`);
  return text;
}

function refuse(name: string, cause: unknown): never {
  throw new UserError(`${name} cannot be read; choose a file that is there, and no folder.`, { cause });
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    yield bytes.subarray(at, at + CHUNK_BYTES);
    await breathe();
  }
}

async function gunzip(packed: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array> {
  try {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new UserError(`${name} is not gzip or is damaged; pack it again, or choose it unpacked.`, {
      cause: error,
    });
  }
}
