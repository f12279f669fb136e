/** Where a page has a model from, and its files. */
import { UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { Fetched, FileLike } from "./platform.js";
import { type ModelFiles, NEEDED_FILES } from "../format/model-files.js";

/** An address of a folder; a zip; picked files; or files by name. */
export type ModelSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | ArrayLike<FileLike>
  | { readonly files: ModelFiles };

/** @throws UserError where there is no whole model */
export async function filesOf(source: ModelSource): Promise<ModelFiles> {
  if (typeof source === "string" || source instanceof URL) return fetchFolder(String(source));
  if (source instanceof Uint8Array) return unzipModel(source);
  if (source instanceof ArrayBuffer) return unzipModel(new Uint8Array(source));
  if ("files" in source) return source.files;
  const { readPicked } = await loadPart(import("./picked-files.js"));
  return readPicked(Array.from(source));
}

async function fetchFolder(address: string): Promise<ModelFiles> {
  const folder = address.endsWith("/") ? address : `${address}/`;
  const entries = await Promise.all(
    NEEDED_FILES.map(async (name) => [name, await fetchFile(`${folder}${name}`)] as const),
  );
  return Object.fromEntries(entries);
}

/** @throws UserError where it cannot be had */
export async function fetchFile(address: string): Promise<Uint8Array> {
  let response: Fetched;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new UserError(`${address} could not be fetched; check the address and the connection.`, {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new UserError(`${address} could not be fetched (HTTP ${response.status}); check the address.`);
  }
  // Servers of single-page applications answer with their page where there is no such file.
  if (/text\/html/i.test(response.headers.get("content-type") ?? "")) {
    throw new UserError(`${address} is a web page and no file of a model; check the address.`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * The files of a zip, which may have the folder around them.
 * @param name the zip in messages
 * @throws UserError where it is damaged or holds no model
 */
export async function unzipModel(bytes: Uint8Array, name?: string): Promise<ModelFiles> {
  return (await zips()).unzipModel(bytes, name);
}

/** The zip reader is loaded with the first zip. */
const zips = () => loadPart(import("../format/unzip-model.js"));
