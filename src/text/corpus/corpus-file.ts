/** Looks at the beginning of a file: is it a text, packed, or a table? */
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../../errors.js";
import { fileError } from "../../format/system-error.js";
import type { CorpusFile } from "./found-files.js";
import { formOf, isGzip, isParquet, PROBE_BYTES, refuseBinary } from "./file-kind.js";

/**
 * Looks at one file.
 * @param once the source, where the file is a copy of an input that can be read only once
 * @throws UserError where the file cannot be read, or is not a text
 */
export async function describeFile(path: string, once?: Once): Promise<CorpusFile> {
  const name = once?.name ?? path;
  const { start, size } = await beginningOf(path);
  const packed = isGzip(start);
  const parquet = isParquet(start, name);
  if (!packed && !parquet) refuseBinary(start, name);
  if (once && size === 0) throw new UserError(`${capital(name)} is empty; there is nothing to read.`);
  const named = formOf(name);
  if (packed && named === "parquet")
    throw new UserError(
      `${name} is parquet that is packed by gzip as a whole; unpack it (gunzip), as it is packed inside.`,
    );
  const form = parquet ? "parquet" : named === "text" && once?.records === true ? "jsonl" : named;
  const looksLikeRecords = once !== undefined && form === "text" && !packed && beginsLikeRecord(start);
  return { name, path, size, packed, form, looksLikeRecords };
}

/** An input that can be read only once. */
export interface Once {
  readonly name: string;
  /** It is to be taken as records, unless its name or its beginning say that it is another table. */
  readonly records: boolean;
}

/** A file's first bytes. */
export interface Beginning {
  /** At most PROBE_BYTES. */
  readonly start: Uint8Array;
  readonly size: number;
}

/** @throws UserError where the file cannot be read */
export async function beginningOf(path: string): Promise<Beginning> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { bytesRead, buffer } = await file.read(new Uint8Array(PROBE_BYTES), 0, PROBE_BYTES, 0);
    // Some files of the system (in /proc) have no size before they are read.
    return { start: buffer.subarray(0, bytesRead), size: Math.max((await file.stat()).size, bytesRead) };
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file?.close();
  }
}

/** An object with a key in quotes: so begins a record, and hardly any other text. */
function beginsLikeRecord(start: Uint8Array): boolean {
  return /^\ufeff?\s*\{\s*"[^"\n]*"\s*:/.test(new TextDecoder("utf-8", { ignoreBOM: true }).decode(start));
}

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
