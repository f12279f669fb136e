/** The kind of a file, by its first bytes and by its name. */
import { UserError } from "../../errors.js";

/** A file with a NUL among so many first bytes counts as binary. */
export const PROBE_BYTES = 8192;

/** Whether this is packed by gzip, by its first bytes (RFC 1952), not by its name. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Whether this is a file of JSON records, packed or not, by its name. */
export function isRecords(name: string): boolean {
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(name);
}

/** Whether a packed file is a text, by its name: other archives in a folder are skipped. */
export function isPackedText(name: string): boolean {
  return isRecords(name) || /\.txt(\.gz)?$/i.test(name);
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
