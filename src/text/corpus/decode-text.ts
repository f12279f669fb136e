/** Bytes to text, strictly: where they are not valid, the place is said. */
import { UserError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { ENCODINGS } from "../../options/words.js";

export { ENCODINGS };
/** The encodings a text may have. */
export type TextEncoding = (typeof ENCODINGS)[number];

/** @throws UserError where there is no such encoding here */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || (ENCODINGS as readonly string[]).includes(encoding)) return;
  const meant = nearest(encoding, ENCODINGS);
  const hint = meant === undefined ? `use ${ENCODINGS.join(" or ")}.` : `did you mean ${meant}?`;
  throw new UserError(`There is no encoding ${JSON.stringify(encoding)} here; ${hint}`);
}

const BYTE_ORDER_MARK = "\ufeff";
/** A NUL among so many first bytes tells a binary file. */
export const PROBE_BYTES = 8192;

/** Is this file packed by gzip, judged by its name? */
export function isZipped(path: string): boolean {
  return /\.gz$/i.test(path);
}

/** Is this file one of JSON records, judged by its name? */
export function isRecords(path: string): boolean {
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(path);
}

/** @param start the first bytes of a file @throws UserError where they are not those of a text */
export function refuseBinary(start: Uint8Array, name: string): void {
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new UserError(`${name} is encoded in UTF-16; convert it to UTF-8.`);
  }
  const zero = start.subarray(0, PROBE_BYTES).indexOf(0);
  if (zero < 0) return;
  throw new UserError(
    `${name} is not a text: byte ${zero} is zero; give a text file, or one in .gz or .jsonl.`,
  );
}

/**
 * Decodes chunks of bytes. A leading byte-order mark is dropped and `\r\n` becomes `\n`.
 * @param advice what to do with a text in another encoding
 * @throws UserError with the byte and line where the text is not UTF-8
 */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  name: string,
  advice = "convert it, or read it as it is with --encoding latin1",
): AsyncGenerator<string> {
  const decode = encoding === "utf-8" ? strictUtf8(name, advice) : latin1();
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
    if (text !== "") yield text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  }
  const rest = held + decode(new Uint8Array(0), true);
  if (rest !== "") yield rest.replaceAll("\r\n", "\n");
}

type Decode = (chunk: Uint8Array, last: boolean) => string;

/** Each byte is the code point of the same number (which the standard's "latin1", windows-1252, is not). */
function latin1(): Decode {
  const decoder = new TextDecoder("utf-16le");
  return (chunk) => {
    const units = new Uint8Array(2 * chunk.length);
    for (let i = 0; i < chunk.length; i++) units[2 * i] = chunk[i]!;
    return decoder.decode(units);
  };
}

function strictUtf8(name: string, advice: string): Decode {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let bytesBefore = 0;
  let newlinesBefore = 0;
  // The last bytes before this chunk: a sequence that is not complete has at most three.
  let tail = new Uint8Array(0);
  return (chunk, last) => {
    try {
      const text = decoder.decode(chunk, { stream: !last });
      bytesBefore += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) newlinesBefore++;
      tail = chunk.length >= 3 ? chunk.slice(-3) : join(tail, chunk).slice(-3);
      return text;
    } catch {
      // The sequence may have begun in the chunk before: look again from its last bytes on.
      const joined = join(tail, chunk);
      const at = firstInvalid(joined, sequenceStart(tail));
      let line = newlinesBefore + 1;
      for (let i = tail.length; i < at; i++) if (joined[i] === 10) line++;
      throw new UserError(
        `${name} is not valid UTF-8 at byte ${bytesBefore - tail.length + at} (line ${line}); ${advice}.`,
      );
    }
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Where in the last bytes of a chunk a sequence begins that is not complete; their end if there is none. */
function sequenceStart(tail: Uint8Array): number {
  for (let i = tail.length - 1; i >= 0; i--) {
    const byte = tail[i]!;
    if (byte >= 0xc0) return i;
    if (byte < 0x80) break;
  }
  return tail.length;
}

/** Index of the first byte, from a boundary on, that does not begin or continue a UTF-8 sequence (RFC 3629). */
function firstInvalid(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length;) {
    const b = bytes[i]!;
    const length =
      b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    if (length === 0) return i;
    for (let k = 1; k < length; k++) {
      const c = bytes[i + k];
      const low = k === 1 && b === 0xe0 ? 0xa0 : k === 1 && b === 0xf0 ? 0x90 : 0x80;
      const high = k === 1 && b === 0xed ? 0x9f : k === 1 && b === 0xf4 ? 0x8f : 0xbf;
      if (c === undefined || c < low || c > high) return i;
    }
    i += length;
  }
  return bytes.length;
}
