/** Many vectors of one width, wherever they are kept, that are gone through block by block. */

/** Numbers of a block, at most: 4 MiB of them. */
const BLOCK = 1 << 20;

export interface VectorBlocks {
  /** N vectors of D numbers. */
  readonly count: number;
  readonly width: number;
  /** (n, D) each, in order; valid until the next. */
  blocks(): Iterable<Float32Array>;
}

/** Rows of a block of vectors that wide. */
export const rowsOfBlock = (width: number): number => Math.max(1, Math.floor(BLOCK / width));

/** Vectors in memory. @param chunks (n, D) each */
export function vectorBlocks(chunks: readonly Float32Array[], width: number): VectorBlocks {
  return {
    count: chunks.reduce((sum, { length }) => sum + length, 0) / width,
    width,
    *blocks() {
      const length = rowsOfBlock(width) * width;
      for (const chunk of chunks)
        for (let at = 0; at < chunk.length; at += length) yield chunk.subarray(at, at + length);
    },
  };
}

/** The rows of a block. */
export function* rowsOf(block: Float32Array, width: number): Generator<Float32Array> {
  for (let at = 0; at < block.length; at += width) yield block.subarray(at, at + width);
}

/** Σ a b */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** √Σ x² */
export const lengthOf = (vector: ArrayLike<number>): number => Math.sqrt(dot(vector, vector));
