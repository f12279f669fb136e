/**
 * Opens ordinary files only. Reading a pipe might block, and a device might never end: both are refused without
 * waiting, also behind a link. Files that are read whole have a limit of size.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../errors.js";
import { fileError } from "./system-error.js";

/** With this flag, where the system has it, opening a pipe does not wait for a writer. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens an ordinary file for reading.
 * @returns it and its size in bytes; to be closed by the caller
 * @throws UserError where it cannot be read, or is a folder, pipe, socket or device
 */
export async function openRegularFile(path: string): Promise<{ file: FileHandle; size: number }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, READ);
    const status = await file.stat();
    refuseOthers(path, status);
    return { file, size: status.size };
  } catch (error) {
    await file?.close();
    throw fileError(error, "read", path);
  }
}

/** As `openRegularFile`, at once. @returns the number of the open file, and its size */
export function openRegularFileSync(path: string): { file: number; size: number } {
  let file: number | undefined;
  try {
    file = openSync(path, READ);
    const status = fstatSync(file);
    refuseOthers(path, status);
    return { file, size: status.size };
  } catch (error) {
    if (file !== undefined) closeSync(file);
    throw fileError(error, "read", path);
  }
}

/**
 * The whole content of an ordinary file.
 * @param most bytes that are read
 * @throws UserError as `openRegularFile`, and where the file is longer
 */
export async function readRegularFile(path: string, most: number): Promise<Uint8Array> {
  const { file, size } = await openRegularFile(path);
  try {
    refuseLonger(path, size, most);
    return await file.readFile();
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file.close();
  }
}

/** The first bytes of an ordinary file, `most` or all that it has. @throws UserError as `openRegularFile` */
export async function readHead(path: string, most: number): Promise<Uint8Array> {
  const { file, size } = await openRegularFile(path);
  try {
    const head = new Uint8Array(Math.min(most, size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return head.subarray(0, bytesRead);
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file.close();
  }
}

/** As `readRegularFile`, at once. */
export function readRegularFileSync(path: string, most: number): Buffer<ArrayBuffer> {
  const { file, size } = openRegularFileSync(path);
  try {
    refuseLonger(path, size, most);
    const bytes = Buffer.alloc(size);
    let filled = 0;
    for (let got = -1; got !== 0 && filled < size; filled += got)
      got = readSync(file, bytes, filled, size - filled, filled);
    return bytes.subarray(0, filled);
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    closeSync(file);
  }
}

function refuseOthers(path: string, status: Stats): void {
  if (status.isDirectory())
    throw new UserError(`Cannot read ${path}: it is a folder; give the path of a file.`);
  if (!status.isFile())
    throw new UserError(`Cannot read ${path}: it is a device or pipe; give the path of a file.`);
}

function refuseLonger(path: string, size: number, most: number): void {
  if (size <= most) return;
  throw new UserError(
    `Cannot read ${path}: its ${(size / 1e6).toFixed(0)} MB are more than the ${most / 1e6} MB that such a file may have; restore it from a copy or make it again.`,
  );
}
