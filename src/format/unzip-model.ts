/** A model's files out of a zip that lies in memory. */
import { UserError } from "../errors.js";
import { mostBytes, type ModelFiles } from "./model-files.js";
import { placesOf } from "./model-places.js";
import { unzipEntry, zipEntries } from "./zip.js";

const SIGNATURE = [0x50, 0x4b];

/** Whether bytes begin as a zip does. */
export function isZip(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** The files of a zip, which may have the folder around them. @throws UserError where it is torn or no model */
export function unzipModel(bytes: Uint8Array, name = "The file"): ModelFiles {
  if (!isZip(bytes)) {
    throw new UserError(
      `${name} is neither a zip nor a model's folder; give the zip that was downloaded, or the folder's files.`,
    );
  }
  const entries = new Map(zipEntries(bytes, name).map((entry) => [entry.name, entry]));
  const places = placesOf([...entries.keys()]);
  return Object.fromEntries(
    places.map(([file, path]) => [file, unzipEntry(bytes, entries.get(path)!, mostBytes(file), name)]),
  );
}
