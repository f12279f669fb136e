/**
 * Corpora: files, folders, patterns and standard input as one text that is read in chunks, any number of times, in bounded
 * memory. `\r\n` becomes `\n` (a `\r` by itself stays), a leading byte-order mark is dropped, and a newline stands
 * between files.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { UserError } from "../../errors.js";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { type CorpusFile, findFiles, SpoolFolder } from "./corpus-files.js";
import {
  checkEncoding,
  decodeText,
  isRecords,
  isZipped,
  refuseBinary,
  type TextEncoding,
} from "./decode-text.js";
import { recordTexts } from "./json-lines.js";

export type { CorpusFile, TextEncoding };

export interface CorpusOptions {
  /** Default utf-8. */
  readonly encoding?: TextEncoding;
  /** Field of .jsonl records that holds the text. Default "text". */
  readonly field?: string;
  /** What "-" stands for; default the process's standard input. */
  readonly stdin?: NodeJS.ReadableStream;
}

const CHUNK_BYTES = 1 << 20;
const STANDARD_INPUT = "standard input";

export class Corpus {
  readonly files: readonly CorpusFile[];
  readonly #encoding: TextEncoding;
  readonly #field: string;
  readonly #spool: SpoolFolder;

  constructor(files: readonly CorpusFile[], options: CorpusOptions, spool: SpoolFolder) {
    this.files = files;
    this.#encoding = options.encoding ?? "utf-8";
    this.#field = options.field ?? "text";
    this.#spool = spool;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.files.reduce((sum, file) => sum + file.size, 0);
  }

  /** For messages: the file, or how many there are. */
  get name(): string {
    return this.files.length === 1 ? this.files[0]!.name : `${this.files.length} files`;
  }

  /**
   * The text, in chunks that never cut a character.
   * @param onBytes hears of the bytes read from the disk so far
   * @throws UserError where a file is binary, not valid in its encoding, cannot be read; or there is no text in any
   */
  async *chunks(onBytes?: (done: number) => void): AsyncGenerator<string> {
    let before = 0;
    let last = "";
    for (const file of this.files) {
      let begun = false;
      for await (const chunk of this.#read(file, (done) => onBytes?.(before + done))) {
        if (!begun && last !== "" && !last.endsWith("\n")) yield "\n";
        begun = true;
        last = chunk;
        yield chunk;
      }
      before += file.size;
    }
    if (last === "") throw new UserError(`There is no text in ${this.name}; give one with some.`);
  }

  /** Removes the copies of what could be read only once. */
  dispose(): void {
    this.#spool.remove();
  }

  #read(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<string> {
    const text = decodeText(readBytes(file, onBytes), this.#encoding, file.name);
    return isRecords(file.path) ? recordTexts(text, this.#field, file.name) : text;
  }
}

/** A file's bytes, unpacked when it is gzipped. */
async function* readBytes(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const zipped = isZipped(file.path);
  const stream = zipped ? source.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : source;
  if (zipped) source.on("error", (error) => stream.destroy(error));
  let first = true;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (first) refuseBinary(chunk, file.name);
      first = false;
      onBytes(source.bytesRead);
      yield chunk;
    }
  } catch (error) {
    if (systemErrorCode(error)?.startsWith("Z_")) {
      throw new UserError(
        `${file.name} is not gzip or is damaged (${(error as Error).message}); pack it again, or name it otherwise if it is not packed.`,
        { cause: error },
      );
    }
    throw fileError(error, "read", file.name);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/**
 * Opens a corpus: files, pipes, folders (all their text files), patterns (`books/*.txt`), and "-" for standard input.
 * What can be read only once is copied to a temporary folder, which `dispose` removes.
 * @throws UserError where something is missing, empty, or no text
 */
export async function openCorpus(inputs: readonly string[], options: CorpusOptions = {}): Promise<Corpus> {
  checkEncoding(options.encoding);
  if (inputs.length === 0)
    throw new UserError("No text is given; name a file, a folder, or - for standard input.");
  if (inputs.filter((input) => input === "-").length > 1) {
    throw new UserError("Standard input (-) can be read only once; name it once.");
  }
  const spool = new SpoolFolder();
  try {
    const files: CorpusFile[] = [];
    for (const input of inputs) {
      if (input === "-") files.push(await spool.keep(options.stdin ?? process.stdin, STANDARD_INPUT));
      else files.push(...(await findFiles(input, spool)));
    }
    const corpus = new Corpus(files, options, spool);
    if (corpus.bytes === 0) throw new UserError(`${corpus.name} are all empty; there is nothing to read.`);
    return corpus;
  } catch (error) {
    spool.remove();
    throw error;
  }
}
