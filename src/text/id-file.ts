/**
 * Token ids on the disk, so that a text larger than memory is encoded once and read in windows. Three files: the ids
 * (16 or 32 bits each, little-endian), for lines where each begins (64-bit floats), and, written last, a record that
 * tells what they are. Without a fitting record the others count for nothing.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { writeAllSync, writeFileAtomicSync } from "../format/atomic-file.js";
import { fileError } from "../format/system-error.js";
import { type EncodedText, type TokenStats, encodeChunks } from "./encode.js";
import type { TokenSource } from "./token-source.js";
import type { Tokenizer } from "./tokenizer.js";

const VERSION = 1;
/** Ids gathered before they are written. */
const BUFFERED = 1 << 18;
const MAX_16_BIT = 65_536;

interface IdRecord {
  readonly version: number;
  /** What the ids were made from. */
  readonly key: string;
  readonly bytesPerId: number;
  readonly stats: TokenStats;
}

const recordPath = (path: string): string => `${path}.json`;
const offsetsPath = (path: string): string => `${path}.lines`;

/** Ids that are read from a file, window by window. */
export class FileTokens implements TokenSource {
  readonly length: number;
  readonly #file: number;
  readonly #bytesPerId: number;
  readonly #path: string;
  #buffer = Buffer.alloc(0);

  constructor(path: string, length: number, bytesPerId: number) {
    this.#file = openSync(path, "r");
    this.#path = path;
    this.length = length;
    this.#bytesPerId = bytesPerId;
  }

  read(start: number, into: Int32Array): void {
    const count = into.length;
    if (start < 0 || start + count > this.length) {
      throw new RangeError(`ids ${start} … ${start + count} lie outside the ${this.length} there are`);
    }
    const bytes = count * this.#bytesPerId;
    if (this.#buffer.length < bytes) this.#buffer = Buffer.alloc(bytes);
    for (let done = 0; done < bytes;) {
      const got = readSync(this.#file, this.#buffer, done, bytes - done, start * this.#bytesPerId + done);
      if (got === 0)
        throw fileError(
          Object.assign(new Error("the file became shorter"), { code: "EIO" }),
          "read",
          this.#path,
        );
      done += got;
    }
    const wide = this.#bytesPerId === 4;
    for (let i = 0; i < count; i++)
      into[i] = wide ? this.#buffer.readInt32LE(4 * i) : this.#buffer.readUInt16LE(2 * i);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The ids of an earlier encoding, or undefined where there are none that fit the key. */
export function openIdFile(path: string, key: string): EncodedText | undefined {
  let record: IdRecord;
  try {
    record = JSON.parse(readFileSync(recordPath(path), "utf8")) as IdRecord;
    if (record.version !== VERSION || record.key !== key) return undefined;
    if (statSync(path).size !== record.stats.tokens * record.bytesPerId) return undefined;
  } catch {
    // Missing, unreadable or torn: all the same, it is made anew.
    return undefined;
  }
  let offsets: Float64Array | undefined;
  if (record.stats.lines > 0) {
    const bytes = readFileSync(offsetsPath(path));
    if (bytes.length !== 8 * (record.stats.lines + 1)) return undefined;
    offsets = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
  return {
    tokens: new FileTokens(path, record.stats.tokens, record.bytesPerId),
    offsets,
    stats: record.stats,
  };
}

/** Encodes a text into a file, or finds it encoded already. */
export async function encodeToFile(
  chunks: AsyncIterable<string>,
  tokenizer: Tokenizer,
  lines: boolean,
  path: string,
  key: string,
): Promise<EncodedText> {
  const bytesPerId = tokenizer.size <= MAX_16_BIT ? 2 : 4;
  const temporary = `${path}.tmp`;
  const offsets: number[] = [];
  let stats: TokenStats;
  try {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(recordPath(path), { force: true });
    const file = openSync(temporary, "w");
    try {
      const writer = new IdWriter(file, bytesPerId);
      stats = await encodeChunks(chunks, tokenizer, lines, {
        ids: (ids) => writer.write(ids),
        line: (offset) => offsets.push(offset),
      });
      writer.flush();
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileError(error, "write", path);
  }
  if (lines) writeFileAtomicSync(offsetsPath(path), new Uint8Array(Float64Array.from(offsets).buffer));
  const record: IdRecord = { version: VERSION, key, bytesPerId, stats };
  writeFileAtomicSync(recordPath(path), JSON.stringify(record));
  return openIdFile(path, key)!;
}

class IdWriter {
  readonly #file: number;
  readonly #buffer: Uint16Array | Int32Array;
  #used = 0;

  constructor(file: number, bytesPerId: number) {
    this.#file = file;
    this.#buffer = bytesPerId === 2 ? new Uint16Array(BUFFERED) : new Int32Array(BUFFERED);
  }

  write(ids: Int32Array): void {
    for (let from = 0; from < ids.length;) {
      const count = Math.min(ids.length - from, BUFFERED - this.#used);
      this.#buffer.set(ids.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
      if (this.#used === BUFFERED) this.flush();
    }
  }

  flush(): void {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#buffer;
    writeAllSync(this.#file, new Uint8Array(buffer, byteOffset, this.#used * BYTES_PER_ELEMENT));
    this.#used = 0;
  }
}
