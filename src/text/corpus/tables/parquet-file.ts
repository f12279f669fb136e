/** A parquet file as its reader takes it: ranges of bytes. */
import type { AsyncBuffer } from "hyparquet";
import { UserError } from "../../../errors.js";
import { openRegularFile } from "../../../format/regular-file.js";
import { fileError } from "../../../format/system-error.js";

/** Bytes of one range; a longer one is a column of a group of rows that does not fit into memory. */
const LONGEST_RANGE = 2 ** 31 - 1;

export interface ParquetFile extends AsyncBuffer {
  close(): Promise<void>;
}

/**
 * Opens a parquet file.
 * @param onBytes called with the bytes read so far; each once, and at most as many as there are
 * @throws UserError where it cannot be read
 */
export async function openParquet(
  path: string,
  name: string,
  onBytes?: (done: number) => void,
): Promise<ParquetFile> {
  const { file, size } = await openRegularFile(path);
  let furthest = 0;
  return {
    byteLength: size,
    async slice(from, to = size) {
      const length = to - from;
      if (!(from >= 0 && length >= 0 && to <= size))
        throw new RangeError(`bytes ${from} to ${to} of ${size}`);
      if (length > LONGEST_RANGE)
        throw new UserError(
          `${name} has ${(length / 1e9).toFixed(1)} GB of a column in one group of rows, too much to be read at once; write it with smaller groups of rows.`,
        );
      const bytes = new Uint8Array(length);
      try {
        for (let filled = 0; filled < length;) {
          const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
          if (bytesRead === 0) throw new RangeError("the file has become shorter");
          filled += bytesRead;
        }
      } catch (error) {
        throw fileError(error, "read", name);
      }
      // The end, where the columns are described, is read first.
      if (to < size) onBytes?.((furthest = Math.max(furthest, to)));
      return bytes.buffer;
    },
    close: () => file.close(),
  };
}
