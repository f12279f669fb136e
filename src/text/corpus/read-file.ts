/** Reads one file of a corpus: its text, or its rows. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { Sentence } from "../../errors.js";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { READING_OPTIONS } from "../../options/text-options.js";
import { decodeText, type TextEncoding } from "./decode-text.js";
import { refuseGzip, textBytes } from "./file-kind.js";
import type { CorpusFile } from "./found-files.js";
import { recordRows } from "./json-lines.js";
import { delimitedRows } from "./tables/delimited-rows.js";
import { parquetRows } from "./tables/parquet-rows.js";
import type { Columns, TableRow } from "./tables/table-row.js";

export interface FileReading {
  /** Default: that of options/text-options.ts. Parquet is in UTF-8. */
  readonly encoding?: TextEncoding | undefined;
  /** Advice where the text is in another encoding. */
  readonly encodingAdvice?: Sentence | undefined;
  /** UTF-16 units that a row may have; default LONGEST_LINE. */
  readonly longest?: number | undefined;
  /** Called with the bytes read from the disk so far. */
  readonly onBytes?: ((done: number) => void) | undefined;
}

const CHUNK_BYTES = 1 << 20;

/** A file as text, in chunks, whatever it holds. @throws UserError where it cannot be read or is no text */
export function fileText(
  file: CorpusFile,
  { encoding = READING_OPTIONS.encoding.default, encodingAdvice, onBytes }: FileReading,
): AsyncGenerator<string> {
  return decodeText(textBytes(readBytes(file, onBytes), file.name), encoding, file.name, encodingAdvice);
}

/** The rows of a table. @throws UserError with the file, and the line or row, where it cannot be read */
export function fileRows(
  file: CorpusFile,
  columns: Columns,
  reading: FileReading,
): AsyncGenerator<TableRow[]> {
  const { form, path, name } = file;
  switch (form) {
    case "parquet":
      return parquetRows(path, columns, name, reading.onBytes);
    case "csv":
    case "tsv":
      return delimitedRows(fileText(file, reading), form, columns, name, reading.longest);
    case "jsonl":
      return recordRows(fileText(file, reading), columns, name, reading.longest);
    case "text":
      throw new Error(`${name} is no table`);
  }
}

/** A file's bytes, unpacked when it is gzipped. */
async function* readBytes(file: CorpusFile, onBytes: FileReading["onBytes"]): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const unpacking = file.packed ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  if (unpacking) source.on("error", (error) => unpacking.destroy(error)).pipe(unpacking);
  const stream = unpacking ?? source;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      onBytes?.(source.bytesRead);
      yield chunk;
    }
    // It ends at the first zero after a member: padding, unless something else follows.
    if (unpacking) await requireZeros(file, unpacking.bytesWritten);
  } catch (error) {
    if (systemErrorCode(error)?.startsWith("Z_")) refuseGzip(file.name, error);
    throw fileError(error, "read", file.name);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/** @throws UserError where there is anything but zeros from a byte on */
async function requireZeros({ path, name }: CorpusFile, from: number): Promise<void> {
  const rest = createReadStream(path, { start: from, highWaterMark: CHUNK_BYTES });
  for await (const chunk of rest as AsyncIterable<Uint8Array>) {
    if (chunk.some((byte) => byte !== 0)) refuseGzip(name);
  }
}
