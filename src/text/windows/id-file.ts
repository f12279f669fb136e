/**
 * Token ids on the disk, so that a text larger than memory is encoded once and read in windows. Three files: the ids
 * (16 bits each where the vocabulary allows, else 32; little-endian, as all machines this runs on), for lines where
 * each begins (64-bit floats), and, written last, a record that describes them, with checksums (CRC-32) of all three.
 * Without a matching record the others are ignored.
 */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { endianness } from "node:os";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { UserError } from "../../errors.js";
import { writeAllSync, writeFileAtomicSync } from "../../format/atomic-file.js";
import { makeFolder } from "../../format/make-folder.js";
import { openRegularFileSync, readRegularFileSync } from "../../format/regular-file.js";
import { fileError } from "../../format/system-error.js";
import { type EncodedText, type TokenStats, encodeChunks } from "./encode.js";
import type { TokenSource } from "./token-source.js";
import type { Tokenizer } from "../tokenizers/tokenizer.js";

/** The layout of the files; another layout is another version. */
const VERSION = `2 ${endianness()}`;
/** Numbers gathered before they are written. */
const BUFFERED = 1 << 16;
/** Ids looked at together when a file is opened. */
const CHECKED = 1 << 18;
const MAX_16_BIT = 65_536;
/** Bytes of a record; one has some hundred. */
const MOST_RECORD = 65_536;

type BytesPerId = 2 | 4;

interface IdRecord {
  readonly version: string;
  /** Identifies the text and tokenizer of the ids. */
  readonly key: string;
  readonly bytesPerId: BytesPerId;
  /** Whether there are offsets. */
  readonly lines: boolean;
  readonly stats: TokenStats;
  readonly checksums: { readonly ids: number; readonly offsets: number };
}

const recordPath = (path: string): string => `${path}.json`;
const offsetsPath = (path: string): string => `${path}.lines`;

/** Ids that are read from a file, window by window. */
export class FileTokens implements TokenSource {
  readonly length: number;
  readonly #path: string;
  readonly #bytesPerId: BytesPerId;
  #file: number | undefined;
  #buffer: Uint16Array | Int32Array;

  /** @throws UserError where the file cannot be read */
  constructor(path: string, bytesPerId: BytesPerId) {
    this.#path = path;
    this.#bytesPerId = bytesPerId;
    this.#buffer = bytesPerId === 2 ? new Uint16Array(256) : new Int32Array(256);
    try {
      const { file, size } = openRegularFileSync(path);
      this.#file = file;
      this.length = size / bytesPerId;
    } catch (error) {
      throw fileError(error, "read", path);
    }
  }

  read(start: number, into: Int32Array): void {
    into.set(this.#view(start, into.length));
  }

  /** All ids, so many at a time; each piece is valid until the next. */
  *pieces(length: number): Generator<Uint16Array | Int32Array> {
    for (let from = 0; from < this.length; from += length)
      yield this.#view(from, Math.min(length, this.length - from));
  }

  /** Ids in the buffer, valid until the next are read. */
  #view(start: number, count: number): Uint16Array | Int32Array {
    if (start < 0 || start + count > this.length) {
      throw new RangeError(`ids ${start} … ${start + count} lie outside the ${this.length} there are`);
    }
    if (this.#file === undefined) throw new RangeError(`${this.#path} has been closed`);
    if (this.#buffer.length < count) {
      this.#buffer = this.#bytesPerId === 2 ? new Uint16Array(count) : new Int32Array(count);
    }
    const bytes = new Uint8Array(this.#buffer.buffer, 0, count * this.#bytesPerId);
    for (let done = 0; done < bytes.length;) {
      const at = start * this.#bytesPerId + done;
      let got;
      try {
        got = readSync(this.#file, bytes, done, bytes.length - done, at);
      } catch (error) {
        throw fileError(error, "read", this.#path);
      }
      if (got === 0) {
        throw new UserError(
          `${this.#path} was cut short while it was read; start again, and the text is encoded anew.`,
        );
      }
      done += got;
    }
    return this.#buffer.subarray(0, count);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/**
 * The ids of an earlier encoding, or undefined where there are none that are whole and fit the key. They are read
 * through once, for their checksum and for ids that the vocabulary does not have.
 * @param key undefined: of whatever text
 * @param vocabulary number of tokens
 */
export function openIdFile(
  path: string,
  key: string | undefined,
  vocabulary: number,
): EncodedText | undefined {
  try {
    const record = readRecord(path);
    if (record?.version !== VERSION || (key !== undefined && record.key !== key)) return undefined;
    const encoded = openRecorded(path, record);
    if (encoded && isWhole(encoded.tokens, record.checksums.ids, vocabulary)) return encoded;
    encoded?.tokens.close();
  } catch {
    // Missing, unreadable or torn: all the same, it is made anew.
  }
  return undefined;
}

/** Undefined where it is damaged, or has no checksum, as records of earlier versions. */
function readRecord(path: string): IdRecord | undefined {
  const { checksum, ...record } = JSON.parse(
    readRegularFileSync(recordPath(path), MOST_RECORD).toString(),
  ) as IdRecord & {
    readonly checksum?: number;
  };
  return crc32(JSON.stringify(record)) === checksum ? record : undefined;
}

/** The file that a record describes; undefined where it has another size. */
function openRecorded(
  path: string,
  { bytesPerId, lines, stats, checksums }: IdRecord,
): (EncodedText & { readonly tokens: FileTokens }) | undefined {
  const tokens = new FileTokens(path, bytesPerId);
  try {
    const offsets = lines ? readOffsets(path, stats, checksums.offsets) : undefined;
    if (tokens.length === stats.tokens && (offsets !== undefined || !lines))
      return { tokens, offsets, stats };
  } catch (error) {
    tokens.close();
    throw error;
  }
  tokens.close();
  return undefined;
}

/** Whether the ids are those that were written, and all below `vocabulary`. */
function isWhole(tokens: FileTokens, checksum: number, vocabulary: number): boolean {
  let sum = 0;
  for (const piece of tokens.pieces(CHECKED)) {
    sum = crc32(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), sum);
    for (let i = 0; i < piece.length; i++) if (piece[i]! < 0 || piece[i]! >= vocabulary) return false;
  }
  return sum === checksum;
}

function readOffsets(path: string, stats: TokenStats, checksum: number): Float64Array | undefined {
  const length = 8 * (stats.lines + 1);
  const bytes = readRegularFileSync(offsetsPath(path), length);
  if (bytes.length !== length || crc32(bytes) !== checksum) return undefined;
  const offsets = new Float64Array(stats.lines + 1);
  new Uint8Array(offsets.buffer).set(bytes);
  for (let i = 0; i < stats.lines; i++) if (!(offsets[i]! < offsets[i + 1]!)) return undefined;
  return offsets[0] === 0 && offsets[stats.lines] === stats.tokens ? offsets : undefined;
}

/** Removes an encoding, the record first. */
export function removeIdFile(path: string): void {
  for (const file of [recordPath(path), path, offsetsPath(path)]) rmSync(file, { force: true });
}

/**
 * Encodes a text into a file in bounded memory.
 * @param chunks never cut a surrogate pair
 * @param lines whether every line is a sequence of its own
 * @param key identifies this text and tokenizer, for `openIdFile`
 * @throws UserError where the text cannot be read or the file not written: there is no record then
 */
export async function encodeToFile(
  chunks: AsyncIterable<string> | Iterable<string>,
  tokenizer: Tokenizer,
  lines: boolean,
  path: string,
  key: string,
): Promise<EncodedText> {
  const bytesPerId = tokenizer.size <= MAX_16_BIT ? 2 : 4;
  const writers: NumberWriter[] = [];
  let stats: TokenStats;
  let checksums;
  try {
    makeFolder(dirname(path));
    rmSync(recordPath(path), { force: true });
    const ids = new NumberWriter(path, bytesPerId === 2 ? Uint16Array : Int32Array);
    writers.push(ids);
    const offsets = new NumberWriter(offsetsPath(path), Float64Array);
    writers.push(offsets);
    stats = await encodeChunks(chunks, tokenizer, lines, {
      ids: (more) => ids.append(more),
      line: (offset) => offsets.push(offset),
    });
    for (const writer of writers) writer.commit();
    checksums = { ids: ids.checksum, offsets: offsets.checksum };
  } catch (error) {
    for (const writer of writers) writer.abandon();
    throw fileError(error, "write", path);
  }
  const record: IdRecord = { version: VERSION, key, bytesPerId, lines, stats, checksums };
  // This syncs the folder, and so the names of the other two.
  writeFileAtomicSync(
    recordPath(path),
    JSON.stringify({ ...record, checksum: crc32(JSON.stringify(record)) }),
  );
  const encoded = openRecorded(path, record);
  if (encoded === undefined) throw new Error(`${path} is not what was written to it a moment ago`);
  return encoded;
}

type NumberArray = Uint16Array | Int32Array | Float64Array;

/** Writes numbers to a temporary file that becomes `path` when it is whole. */
class NumberWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #buffer: NumberArray;
  #file: number | undefined;
  #used = 0;
  /** CRC-32 of the bytes written. */
  checksum = 0;

  constructor(path: string, Numbers: new (length: number) => NumberArray) {
    this.#path = path;
    this.#temporary = `${path}.tmp`;
    this.#buffer = new Numbers(BUFFERED);
    this.#file = openSync(this.#temporary, "w");
  }

  push(number: number): void {
    this.#buffer[this.#used++] = number;
    if (this.#used === BUFFERED) this.#flush();
  }

  append(numbers: Int32Array): void {
    for (let from = 0; from < numbers.length;) {
      const count = Math.min(numbers.length - from, BUFFERED - this.#used);
      this.#buffer.set(numbers.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
      if (this.#used === BUFFERED) this.#flush();
    }
  }

  commit(): void {
    this.#flush();
    fsyncSync(this.#file!);
    this.#close();
    renameSync(this.#temporary, this.#path);
  }

  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#buffer;
    if (this.#used === 0) return;
    const bytes = new Uint8Array(buffer, byteOffset, this.#used * BYTES_PER_ELEMENT);
    writeAllSync(this.#file!, bytes);
    this.checksum = crc32(bytes, this.checksum);
    this.#used = 0;
  }

  #close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
