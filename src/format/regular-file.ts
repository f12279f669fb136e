/**
 * Opens files that are to have an end. A pipe would be waited for, and a device might never end: both are refused, also
 * behind a link, without waiting.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../errors.js";
import { fileError } from "./system-error.js";

/**
 * Opens an ordinary file for reading.
 * @returns it and its size in bytes; to be closed by the caller
 * @throws UserError where it cannot be read, or is a folder, pipe, socket or device
 */
export async function openRegularFile(path: string): Promise<{ file: FileHandle; size: number }> {
  let file: FileHandle | undefined;
  try {
    // Where the system has the flag, opening a pipe does not wait for who writes into it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const status = await file.stat();
    if (status.isDirectory())
      throw new UserError(`Cannot read ${path}: it is a folder; give the path of a file.`);
    if (!status.isFile())
      throw new UserError(`Cannot read ${path}: it is a device or pipe; give the path of a file.`);
    return { file, size: status.size };
  } catch (error) {
    await file?.close();
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
    if (size > most) {
      throw new UserError(
        `Cannot read ${path}: its ${(size / 1e6).toFixed(0)} MB are more than the ${most / 1e6} MB that such a file may have; restore it from a copy or make it again.`,
      );
    }
    return await file.readFile();
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file.close();
  }
}
