/** safetensors on disk: written whole or not at all without a second copy in memory, and read with one. */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { UserError } from "../errors.js";
import { writeFileAtomic, writeFileAtomicSync } from "./atomic-file.js";
import { checkContent, withChecksum } from "./checksum.js";
import { openRegularFile } from "./regular-file.js";
import { safetensorsChunks } from "./safetensors-chunks.js";
import { LENGTH_BYTES, headerLength, parseHeader, type SafetensorsHeader } from "./safetensors-header.js";
import { type HeaderCheck, type NamedTensor, type Safetensors, viewTensors } from "./safetensors.js";
import { fileError } from "./system-error.js";

/** Largest number of bytes asked of one system call. */
const SLICE = 1 << 26;

/**
 * Writes a safetensors file, tensor by tensor from where they are, with a checksum (see checksum.ts). Fails as
 * `writeFileAtomic` does.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await writeFileAtomic(path, chunksWithChecksum(tensors, metadata));
}

/** As `writeSafetensors`, without giving way to anything else: nothing changes the tensors meanwhile. */
export function writeSafetensorsSync(
  path: string,
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): void {
  writeFileAtomicSync(path, chunksWithChecksum(tensors, metadata));
}

function chunksWithChecksum(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] {
  const named = [...tensors];
  return safetensorsChunks(named, withChecksum(named, metadata, crc32)).chunks;
}

/**
 * Reads a safetensors file; the header is checked against the file's size before room is made for the data.
 * @param check gets names, types and shapes before the data are read
 * @throws UserError: cannot be read, is damaged (and how), does not fit in memory
 */
export async function readSafetensors(path: string, check?: HeaderCheck): Promise<Safetensors> {
  let file: FileHandle | undefined;
  try {
    const opened = await openRegularFile(path);
    const { size } = opened;
    file = opened.file;
    const { tensors: places, metadata, start } = await readHeader(file, size, path);
    check?.(places);
    const tensors = viewTensors(places, await readBytes(file, start, size - start, path));
    checkContent(tensors, metadata, path, crc32);
    return { tensors, metadata };
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file?.close();
  }
}

/** The metadata alone of a safetensors file: its data are neither read nor checked. @throws as `readSafetensors` */
export async function readMetadata(path: string): Promise<Safetensors["metadata"]> {
  let file: FileHandle | undefined;
  try {
    const opened = await openRegularFile(path);
    file = opened.file;
    return (await readHeader(file, opened.size, path)).metadata;
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file?.close();
  }
}

/** The header, and where the data start. */
async function readHeader(
  file: FileHandle,
  size: number,
  path: string,
): Promise<SafetensorsHeader & { readonly start: number }> {
  const first = await readBytes(file, 0, Math.min(LENGTH_BYTES, size), path);
  const length = headerLength(first, size, path);
  const start = LENGTH_BYTES + length;
  const header = await readBytes(file, LENGTH_BYTES, length, path);
  return { ...parseHeader(header, size - start, path), start };
}

/** `length` bytes from `position`, in memory of their own that begins aligned. */
async function readBytes(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `Cannot read ${path}: its ${(length / 2 ** 30).toFixed(1)} GiB do not fit in memory; use a machine with more.`,
      { cause: error },
    );
  }
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, Math.min(SLICE, length - at), position + at);
    if (bytesRead === 0) throw new UserError(`Cannot read ${path}: it became shorter meanwhile; try again.`);
    at += bytesRead;
  }
  return bytes;
}
