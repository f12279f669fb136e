/** Where a page has a model from, and its files. */
import { UserError } from "../errors.js";
import { FILE_NAMES, mostBytes } from "../format/model-files.js";
import { unzipEntry, zipEntries } from "../format/zip.js";
import type { Fetched, FileLike } from "./platform.js";
import type { ModelFiles } from "../format/model-files.js";

/** An address of a folder; a zip; picked files; or files by name. */
export type ModelSource =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | ArrayLike<FileLike>
  | { readonly files: ModelFiles };

const NEEDED = [FILE_NAMES.config, FILE_NAMES.tokenizer, FILE_NAMES.weights] as const;
const KNOWN: readonly string[] = Object.values(FILE_NAMES);
const ZIP = [0x50, 0x4b];

/** @throws UserError where there is no whole model */
export async function filesOf(source: ModelSource): Promise<ModelFiles> {
  if (typeof source === "string" || source instanceof URL) return fetchFolder(String(source));
  if (source instanceof Uint8Array) return unzipModel(source);
  if (source instanceof ArrayBuffer) return unzipModel(new Uint8Array(source));
  if ("files" in source) return source.files;
  return readPicked(Array.from(source));
}

async function fetchFolder(address: string): Promise<ModelFiles> {
  const folder = address.endsWith("/") ? address : `${address}/`;
  const entries = await Promise.all(
    NEEDED.map(async (name) => [name, await fetchFile(`${folder}${name}`)] as const),
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

async function readPicked(picked: readonly FileLike[]): Promise<ModelFiles> {
  if (picked.length === 0) throw new UserError("No file was picked.");
  if (picked.length === 1) {
    const bytes = new Uint8Array(await picked[0]!.arrayBuffer());
    if (isZip(bytes)) return unzipModel(bytes, picked[0]!.name);
  }
  const byPath = new Map(picked.map((file) => [file.webkitRelativePath || file.name, file] as const));
  const found: Record<string, Uint8Array> = {};
  for (const [name, path] of placesOf([...byPath.keys()])) {
    found[name] = new Uint8Array(await byPath.get(path)!.arrayBuffer());
  }
  return found;
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

function isZip(bytes: Uint8Array): boolean {
  return ZIP.every((byte, i) => bytes[i] === byte);
}

/** The known files among paths, below the shortest folder that has a config.json. @throws UserError */
function placesOf(paths: readonly string[]): [name: string, path: string][] {
  const configs = paths.filter(
    (path) => path === FILE_NAMES.config || path.endsWith(`/${FILE_NAMES.config}`),
  );
  const config = configs.toSorted((a, b) => a.length - b.length)[0];
  if (config === undefined) {
    throw new UserError(
      "There is no config.json among these files, so they are no model; give the folder that recurra wrote, or its zip.",
    );
  }
  const folder = config.slice(0, -FILE_NAMES.config.length);
  const places = KNOWN.filter((name) => paths.includes(`${folder}${name}`));
  const missing = NEEDED.find((name) => !places.includes(name));
  if (missing !== undefined) {
    throw new UserError(
      `This is not a whole model: ${missing} is missing beside config.json; download it again.`,
    );
  }
  return places.map((name) => [name, `${folder}${name}`]);
}
