/**
 * How much of a text stands in another one, too: estimated in one reading of each, in bounded memory.
 *
 * Running text is known by pieces of 64 UTF-16 units, at every place where a rolling hash of the piece says so (at one of
 * 16), so that the same passage gives the same pieces wherever it stands (Manber, 1994, "Finding similar files in a large
 * file system"). Lines are pieces themselves.
 */

/** UTF-16 units of a piece of running text. */
const LENGTH = 64;
/** Bits of a piece's hash that are zero where it is taken. */
const TAKEN_BITS = 4;
/** Pieces that are remembered at most: those of the beginning of the text. */
const MOST_PIECES = 100_000;
/** With fewer pieces nothing is said. */
const LEAST_PIECES = 5;

const [A, B] = [0x01000193, 0x2545f491];
const power = (factor: number): number => {
  let product = 1;
  for (let i = 0; i < LENGTH; i++) product = Math.imul(product, factor);
  return product;
};
const [A_AFTER, B_AFTER] = [power(A), power(B)];

/** 53 bits of two hashes. */
const keyOf = (a: number, b: number): number => (a >>> 0) * 2 ** 21 + (b >>> 11);

/** The pieces of a text that comes in chunks. */
class Pieces {
  readonly #lines: boolean;
  readonly #use: (key: number) => void;
  /** The last units, each plus 1; 0 before the first. */
  readonly #ring = new Int32Array(LENGTH);
  #count = 0;
  #a = 0;
  #b = 0;
  #blank = true;

  constructor(lines: boolean, use: (key: number) => void) {
    this.#lines = lines;
    this.#use = use;
  }

  push(chunk: string): void {
    if (this.#lines) this.#pushLines(chunk);
    else this.#pushRunning(chunk);
  }

  end(): void {
    if (this.#lines) this.#endLine();
  }

  #pushRunning(chunk: string): void {
    const ring = this.#ring;
    let [a, b, count] = [this.#a, this.#b, this.#count];
    for (let i = 0; i < chunk.length; i++) {
      const unit = chunk.charCodeAt(i) + 1;
      const at = count % LENGTH;
      const left = ring[at]!;
      ring[at] = unit;
      a = (Math.imul(a, A) + unit - Math.imul(left, A_AFTER)) | 0;
      b = (Math.imul(b, B) + unit - Math.imul(left, B_AFTER)) | 0;
      if (++count >= LENGTH && a >>> (32 - TAKEN_BITS) === 0) this.#use(keyOf(a, b));
    }
    [this.#a, this.#b, this.#count] = [a, b, count];
  }

  #pushLines(chunk: string): void {
    for (let i = 0; i < chunk.length; i++) {
      const unit = chunk.charCodeAt(i);
      if (unit === 10) {
        this.#endLine();
        continue;
      }
      this.#a = Math.imul(this.#a ^ unit, A);
      this.#b = (Math.imul(this.#b, B) + unit + 1) | 0;
      if (unit > 32) this.#blank = false;
    }
  }

  #endLine(): void {
    if (!this.#blank) this.#use(keyOf(this.#a, this.#b));
    [this.#a, this.#b, this.#blank] = [0, 0, true];
  }
}

export class SharedPieces {
  readonly #lines: boolean;
  readonly #known = new Set<number>();
  readonly #found = new Set<number>();

  /** @param lines each is a sequence of its own */
  constructor(lines: boolean) {
    this.#lines = lines;
  }

  /** Remembers the pieces of the text, whose chunks are given on as they are. */
  remembering(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    return this.#reading(chunks, (key) => {
      if (this.#known.size < MOST_PIECES) this.#known.add(key);
    });
  }

  /** Looks for them in the other text, whose chunks are given on as they are. */
  seeking(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    return this.#reading(chunks, (key) => {
      if (this.#known.has(key)) this.#found.add(key);
    });
  }

  /** Part of the remembered pieces that the other text has, 0 … 1; 0 where there are too few to tell. */
  get share(): number {
    return this.#known.size < LEAST_PIECES ? 0 : this.#found.size / this.#known.size;
  }

  async *#reading(chunks: AsyncIterable<string>, use: (key: number) => void): AsyncGenerator<string> {
    const pieces = new Pieces(this.#lines, use);
    for await (const chunk of chunks) {
      pieces.push(chunk);
      yield chunk;
    }
    pieces.end();
  }
}
