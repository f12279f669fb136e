/**
 * Corpora: files, folders, globs and standard input as one text that is read in chunks, any number of times, in bounded
 * memory. `\r\n` becomes `\n`, a leading byte-order mark is dropped, and a newline stands between files.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { glob, isDynamicPattern } from "tinyglobby";
import { UserError } from "../errors.js";
import { fileError } from "../format/system-error.js";
import { decodeText, type TextEncoding } from "./decode-text.js";
import { linesOf } from "./lines.js";

export type { TextEncoding };

export interface CorpusOptions {
  /** Default utf-8. */
  readonly encoding?: TextEncoding;
  /** Field of .jsonl records that holds the text. Default "text". */
  readonly field?: string;
  /** What "-" stands for; default the process's standard input. */
  readonly stdin?: NodeJS.ReadableStream;
}

/** One file of a corpus. */
export interface CorpusFile {
  /** As messages name it. */
  readonly name: string;
  readonly path: string;
  readonly size: number;
  /** Tells its content from another's: a hash of its size, its beginning and its end. */
  readonly fingerprint: string;
}

const CHUNK_BYTES = 1 << 20;
/** A NUL among the first bytes tells a binary file. */
const BINARY_PROBE = 8192;
const FINGERPRINT_BYTES = 65_536;

export class Corpus {
  readonly files: readonly CorpusFile[];
  readonly #encoding: TextEncoding;
  readonly #field: string;
  readonly #temporary: string | undefined;

  constructor(files: readonly CorpusFile[], options: CorpusOptions, temporary: string | undefined) {
    this.files = files;
    this.#encoding = options.encoding ?? "utf-8";
    this.#field = options.field ?? "text";
    this.#temporary = temporary;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.files.reduce((sum, file) => sum + file.size, 0);
  }

  /** For messages: the file, or how many there are. */
  get name(): string {
    return this.files.length === 1 ? this.files[0]!.name : `${this.files.length} files`;
  }

  /** Tells this text from others, wherever it lies: its files' content, and how they are read. */
  get key(): string {
    return JSON.stringify([this.files.map((file) => file.fingerprint), this.#encoding, this.#field]);
  }

  /**
   * The text, in chunks that never cut a character.
   * @param onBytes hears of the bytes read from the disk so far
   * @throws UserError where a file is binary, not valid in its encoding, or cannot be read
   */
  async *chunks(onBytes?: (done: number) => void): AsyncGenerator<string> {
    let before = 0;
    let endsInNewline = true;
    for (const file of this.files) {
      let begun = false;
      for await (const chunk of this.#read(file, (done) => onBytes?.(before + done))) {
        if (!begun && !endsInNewline) yield "\n";
        begun = true;
        endsInNewline = chunk.endsWith("\n");
        yield chunk;
      }
      before += file.size;
    }
  }

  /** Removes what was spooled. */
  dispose(): void {
    if (this.#temporary) rmSync(this.#temporary, { recursive: true, force: true });
  }

  async *#read(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<string> {
    const text = decodeText(readBytes(file, onBytes), this.#encoding, file.name);
    if (!/\.jsonl(\.gz)?$/i.test(file.path)) {
      yield* text;
      return;
    }
    let line = 0;
    for await (const record of linesOf(text)) {
      line++;
      if (record.trim() !== "") yield `${fieldOf(record, this.#field, `${file.name}, line ${line}`)}\n`;
    }
  }
}

function fieldOf(record: string, field: string, where: string): string {
  let json: unknown;
  try {
    json = JSON.parse(record);
  } catch {
    throw new UserError(`${where}: this is not JSON; a .jsonl file has one JSON record a line.`);
  }
  const value = (json as Record<string, unknown> | null)?.[field];
  if (typeof value !== "string") {
    throw new UserError(
      `${where}: the record has no text in its field "${field}"; name the right one with --field.`,
    );
  }
  return value;
}

/** A file's bytes, unpacked when it is gzipped; the first chunk is probed for being binary. */
async function* readBytes(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  let done = 0;
  let first = true;
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  source.on("data", (chunk) => onBytes((done += chunk.length)));
  source.pause();
  const zipped = /\.gz$/i.test(file.path);
  const stream = zipped ? source.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : source;
  source.on("error", (error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (first && chunk.subarray(0, BINARY_PROBE).includes(0)) {
        throw new UserError(
          `${file.name} is not a text: it has zero bytes; give a text file (or one in .gz or .jsonl).`,
        );
      }
      first = false;
      yield chunk;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code.startsWith("Z_"))
      throw new UserError(
        `${file.name} is damaged or not gzip (${(error as Error).message}); unpack it again.`,
      );
    throw fileError(error, "read", file.name);
  } finally {
    source.destroy();
  }
}

/**
 * Opens a corpus: files, folders (all their text files), globs, and "-" for standard input.
 * @throws UserError where something is missing, empty, or no text
 */
export async function openCorpus(inputs: readonly string[], options: CorpusOptions = {}): Promise<Corpus> {
  const files: CorpusFile[] = [];
  let temporary: string | undefined;
  try {
    for (const input of inputs) {
      if (input === "-") {
        if (temporary) throw new UserError("Standard input (-) can be read only once; name it once.");
        temporary = mkdtempSync(join(tmpdir(), "recurra-"));
        files.push(await spool(options.stdin ?? process.stdin, join(temporary, "stdin.txt")));
      } else {
        files.push(...(await findFiles(input)));
      }
    }
    if (files.every((file) => file.size === 0)) {
      const what = files.length === 1 ? `${files[0]!.name} is` : "All the files are";
      throw new UserError(`${what} empty; there is nothing to read.`);
    }
    return new Corpus(files, options, temporary);
  } catch (error) {
    if (temporary) rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function spool(stdin: NodeJS.ReadableStream, path: string): Promise<CorpusFile> {
  try {
    await pipeline(stdin, createWriteStream(path));
  } catch (error) {
    throw fileError(error, "keep standard input in", path);
  }
  return { ...(await describe(path)), name: "standard input" };
}

async function findFiles(input: string): Promise<CorpusFile[]> {
  const found = await stat(input).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw fileError(error, "read", input);
  });
  if (!found && isDynamicPattern(input)) return findGlob(input);
  if (!found) throw new UserError(`There is no file or folder ${input}; check the name.`);
  if (!found.isDirectory()) return [await describe(input)];
  const paths = await textFilesBelow(input);
  if (paths.length === 0)
    throw new UserError(`The folder ${input} has no text files in it; name a file or another folder.`);
  return Promise.all(paths.map(describe));
}

async function findGlob(pattern: string): Promise<CorpusFile[]> {
  const paths = (
    await glob(pattern, { absolute: false, onlyFiles: true, expandDirectories: false })
  ).toSorted();
  if (paths.length === 0)
    throw new UserError(`No file matches ${pattern}; check the pattern (and quote it in a shell).`);
  return Promise.all(paths.map(describe));
}

async function describe(path: string): Promise<CorpusFile> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, "read", path);
  });
  try {
    const { size } = await file.stat();
    const hash = createHash("sha256").update(`${size}`);
    const buffer = Buffer.alloc(FINGERPRINT_BYTES);
    for (const at of [0, Math.max(0, size - FINGERPRINT_BYTES)]) {
      const { bytesRead } = await file.read(buffer, 0, FINGERPRINT_BYTES, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return { name: path, path, size, fingerprint: hash.digest("hex").slice(0, 32) };
  } finally {
    await file.close();
  }
}

/** Text files of a folder and those below it, by path; hidden ones, empty ones and binary ones are passed over. */
async function textFilesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, "read", folder);
  });
  const paths: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (basename(path).startsWith(".")) continue;
    if (entry.isDirectory()) paths.push(...(await textFilesBelow(path)));
    else if (entry.isFile() && (await looksLikeText(path))) paths.push(path);
  }
  return paths;
}

async function looksLikeText(path: string): Promise<boolean> {
  if (/\.(jsonl|txt)\.gz$/i.test(path)) return true;
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, "read", path);
  });
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(BINARY_PROBE), 0, BINARY_PROBE, 0);
    return bytesRead > 0 && !buffer.subarray(0, bytesRead).includes(0);
  } finally {
    await file.close();
  }
}
