/**
 * Reads a zip that lies in memory (PKWARE's APPNOTE, 4.3): its directory first, then the files that are wanted, each
 * against its size and CRC-32. Other files are not unpacked.
 */
import { inflateSync } from "fflate";
import { UserError } from "../errors.js";
import { crc32 } from "./crc32.js";

/** A file in a zip. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked, as the directory says. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly crc: number;
  /** 0 stored, 8 deflated; others are not read. */
  readonly method: number;
  readonly encrypted: boolean;
  /** Of its local header, from the start of the zip. */
  readonly offset: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_64 = 0x07064b50;
const END_64 = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
/** Longest comment after the end record. */
const MAX_COMMENT = 0xffff;
/**
 * Greatest ratio of unpacked to packed size: zeros reach 1032, texts 10, weights 1.1; a higher one is not a model's.
 */
const MAX_RATIO = 200;
/** Below this size the ratio does not matter. */
const SMALL = 16e6;

/** Unsigned little-endian numbers; beyond the end they are a RangeError, as of DataView. */
class Numbers {
  readonly #view: DataView;
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u16 = (at: number): number => this.#view.getUint16(at, true);
  u32 = (at: number): number => this.#view.getUint32(at, true);
  u64 = (at: number): number => Number(this.#view.getBigUint64(at, true));
}

/** The files in a zip, folders left out. @param where names it in messages @throws UserError where it is torn */
export function zipEntries(bytes: Uint8Array, where: string): ZipEntry[] {
  return orTorn(where, () => {
    const numbers = new Numbers(bytes);
    const directory = findDirectory(numbers, bytes.length);
    const entries: ZipEntry[] = [];
    const names = new Set<string>();
    let { offset: at } = directory;
    for (let i = 0; i < directory.count; i++) {
      if (numbers.u32(at) !== DIRECTORY_ENTRY) throw new RangeError("no entry of the directory");
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => numbers.u16(at + field));
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength!));
      if (names.has(name)) throw new RangeError("a name twice");
      names.add(name);
      const extra = at + 46 + nameLength!;
      const entry: ZipEntry = {
        name,
        encrypted: (numbers.u16(at + 8) & 1) === 1,
        method: numbers.u16(at + 10),
        crc: numbers.u32(at + 16),
        ...sizes(numbers, at, extra, extra + extraLength!),
      };
      if (!name.endsWith("/")) entries.push(entry);
      at = extra + extraLength! + commentLength!;
    }
    return entries;
  });
}

/** Where the directory begins, and how many entries it has. */
function findDirectory(numbers: Numbers, length: number): { offset: number; count: number } {
  let end = length - END_BYTES;
  while (numbers.u32(end) !== END) {
    if (--end < length - END_BYTES - MAX_COMMENT) throw new RangeError("no end record");
  }
  const count = numbers.u16(end + 10);
  const offset = numbers.u32(end + 16);
  if (end < 20 || numbers.u32(end - 20) !== LOCATOR_64) return { offset, count };
  const end64 = numbers.u64(end - 12);
  if (numbers.u32(end64) !== END_64) throw new RangeError("no end record of 64 bits");
  return { offset: numbers.u64(end64 + 48), count: numbers.u64(end64 + 32) };
}

/** Sizes and offset of an entry: those that do not fit 32 bits stand in its extra field 1, in this order. */
function sizes(
  numbers: Numbers,
  at: number,
  extra: number,
  end: number,
): Pick<ZipEntry, "bytes" | "packedBytes" | "offset"> {
  let large: number | undefined;
  for (let field = extra; field + 4 <= end; field += 4 + numbers.u16(field + 2)) {
    if (numbers.u16(field) === 1) large = field + 4;
  }
  const [bytes, packedBytes, offset] = [24, 20, 42].map((place) => {
    const value = numbers.u32(at + place);
    if (value !== 0xffffffff || large === undefined) return value;
    large += 8;
    return numbers.u64(large - 8);
  });
  return { bytes: bytes!, packedBytes: packedBytes!, offset: offset! };
}

/**
 * Unpacks one file.
 * @param most bytes that it may have
 * @throws UserError: larger, out of all proportion to its packed size, encrypted, damaged (by its CRC-32)
 */
export function unzipEntry(zip: Uint8Array, entry: ZipEntry, most: number, where: string): Uint8Array {
  const { name, bytes, packedBytes, method, encrypted, crc } = entry;
  const refuse = (problem: string) =>
    new UserError(`${where} cannot be unpacked: ${name} ${problem}; give the zip that was downloaded.`);
  if (encrypted) throw refuse("is encrypted");
  if (method !== 0 && method !== 8) throw refuse(`is packed by method ${method}, not stored or deflated`);
  if (bytes > most) throw refuse(`would have ${bytes} bytes, more than the ${most} such a file may have`);
  if (bytes > SMALL && bytes > MAX_RATIO * packedBytes) {
    throw refuse(`would grow from ${packedBytes} bytes to ${bytes}, which no file of a model does`);
  }
  return orTorn(where, () => {
    const numbers = new Numbers(zip);
    if (numbers.u32(entry.offset) !== LOCAL_HEADER) throw new RangeError("no local header");
    const start = entry.offset + 30 + numbers.u16(entry.offset + 26) + numbers.u16(entry.offset + 28);
    const packed = zip.subarray(start, start + packedBytes);
    if (packed.length !== packedBytes) throw new RangeError("cut off");
    const unpacked = method === 0 ? packed.slice() : inflateSync(packed, { out: new Uint8Array(bytes) });
    if (unpacked.length !== bytes || crc32(unpacked) !== crc) throw new RangeError("another CRC-32");
    return unpacked;
  });
}

/** Turns any error while a zip is read into one that says that it is damaged. */
function orTorn<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UserError(`${where} is torn or damaged: it cannot be unpacked; download it again.`, { cause });
  }
}
