/** A file for whole numbers that do not fit in memory. */
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAllSync } from "./atomic-file.js";
import { fileError } from "./system-error.js";

/** Largest number of bytes asked of one system call. */
const SLICE = 1 << 26;
/** What a person can do where the folder of temporary files is full or may not be written to. */
const NOTE = "a temporary file; the variable TMPDIR names another folder for them";

/**
 * Numbers are added at its end and read from wherever. It lies in the system's folder of temporary files, and loses its name
 * there as soon as it is open: whatever ends the process, the system frees its room.
 */
export class ScratchFile {
  readonly #path: string;
  #file: number | undefined;
  #length = 0;

  /** @throws UserError where there can be no such file */
  constructor() {
    this.#path = join(tmpdir(), `recurra-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
    try {
      this.#file = openSync(this.#path, "wx+", 0o600);
      rmSync(this.#path);
    } catch (error) {
      this.close();
      throw fileError(error, "write", this.#path, NOTE);
    }
  }

  /** How many numbers it has. */
  get length(): number {
    return this.#length;
  }

  /** @throws UserError where the disk is full */
  append(numbers: Int32Array): void {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    try {
      writeAllSync(this.#open(), bytes, 4 * this.#length);
    } catch (error) {
      throw fileError(error, "write", this.#path, NOTE);
    }
    this.#length += numbers.length;
  }

  /** Fills `into` with the numbers from `at` on. @throws RangeError where there are fewer */
  read(at: number, into: Int32Array): void {
    if (at < 0 || at + into.length > this.#length)
      throw new RangeError(`numbers ${at} … ${at + into.length} lie outside the ${this.#length} there are`);
    const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
    for (let done = 0; done < bytes.length;) {
      let got;
      try {
        got = readSync(this.#open(), bytes, done, Math.min(SLICE, bytes.length - done), 4 * at + done);
      } catch (error) {
        throw fileError(error, "read", this.#path, NOTE);
      }
      if (got === 0) throw new Error(`${this.#path} is shorter than what was written to it`);
      done += got;
    }
  }

  /** Frees its room; it is of no use afterwards. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    if (this.#file === undefined) throw new RangeError(`${this.#path} has been closed`);
    return this.#file;
  }
}
