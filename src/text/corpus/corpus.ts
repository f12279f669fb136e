/**
 * Corpora: files, folders, patterns and standard input as one text that is read in chunks, any number of times, in bounded
 * memory. Every line end becomes `\n`, a leading byte-order mark is dropped, and a newline stands between files.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { type Sentence, UserError } from "../../errors.js";
import { fileError, systemErrorCode } from "../../format/system-error.js";
import { READING_OPTIONS } from "../../options/text-options.js";
import { checkEncoding, decodeText, type TextEncoding } from "./decode-text.js";
import { refuseGzip, textBytes } from "./file-kind.js";
import { findFiles } from "./find-files.js";
import type { CorpusFile, SkippedFile } from "./found-files.js";
import { recordTexts } from "./json-lines.js";
import { withoutLongLines } from "./lines.js";
import { noticesOf } from "./notices.js";
import { type ByteStream, SpoolFolder } from "./spool-folder.js";

export type { ByteStream, CorpusFile, SkippedFile, TextEncoding };

/** Defaults are those of options/text-options.ts. */
export interface CorpusOptions {
  /** latin1 is read as windows-1252. */
  readonly encoding?: TextEncoding;
  /**
   * Field of .jsonl records that holds the text. Where it is given, pipes are read as records, and an
   * input without any is refused.
   */
  readonly field?: string;
  /** The stream that "-" stands for; default the process's standard input. */
  readonly stdin?: ByteStream;
}

/** What callers of code say, and people do not. */
export interface OpeningOptions extends CorpusOptions {
  /** Advice where the text is in another encoding. Default: to name it, which a person can do where `encoding` is offered. */
  readonly encodingAdvice?: Sentence;
  /** UTF-16 units that a line may have, where each is a sequence of its own (LONGEST_LINE). Default: any number. */
  readonly longestLine?: number;
}

const CHUNK_BYTES = 1 << 20;

export class Corpus {
  readonly files: readonly CorpusFile[];
  /** Files that were found in folders and skipped. */
  readonly skipped: readonly SkippedFile[];
  readonly #options: OpeningOptions;
  readonly #spool: SpoolFolder;

  /** Made by `openCorpus`. */
  constructor(
    files: readonly CorpusFile[],
    skipped: readonly SkippedFile[],
    options: OpeningOptions,
    spool: SpoolFolder,
  ) {
    this.files = files;
    this.skipped = skipped;
    this.#options = options;
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
   * Notices before it is learned, in whole sentences: files that are skipped, files that look like something else than
   * text.
   */
  get notices(): readonly string[] {
    return noticesOf(this.files, this.skipped);
  }

  /**
   * The text, in chunks that never cut a character.
   * @param onBytes called with the bytes read from the disk so far
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

  /** Removes the copies of inputs that could be read only once. */
  dispose(): void {
    this.#spool.remove();
  }

  #read(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<string> {
    const { encoding: usualEncoding, field: usualField } = READING_OPTIONS;
    const {
      encoding = usualEncoding.default,
      field = usualField.default,
      longestLine,
      encodingAdvice,
    } = this.#options;
    const bytes = textBytes(readBytes(file, onBytes), file.name);
    const text = decodeText(bytes, encoding, file.name, encodingAdvice);
    if (file.records) return recordTexts(text, field, file.name, longestLine);
    return longestLine === undefined ? text : withoutLongLines(text, file.name, longestLine);
  }
}

/** A file's bytes, unpacked when it is gzipped. */
async function* readBytes(file: CorpusFile, onBytes: (done: number) => void): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const unpacking = file.packed ? createGunzip({ chunkSize: CHUNK_BYTES }) : undefined;
  if (unpacking) source.on("error", (error) => unpacking.destroy(error)).pipe(unpacking);
  const stream = unpacking ?? source;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      onBytes(source.bytesRead);
      yield chunk;
    }
    // It ends at the first zero after a member: padding, unless something else follows.
    if (unpacking) await requireZeros(file, unpacking.bytesWritten);
  } catch (error) {
    if (systemErrorCode(error)?.startsWith("Z_")) refuseGzip(file.name, error);
    throw fileError(error, "read", file.name);
  } finally {
    source.destroy();
    stream.destroy();
  }
}

/** @throws UserError where there is anything but zeros from a byte on */
async function requireZeros({ path, name }: CorpusFile, from: number): Promise<void> {
  const rest = createReadStream(path, { start: from, highWaterMark: CHUNK_BYTES });
  for await (const chunk of rest as AsyncIterable<Uint8Array>) {
    if (chunk.some((byte) => byte !== 0)) refuseGzip(name);
  }
}

/**
 * Opens a corpus: files, pipes, folders (all their text files), patterns (`books/*.txt`), and "-" for standard input.
 * Inputs that can be read only once are copied to a temporary folder, which `dispose` removes.
 * @throws UserError where something is missing, empty, or no text
 */
export async function openCorpus(inputs: readonly string[], options: OpeningOptions = {}): Promise<Corpus> {
  checkEncoding(options.encoding);
  if (inputs.length === 0)
    throw new UserError("No text is given; name a file, a folder, or - for standard input.");
  if (inputs.filter((input) => input === "-").length > 1) {
    throw new UserError("Standard input (-) can be read only once; name it once.");
  }
  const spool = new SpoolFolder();
  try {
    const files: CorpusFile[] = [];
    const skipped: SkippedFile[] = [];
    for (const input of inputs) {
      const finding = {
        spool,
        field: options.field,
        // Reading the property opens the process's standard input.
        get stdin() {
          return options.stdin ?? process.stdin;
        },
      };
      const found = await findFiles(input, finding);
      files.push(...found.files);
      skipped.push(...found.skipped);
    }
    const corpus = new Corpus(files, skipped, options, spool);
    if (corpus.bytes === 0) throw new UserError(`${corpus.name} are all empty; there is nothing to read.`);
    return corpus;
  } catch (error) {
    spool.remove();
    throw error;
  }
}
