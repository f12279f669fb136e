/** The kind of a file, by its first bytes and by its name. */
import { UserError } from "../../errors.js";

/** A file with a NUL among so many first bytes counts as binary. */
export const PROBE_BYTES = 8192;

/** Whether this is packed by gzip, by its first bytes (RFC 1952), not by its name. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** What a file holds: a text, or a table of which a column is the text. */
export type FileForm = "text" | "jsonl" | "csv" | "tsv" | "parquet";

const FORMS: readonly (readonly [RegExp, FileForm])[] = [
  [/\.(jsonl|ndjson)(\.gz)?$/i, "jsonl"],
  [/\.csv(\.gz)?$/i, "csv"],
  [/\.tsv(\.gz)?$/i, "tsv"],
  [/\.parquet(\.gz)?$/i, "parquet"],
];

/** What a file holds, packed or not, by its name. */
export function formOf(name: string): FileForm {
  return FORMS.find(([pattern]) => pattern.test(name))?.[1] ?? "text";
}

/** Whether this is a file of JSON records, packed or not, by its name. */
export function isRecords(name: string): boolean {
  return formOf(name) === "jsonl";
}

/** Whether a packed file is a text or a table, by its name: other archives in a folder are skipped. */
export function isPackedText(name: string): boolean {
  return formOf(name) !== "text" || /\.txt(\.gz)?$/i.test(name);
}

/** Whether this is parquet, by its name, or by its first bytes ("PAR1") where it is no text. */
export function isParquet(start: Uint8Array, name: string): boolean {
  if (isGzip(start)) return false;
  const magic = [0x50, 0x41, 0x52, 0x31].every((byte, i) => start[i] === byte);
  return formOf(name) === "parquet" || (magic && notText(start) === "binary");
}

/** Why the first bytes of a file cannot be those of a text; undefined where they can be. */
export function notText(start: Uint8Array): string | undefined {
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return "UTF-16";
  return zeroAt(start) < 0 ? undefined : "binary";
}

/** @param start the first bytes of a file @throws UserError where they are not those of a text */
export function refuseBinary(start: Uint8Array, name: string): void {
  const reason = notText(start);
  if (reason === undefined) return;
  if (reason === "UTF-16") throw new UserError(`${name} is encoded in UTF-16; convert it to UTF-8.`);
  throw new UserError(
    `${name} is not a text: byte ${zeroAt(start)} is zero; give a text file, or one in .gz or .jsonl.`,
  );
}

function zeroAt(start: Uint8Array): number {
  return start.subarray(0, PROBE_BYTES).indexOf(0);
}

/**
 * The chunks unchanged, the first ones held back until PROBE_BYTES have arrived and could be those of a text, so that
 * the message about a binary file does not depend on how it is cut into chunks.
 * @throws UserError where they are not those of a text
 */
export async function* textBytes(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] | undefined = [];
  const start = new Uint8Array(PROBE_BYTES);
  let length = 0;
  for await (const chunk of chunks) {
    if (held === undefined) {
      yield chunk;
      continue;
    }
    const probed = chunk.subarray(0, PROBE_BYTES - length);
    start.set(probed, length);
    length += probed.length;
    held.push(chunk);
    if (length < PROBE_BYTES) continue;
    refuseBinary(start, name);
    yield* held;
    held = undefined;
  }
  if (held === undefined) return;
  refuseBinary(start.subarray(0, length), name);
  yield* held;
}

/** @throws UserError about a file that cannot be unpacked @param cause the unpacker's error */
export function refuseGzip(name: string, cause?: unknown): never {
  throw new UserError(
    `${name} is gzip that is damaged or cut, or has something else after its end; pack it again, or give it unpacked.`,
    { cause },
  );
}
