/**
 * Unpacks gzip (RFC 1952) where there is no Node: several members one after the other, zeros after the last (padding),
 * and nothing else. A page's own DecompressionStream takes one member and not a byte more, so that the same file would be
 * read on Node and refused in a page.
 */
import { Gunzip, inflateSync } from "fflate";
import { crc32 } from "../../format/crc32.js";
import { refuseGzip } from "./file-kind.js";

/** Packed bytes that are unpacked in one turn. */
const CHUNK_BYTES = 1 << 16;
/** A member's end: CRC-32 and size (mod 2^32) of what it unpacks to, little-endian. */
const TRAILER_BYTES = 8;

/**
 * The unpacked bytes, in chunks.
 * @param packed a whole file
 * @throws UserError where it is damaged, cut, or has something else after its end
 */
export function* gunzip(packed: Uint8Array, name: string): Generator<Uint8Array> {
  // Zeros at the end are padding, or of the last trailer; those of an empty member begin with the last byte of its data.
  let end = packed.length;
  while (end > 0 && packed[end - 1] === 0) end--;
  let member = new Member(packed, 0);
  let pieces: Uint8Array[] = [];
  let damaged = member.dataStart === undefined;
  const stream = new Gunzip((piece: Uint8Array) => {
    if (piece.length === 0) return;
    member.add(piece);
    pieces.push(piece);
  });
  stream.onmember = (start: number) => {
    damaged ||= !member.endsAt(start);
    member = new Member(packed, start);
    damaged ||= member.dataStart === undefined;
  };
  for (let from = 0; from < end; from += CHUNK_BYTES) {
    try {
      stream.push(packed.subarray(from, Math.min(end, from + CHUNK_BYTES)));
    } catch (error) {
      refuseGzip(name, error);
    }
    if (damaged) refuseGzip(name);
    yield* pieces;
    pieces = [];
  }
  for (let last = end; last <= Math.min(packed.length, end + 1 + TRAILER_BYTES); last++) {
    if (member.endsAt(last)) return;
  }
  refuseGzip(name);
}

// Bits of a header's flags: what follows it. The highest three mean nothing yet.
const HEADER_CHECK = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;
const HEADER_BYTES = 10;

/** One member: where its data begins, and the checksum and size of the bytes unpacked so far. */
class Member {
  /** Undefined where its header is damaged: unknown flags, or a wrong checksum of the header. */
  readonly dataStart: number | undefined;
  readonly #packed: Uint8Array;
  #crc = 0;
  #size = 0;

  constructor(packed: Uint8Array, start: number) {
    this.#packed = packed;
    this.dataStart = dataStart(packed, start);
  }

  add(piece: Uint8Array): void {
    this.#crc = crc32(piece, this.#crc);
    this.#size += piece.length;
  }

  /** Whether the trailer that ends at this byte matches the unpacked bytes. */
  endsAt(end: number): boolean {
    const at = end - TRAILER_BYTES;
    if (this.dataStart === undefined || at < this.dataStart) return false;
    const trailer = new DataView(this.#packed.buffer, this.#packed.byteOffset + at, TRAILER_BYTES);
    if (trailer.getUint32(0, true) !== this.#crc || trailer.getUint32(4, true) !== this.#size >>> 0)
      return false;
    // Padding looks like the trailer of an empty member: that is accepted only where nothing was packed.
    return this.#size > 0 || this.#unpacksToNothing(this.dataStart);
  }

  #unpacksToNothing(from: number): boolean {
    try {
      return inflateSync(this.#packed.subarray(from)).length === 0;
    } catch {
      return false;
    }
  }
}

function dataStart(packed: Uint8Array, start: number): number | undefined {
  const flags = packed[start + 3] ?? 0;
  if (flags & RESERVED) return undefined;
  let at = start + HEADER_BYTES;
  const number = (): number => (packed[at] ?? 0) | ((packed[at + 1] ?? 0) << 8);
  if (flags & EXTRA) at += 2 + number();
  for (const text of [NAME, COMMENT]) {
    if (!(flags & text)) continue;
    at = packed.indexOf(0, at) + 1;
    if (at === 0) return undefined;
  }
  if (!(flags & HEADER_CHECK)) return at;
  return (crc32(packed.subarray(start, at)) & 0xffff) === number() ? at + 2 : undefined;
}
