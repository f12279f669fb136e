/**
 * Texts with labels: rows of tables, and the files of folders that are classes. They are read one after the other, any
 * number of times, in bounded memory.
 */
import { stat } from "node:fs/promises";
import { option, sentence, UserError } from "../../errors.js";
import { checkOptions, checkValue } from "../../options/check.js";
import { TRAIN_OPTIONS } from "../../options/train-options.js";
import { LABELLED_OPTIONS } from "../../options/text-options.js";
import type { LabelledText } from "../labelled-text.js";
import { LONGEST_LINE } from "../limits.js";
import { classFolders } from "./class-folders.js";
import { describeFile } from "./corpus-file.js";
import { checkEncoding, type TextEncoding } from "./decode-text.js";
import { findFiles } from "./find-files.js";
import type { CorpusFile, SkippedFile } from "./found-files.js";
import { skippedNotice } from "./notices.js";
import { fileRows, fileText } from "./read-file.js";
import { type ByteStream, SpoolFolder } from "./spool-folder.js";

/** Defaults are those of options/text-options.ts. */
export interface LabelledOptions {
  /** latin1 is read as windows-1252; parquet is in UTF-8. */
  readonly encoding?: TextEncoding;
  /** Column of a table that holds the text. */
  readonly field?: string;
  /** Column of a table that holds the label. */
  readonly label?: string;
  /** The stream that "-" stands for; default the process's standard input. */
  readonly stdin?: ByteStream;
}

/** A file, and the class of all texts in it where it lies in a class's folder. */
interface LabelledFile {
  readonly file: CorpusFile;
  readonly label: string | undefined;
}

export class LabelledTexts implements AsyncIterable<LabelledText> {
  /** Files that were found and skipped. */
  readonly skipped: readonly SkippedFile[];
  readonly #files: readonly LabelledFile[];
  readonly #options: LabelledOptions;
  readonly #spool: SpoolFolder;

  /** Made by `openLabelled`. */
  constructor(
    files: readonly LabelledFile[],
    skipped: readonly SkippedFile[],
    options: LabelledOptions,
    spool: SpoolFolder,
  ) {
    this.#files = files;
    this.skipped = skipped;
    this.#options = options;
    this.#spool = spool;
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#files.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** For messages: the file, or how many there are. */
  get name(): string {
    return this.#files.length === 1 ? this.#files[0]!.file.name : `${this.#files.length} files`;
  }

  /** In whole sentences: files that are skipped. */
  get notices(): readonly string[] {
    return this.skipped.length > 0 ? [skippedNotice(this.skipped)] : [];
  }

  /** As `texts`. */
  [Symbol.asyncIterator](): AsyncGenerator<LabelledText, void, undefined> {
    return this.texts();
  }

  /**
   * The texts, in the order of files and rows.
   * @param onBytes called with the bytes read from the disk so far
   * @throws UserError with the file, and the line or row, where something cannot be read, has no label, or no text but white
   * space; and where there is nothing at all
   */
  async *texts(onBytes?: (done: number) => void): AsyncGenerator<LabelledText, void, undefined> {
    let before = 0;
    let any = false;
    for (const { file, label } of this.#files) {
      for await (const one of this.#read(file, label, (done) => onBytes?.(before + done))) {
        if (one.text.trim() === "")
          throw new UserError(`${one.source}: the text is empty; write one, or take it out.`);
        any = true;
        yield one;
      }
      before += file.size;
    }
    if (!any) throw new UserError(`There are no texts in ${this.name}; give a table with some rows.`);
  }

  /** Removes the copies of inputs that could be read only once. */
  dispose(): void {
    this.#spool.remove();
  }

  async *#read(
    file: CorpusFile,
    own: string | undefined,
    onBytes: (done: number) => void,
  ): AsyncGenerator<LabelledText & { readonly source: string }> {
    const { name, form } = file;
    const {
      encoding,
      field = LABELLED_OPTIONS.field.default,
      label = LABELLED_OPTIONS.label.default,
    } = this.#options;
    const reading = { encoding, onBytes };
    if (form === "text") {
      yield { text: await wholeText(fileText(file, reading), name), label: own!, source: name };
      return;
    }
    const place = form === "parquet" ? "row" : "line";
    for await (const rows of fileRows(file, { field, ...(own === undefined && { label }) }, reading))
      for (const row of rows)
        yield {
          text: row.text,
          label: own ?? row.label!,
          source: `${name}, ${place} ${row.at.toLocaleString("en-US")}`,
        };
  }
}

async function wholeText(chunks: AsyncIterable<string>, name: string): Promise<string> {
  let text = "";
  for await (const chunk of chunks) {
    text += chunk;
    if (text.length > LONGEST_LINE)
      throw new UserError(
        `${name}: the text has more than ${LONGEST_LINE.toLocaleString("en-US")} characters, too many to be read as one; cut it into shorter ones.`,
      );
  }
  return text;
}

/**
 * Opens texts with labels: tables (.jsonl, .csv, .tsv, .parquet, packed or not), patterns of them, "-" for JSON Lines or
 * parquet from standard input, and folders that have a folder for each class.
 * @throws UserError where something is missing, empty, no table, or a folder with fewer than two classes
 */
export async function openLabelled(
  inputs: readonly string[],
  options: LabelledOptions = {},
): Promise<LabelledTexts> {
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  checkEncoding(options.encoding);
  checkOptions("openLabelled", options, LABELLED_OPTIONS);
  if (inputs.length === 0)
    throw new UserError(
      "No labelled texts are given; name a table, a folder of classes, or - for standard input.",
    );
  if (inputs.filter((input) => input === "-").length > 1)
    throw new UserError("Standard input (-) can be read only once; name it once.");
  const spool = new SpoolFolder();
  try {
    const files: LabelledFile[] = [];
    const skipped: SkippedFile[] = [];
    for (const input of inputs) {
      const found = (await isFolder(input)) ? await inClasses(input) : await tables(input, options, spool);
      files.push(...found.files);
      skipped.push(...found.skipped);
    }
    return new LabelledTexts(files, skipped, options, spool);
  } catch (error) {
    spool.remove();
    throw error;
  }
}

interface Found {
  readonly files: readonly LabelledFile[];
  readonly skipped: readonly SkippedFile[];
}

async function isFolder(input: string): Promise<boolean> {
  const found = await stat(input).catch(() => undefined);
  return found?.isDirectory() === true;
}

/** The files of the classes of a folder. */
async function inClasses(folder: string): Promise<Found> {
  const { classes, skipped } = await classFolders(folder);
  const files: LabelledFile[] = [];
  for (const { label, paths } of classes)
    for (const path of paths) files.push({ file: await describeFile(path), label });
  return { files, skipped };
}

async function tables(input: string, options: LabelledOptions, spool: SpoolFolder): Promise<Found> {
  const finding = {
    spool,
    records: true,
    // Reading the property opens the process's standard input.
    get stdin() {
      return options.stdin ?? process.stdin;
    },
  };
  const { files, skipped } = await findFiles(input, finding);
  const other = files.find(({ form }) => form === "text");
  if (other) throw noLabels(other.name);
  return { files: files.map((file) => ({ file, label: undefined })), skipped };
}

function noLabels(name: string): UserError {
  return new UserError({
    problem: `${name} has texts without labels`,
    advice: sentence`give a table (.csv, .tsv, .jsonl or .parquet) with a column of labels, which ${option("label")} names, or a folder that has a folder for each class`,
  });
}
