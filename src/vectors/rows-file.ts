/**
 * Rows of numbers in a file, one after the other without anything between (little-endian), to which rows are added at the
 * end. How many of them count, and their checksum (CRC-32), stands elsewhere: what a killed process has added after
 * them does not count.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { UserError } from "../errors.js";
import { writeAllSync } from "../format/atomic-file.js";
import { checkByteOrder } from "../format/safetensors-chunks.js";
import { fileError } from "../format/system-error.js";
import { rowsOfBlock } from "./vector-blocks.js";

const NUMBERS = { f32: Float32Array, f64: Float64Array } as const;

/** How the numbers are written. */
export type RowKind = keyof typeof NUMBERS;
interface Arrays {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}
type Numbers<Kind extends RowKind> = Arrays[Kind];

/** How many rows count, and their checksum. */
export interface RowCount {
  readonly count: number;
  readonly checksum: number;
}

export class RowsFile<Kind extends RowKind = "f32"> {
  readonly width: number;
  readonly #path: string;
  readonly #kind: Kind;
  readonly #file: number;
  #count: number;
  #checksum: number;
  #block: Numbers<Kind> | undefined;

  /**
   * Opens it, makes it where no row counts.
   * @param writes whether rows are to be added: those that do not count are then cut off
   * @throws UserError where it cannot be opened, or is shorter than what counts
   */
  constructor(path: string, kind: Kind, width: number, { count, checksum }: RowCount, writes: boolean) {
    checkByteOrder();
    this.width = width;
    this.#path = path;
    this.#kind = kind;
    this.#count = count;
    this.#checksum = checksum;
    try {
      this.#file = openSync(path, writes ? (count === 0 ? "w+" : "r+") : "r");
    } catch (error) {
      throw fileError(error, "open", path);
    }
    const { size } = fstatSync(this.#file);
    if (size < count * this.#rowBytes) {
      this.close();
      throw new UserError(
        `${path} is cut off: it has ${size} bytes, and ${count} rows of ${width} numbers need ${count * this.#rowBytes}; make the index anew.`,
      );
    }
    if (writes) this.#cut();
  }

  get count(): number {
    return this.#count;
  }

  /** Rows that count, and their checksum, for the next time. */
  get state(): RowCount {
    return { count: this.#count, checksum: this.#checksum };
  }

  get #rowBytes(): number {
    return this.width * NUMBERS[this.#kind].BYTES_PER_ELEMENT;
  }

  /** Adds rows. @throws UserError where the disk is full or fails */
  append(rows: Numbers<Kind>): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    if (bytes.length === 0) return;
    try {
      writeAllSync(this.#file, bytes, this.#count * this.#rowBytes);
    } catch (error) {
      throw fileError(error, "write", this.#path);
    }
    this.#checksum = crc32(bytes, this.#checksum);
    this.#count += rows.length / this.width;
  }

  /** The state with the first so many rows alone. @throws UserError where the rows are damaged */
  stateAfter(count: number): RowCount {
    let checksum = 0;
    let from = 0;
    for (const block of this.blocks()) {
      const rows = Math.max(0, Math.min(block.length / this.width, count - from));
      if (rows > 0) checksum = crc32(new Uint8Array(block.buffer, 0, rows * this.#rowBytes), checksum);
      from += block.length / this.width;
    }
    return { count, checksum };
  }

  /** Cuts off all rows but those of a state. @throws UserError where the file cannot be written */
  truncate({ count, checksum }: RowCount): void {
    this.#count = count;
    this.#checksum = checksum;
    this.#cut();
  }

  /** Waits until all is on the disk. */
  sync(): void {
    try {
      fsyncSync(this.#file);
    } catch (error) {
      throw fileError(error, "write", this.#path);
    }
  }

  /**
   * All rows, block by block, each valid until the next.
   * @throws UserError at the end, where they are not those that were written
   */
  *blocks(): Generator<Numbers<Kind>> {
    let checksum = 0;
    const rows = rowsOfBlock(this.width);
    for (let from = 0; from < this.#count; from += rows) {
      const block = this.#readRows(from, Math.min(rows, this.#count - from));
      checksum = crc32(new Uint8Array(block.buffer, 0, block.byteLength), checksum);
      yield block;
    }
    if (checksum === this.#checksum) return;
    throw new UserError(`${this.#path} is damaged: its rows do not fit their checksum; make the index anew.`);
  }

  close(): void {
    closeSync(this.#file);
  }

  #cut(): void {
    try {
      ftruncateSync(this.#file, this.#count * this.#rowBytes);
    } catch (error) {
      throw fileError(error, "write", this.#path);
    }
  }

  #readRows(from: number, count: number): Numbers<Kind> {
    const length = count * this.width;
    if (this.#block === undefined || this.#block.length < length)
      this.#block = new NUMBERS[this.#kind](length) as Numbers<Kind>;
    const block = this.#block.subarray(0, length) as Numbers<Kind>;
    const bytes = new Uint8Array(block.buffer, 0, block.byteLength);
    for (let done = 0; done < bytes.length;) {
      let got;
      try {
        got = readSync(this.#file, bytes, done, bytes.length - done, from * this.#rowBytes + done);
      } catch (error) {
        throw fileError(error, "read", this.#path);
      }
      if (got === 0)
        throw new UserError(`${this.#path} was cut short while it was read; make the index anew.`);
      done += got;
    }
    return block;
  }
}
