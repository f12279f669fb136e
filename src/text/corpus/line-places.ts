/**
 * The lines of a file with the places where they stand, in bytes, so that each can be read again by itself. A line ends at
 * LF, CRLF or CR, as everywhere; a byte-order mark is passed over. In a file of records a line is the text of one.
 */
import { createReadStream } from "node:fs";
import { option, sentence, UserError } from "../../errors.js";
import { openRegularFile } from "../../format/regular-file.js";
import { fileError } from "../../format/system-error.js";
import { LONGEST_LINE } from "../limits.js";
import { describeFile } from "./corpus-file.js";
import { type TextEncoding, withNewlines } from "./decode-text.js";
import { refuseField, recordText } from "./json-lines.js";
import { refuseLongLine } from "./lines.js";
import { decodeWindows1252 } from "./windows-1252.js";

/** How the lines of a file become text. */
export interface LineForm {
  readonly encoding: TextEncoding;
  /** The field of records; undefined where lines are text themselves. */
  readonly field?: string | undefined;
}

export interface PlacedLine {
  readonly text: string;
  /** Where it begins, in bytes from the file's beginning. */
  readonly start: number;
  /** Its bytes with those of its end. */
  readonly bytes: Uint8Array;
  /** There is a line end, which a longer file will have too: not so of the last line, and of a CR at the very end. */
  readonly ended: boolean;
}

const LF = 10;
const CR = 13;
const CHUNK_BYTES = 1 << 20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Looks at a file whose lines are to be read by their places.
 * @param field given for records alone
 * @throws UserError where it cannot be read, is packed, empty or no text, or a field is named and it has no records
 */
export async function lineForm(
  path: string,
  encoding: TextEncoding,
  field: { readonly given?: string | undefined; readonly usual: string },
): Promise<LineForm> {
  // Pipes and folders are refused here, without waiting.
  const { file, size } = await openRegularFile(path);
  await file.close();
  if (size === 0) throw new UserError(`${path} is empty; there is no line in it.`);
  const { packed, form } = await describeFile(path);
  if (form !== "text" && form !== "jsonl")
    throw new UserError(
      `${path} is a table, and lines have to be read by their places; write its texts as .jsonl, one object a line, or as lines.`,
    );
  const records = form === "jsonl";
  if (packed)
    throw new UserError(
      `${path} is packed, and its lines have to be read by their places; unpack it (gunzip), and give the unpacked file.`,
    );
  if (field.given !== undefined && !records) refuseField(path, field.given);
  return { encoding, ...(records && { field: field.given ?? field.usual }) };
}

/** Where to begin: in bytes, and the number of the line there, from 1. */
export interface LinePlace {
  readonly start: number;
  readonly number: number;
}

/**
 * @throws UserError where a line is too long, not of the encoding, or no such record; where the file cannot be read
 */
export async function* placedLines(
  path: string,
  form: LineForm,
  from: LinePlace = { start: 0, number: 1 },
): AsyncGenerator<PlacedLine> {
  const stream = createReadStream(path, { start: from.start, highWaterMark: CHUNK_BYTES });
  let { start, number } = from;
  // Pieces of a line that is not whole yet, joined once.
  let held: Buffer[] = [];
  let length = 0;
  const line = (bytes: Buffer, ended: boolean): PlacedLine => {
    const text = lineText(bytes, form, { start, number }, path);
    const placed = { text, start, bytes, ended };
    start += bytes.length;
    number++;
    return placed;
  };
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let rest = chunk;
      // A CR that was the last byte: is there an LF after it?
      const before = held.at(-1);
      if (before?.at(-1) === CR) {
        const both = rest[0] === LF ? 1 : 0;
        held.push(rest.subarray(0, both));
        rest = rest.subarray(both);
        yield line(Buffer.concat(held), true);
        [held, length] = [[], 0];
      }
      for (;;) {
        const end = endOf(rest);
        if (end < 0) break;
        held.push(rest.subarray(0, end));
        yield line(held.length === 1 ? held[0]! : Buffer.concat(held), true);
        [held, length] = [[], 0];
        rest = rest.subarray(end);
      }
      length += rest.length;
      if (length > LONGEST_LINE) refuseLongLine(path, number, LONGEST_LINE);
      if (rest.length > 0) held.push(rest);
    }
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    stream.destroy();
  }
  if (held.length > 0) yield line(Buffer.concat(held), false);
}

/** Bytes of the first line with its end; −1 where it is not whole, or its end may go on. */
function endOf(bytes: Buffer): number {
  const lf = bytes.indexOf(LF);
  const head = lf < 0 ? bytes : bytes.subarray(0, lf);
  const cr = head.indexOf(CR);
  if (cr < 0) return lf < 0 ? -1 : lf + 1;
  if (cr === bytes.length - 1) return -1;
  return bytes[cr + 1] === LF ? cr + 2 : cr + 1;
}

/** The text of a line's bytes, without its end. @throws UserError */
export function lineText(
  bytes: Uint8Array,
  { encoding, field }: LineForm,
  { start, number }: LinePlace,
  path: string,
): string {
  let [first, last] = [0, bytes.length];
  if (bytes[last - 1] === LF) last--;
  if (bytes[last - 1] === CR) last--;
  if (start === 0 && BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte)) first = 3;
  const own = bytes.subarray(first, last);
  const text = encoding === "latin1" ? decodeWindows1252(own) : utf8(own, number, path);
  if (field === undefined) return text;
  return text.trim() === ""
    ? ""
    : withNewlines(recordText(text, field, `${path}, line ${number}`)).replace(/\n$/, "");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array, number: number, path: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new UserError({
      problem: `${path}, line ${number}: this is not valid UTF-8`,
      advice: sentence`convert the file, or read it with ${option("encoding", "latin1")}`,
    });
  }
}
