/** What a file is, by its first bytes and by its name. */
import { UserError } from "../../errors.js";

/** A NUL among so many first bytes tells a binary file. */
export const PROBE_BYTES = 8192;

/** Is this packed by gzip? Its first bytes tell (RFC 1952), whatever its name. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** Is this one of JSON records, packed or not? Its name tells. */
export function isRecords(name: string): boolean {
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(name);
}

/** Is this a text though it is packed? Its name tells: in a folder, other archives are no texts. */
export function isPackedText(name: string): boolean {
  return isRecords(name) || /\.txt(\.gz)?$/i.test(name);
}

/** Why the first bytes of a file are not those of a text; undefined where they may be. */
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
 * The chunks as they are, but none before the first PROBE_BYTES are there and may be those of a text, so that what is
 * said of a binary file does not depend on how it comes.
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

/** @throws UserError about a file that cannot be unpacked @param cause what the unpacker says */
export function refuseGzip(name: string, cause?: unknown): never {
  throw new UserError(
    `${name} is gzip that is damaged or cut, or has something else after its end; pack it again, or give it unpacked.`,
    { cause },
  );
}
