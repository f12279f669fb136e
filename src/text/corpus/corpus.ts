/**
 * Corpora: files, folders, patterns and standard input as one text that is read in chunks, any number of times, in bounded
 * memory. Every line end becomes `\n`, a leading byte-order mark is dropped, and a newline stands between files.
 */
import { option, type Sentence, sentence, UserError } from "../../errors.js";
import { READING_OPTIONS } from "../../options/text-options.js";
import { checkEncoding, type TextEncoding } from "./decode-text.js";
import { findFiles } from "./find-files.js";
import type { CorpusFile, SkippedFile } from "./found-files.js";
import { withoutLongLines } from "./lines.js";
import { noticesOf } from "./notices.js";
import { fileRows, fileText } from "./read-file.js";
import { type ByteStream, SpoolFolder } from "./spool-folder.js";
import { rowTexts } from "./tables/table-row.js";

export type { ByteStream, CorpusFile, SkippedFile, TextEncoding };

/** Defaults are those of options/text-options.ts. */
export interface CorpusOptions {
  /** latin1 is read as windows-1252. */
  readonly encoding?: TextEncoding;
  /**
   * Column of tables (.jsonl, .csv, .tsv, .parquet) that holds the text. Where it is given, pipes are read as JSON Lines,
   * and an input without any table is refused.
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
    const { field = READING_OPTIONS.field.default, longestLine } = this.#options;
    const reading = { ...this.#options, longest: longestLine, onBytes };
    if (file.form !== "text") return rowTexts(fileRows(file, { field }, reading));
    const text = fileText(file, reading);
    return longestLine === undefined ? text : withoutLongLines(text, file.name, longestLine);
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
        records: options.field !== undefined,
        // Reading the property opens the process's standard input.
        get stdin() {
          return options.stdin ?? process.stdin;
        },
      };
      const found = await findFiles(input, finding);
      if (options.field !== undefined) requireTable(found.files, input, options.field);
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

/** @throws UserError where a column is named, and none of an input's files is a table */
function requireTable(files: readonly CorpusFile[], input: string, field: string): void {
  if (files.some(({ form }) => form !== "text")) return;
  throw new UserError({
    option: "field",
    problem: sentence`${input} is no table, so there is no ${option("field", field)} in it`,
    advice: sentence`leave ${option("field")} out, or, where it is one, name it .jsonl, .csv, .tsv or .parquet`,
  });
}
