/** Finds the files of a corpus: by name, in folders, by pattern, from pipes; and tells what cannot be one. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { glob, isDynamicPattern } from "tinyglobby";
import { UserError } from "../../errors.js";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { nearest } from "../../nearest.js";
import { isZipped, PROBE_BYTES, refuseBinary } from "./decode-text.js";

/** One file of a corpus. */
export interface CorpusFile {
  /** As messages name it. */
  readonly name: string;
  readonly path: string;
  /** Bytes on the disk. */
  readonly size: number;
}

/** A folder for what can be read only once. It is made when first needed. */
export class SpoolFolder {
  #path: string | undefined;
  #files = 0;

  /** Copies a stream into a file. @throws UserError when the disk is full */
  async keep(stream: NodeJS.ReadableStream, name: string): Promise<CorpusFile> {
    this.#path ??= mkdtempSync(join(tmpdir(), "recurra-"));
    const path = join(this.#path, `${this.#files++}.txt`);
    try {
      await pipeline(stream, createWriteStream(path));
    } catch (error) {
      throw fileError(error, `keep ${name} in`, path);
    }
    const file = await describe(path, name);
    if (file.size === 0) throw new UserError(`${capital(name)} is empty; there is nothing to read.`);
    return file;
  }

  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
    this.#path = undefined;
  }
}

/**
 * The files that one input means: a file, a named pipe, a folder or a pattern.
 * @throws UserError where there is none, or it is empty or no text
 */
export async function findFiles(input: string, spool: SpoolFolder): Promise<CorpusFile[]> {
  if (input === "") throw new UserError("The name of a text is empty; give a file, a folder or a pattern.");
  const found = await stat(input).catch((error: unknown) => {
    if (systemErrorCode(error) !== "ENOENT") throw fileError(error, "read", input);
  });
  if (!found && isDynamicPattern(input)) return describeAll(await matches(input));
  if (!found) throw await missing(input);
  if (found.isFIFO()) return [await spool.keep(createReadStream(input), input)];
  if (found.isDirectory()) {
    const paths = await textFilesBelow(input);
    if (paths.length > 0) return describeAll(paths);
    throw new UserError(`The folder ${input} has no text files in it; name a file or another folder.`);
  }
  if (!found.isFile()) throw new UserError(`${input} is a device, not a file; give a file, or - for a pipe.`);
  const file = await describe(input);
  if (file.size === 0) throw new UserError(`${input} is empty; there is nothing to read.`);
  return [file];
}

async function missing(input: string): Promise<UserError> {
  const neighbours = await readdir(dirname(input)).catch(() => []);
  const meant = nearest(basename(input), neighbours);
  const hint = meant === undefined ? "check the name." : `did you mean ${join(dirname(input), meant)}?`;
  return new UserError(`There is no file or folder ${input}; ${hint}`);
}

async function matches(pattern: string): Promise<string[]> {
  const paths = await glob(pattern, { onlyFiles: true, expandDirectories: false });
  if (paths.length > 0) return paths.toSorted();
  throw new UserError(`No file matches ${pattern}; check the pattern, and quote it in a shell.`);
}

/** One after the other: each takes a file handle. */
async function describeAll(paths: readonly string[]): Promise<CorpusFile[]> {
  const files: CorpusFile[] = [];
  for (const path of paths) files.push(await describe(path));
  return files;
}

/** @throws UserError where the file cannot be read or is no text */
async function describe(path: string, name = path): Promise<CorpusFile> {
  return withFile(path, async (file) => {
    const start = await beginning(file);
    if (!isZipped(path)) refuseBinary(start, name);
    // Some files of the system tell no size before they are read.
    return { name, path, size: Math.max((await file.stat()).size, start.length) };
  });
}

async function beginning(file: FileHandle): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

/**
 * Text files of a folder and those below it, by name; hidden, empty and binary ones are passed over, and packed ones
 * unless they end in .txt.gz or .jsonl.gz; a model's folder is no text. A link to a file is that file; links to folders could lead in a circle and are
 * not followed.
 */
async function textFilesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, "read", folder);
  });
  if (holdsModel(entries.map((entry) => entry.name))) return [];
  const paths: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) paths.push(...(await textFilesBelow(path)));
    else if ((await isFile(path)) && (await looksLikeText(path))) paths.push(path);
  }
  return paths;
}

function holdsModel(names: readonly string[]): boolean {
  return names.includes("config.json") && (names.includes("model.safetensors") || names.includes("training"));
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    // A link that leads nowhere is as good as nothing.
    if (systemErrorCode(error) !== "ENOENT") throw fileError(error, "read", path);
  });
  return found?.isFile() ?? false;
}

async function looksLikeText(path: string): Promise<boolean> {
  if (isZipped(path)) return /\.(jsonl|txt)\.gz$/i.test(path);
  return withFile(path, async (file) => {
    const start = await beginning(file);
    return start.length > 0 && !start.includes(0);
  });
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    return await use(file);
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    await file?.close();
  }
}

function capital(name: string): string {
  return name[0]!.toUpperCase() + name.slice(1);
}
