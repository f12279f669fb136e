/** A long run of token ids that is read in windows, from memory or from a file. */
export interface TokenSource {
  /** Number of ids. */
  readonly length: number;
  /** Fills `into` with the ids from `start`; throws RangeError past the end. Synchronous: it is called once a row a window. */
  read(start: number, into: Int32Array): void;
  /** Gives back the file handle, if any. */
  close(): void;
}

/** Ids held in memory. */
export class MemoryTokens implements TokenSource {
  readonly #ids: ArrayLike<number>;

  constructor(ids: ArrayLike<number>) {
    this.#ids = ids;
  }

  get length(): number {
    return this.#ids.length;
  }

  read(start: number, into: Int32Array): void {
    if (start < 0 || start + into.length > this.#ids.length) {
      throw new RangeError(
        `ids ${start} … ${start + into.length} lie outside the ${this.#ids.length} there are`,
      );
    }
    for (let i = 0; i < into.length; i++) into[i] = this.#ids[start + i]!;
  }

  close(): void {}
}
