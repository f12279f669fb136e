/** The lines of a file by their vectors: made, kept in a folder, brought up to date, and searched. */
import { open } from "node:fs/promises";
import { checkPath, checkText, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { fileError } from "../format/system-error.js";
import { TemporaryFolder } from "../format/temporary-folder.js";
import { outputWidth } from "../model/widths.js";
import { checkOptions } from "../options/check.js";
import { SEARCH_OPTIONS } from "../options/vector-options.js";
import { lineText } from "../text/corpus/line-places.js";
import type { PoolingSettings } from "../vectors/embed-options.js";
import { Embedder } from "../vectors/embedder.js";
import { SimilaritySearch } from "../vectors/most-similar.js";
import { lengthOf } from "../vectors/vector-blocks.js";
import { finishVector, poolingFor } from "./embed-texts.js";
import { type IndexOptions, indexSettings } from "./index-options.js";
import { LoadedModel } from "./loaded-model.js";
import { type IndexParts, updateIndex } from "./update-index.js";

/** Queries that are looked for together. */
const TOGETHER = 64;

export interface SearchOptions {
  /** How many to find at most; default 10. */
  readonly neighbours?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A line that was found. */
export interface SimilarLine {
  /** From 1. */
  readonly rank: number;
  /** The cosine of the two vectors, from −1 to 1. */
  readonly score: number;
  /** Number of the line in its file, from 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * Brings the index of a file's lines up to date, or makes it, and opens it. Lines that the file has now at its end are added;
 * where something else of it has changed all lines are read anew, with a notice. What is not said of how vectors are made is
 * as the index has it. Without a folder the index is temporary.
 * @param loaded of float or int8 weights
 * @param corpus a file of lines, or of records (.jsonl)
 * @throws UserError for options that make no sense, a corpus that cannot be read or has no line, a folder of other files, an
 *   index that is damaged, of another model, or made otherwise; the signal's reason, where what was read is kept
 */
export async function openIndex(
  loaded: LoadedModel,
  corpus: string,
  options: IndexOptions = {},
): Promise<LineIndex> {
  if (!(loaded instanceof LoadedModel))
    refuseArgument("The model of the index", loaded, "give one that load returned");
  checkPath("The corpus", corpus);
  const settings = indexSettings(options);
  const { index } = settings;
  if (index === undefined) {
    const folder = new TemporaryFolder();
    const remove = (): void => folder.remove();
    try {
      return await opened(loaded, await updateIndex(loaded, corpus, folder.path, settings), remove);
    } catch (error) {
      remove();
      throw error;
    }
  }
  checkPath("The index", index);
  return opened(loaded, await updateIndex(loaded, corpus, index, settings), () => {});
}

async function opened(loaded: LoadedModel, parts: IndexParts, remove: () => void): Promise<LineIndex> {
  const { settings, common, vectors } = parts;
  const { model, tokenizer } = loaded;
  const pooling = await poolingFor(loaded, settings, [], undefined, common.weights);
  const embedder = new Embedder(model, tokenizer, outputWidth(model.config), pooling);
  let file: OpenFile;
  try {
    file = await open(parts.corpus);
  } catch (error) {
    vectors.close();
    throw fileError(error, "read", parts.corpus);
  }
  return new LineIndex(loaded, embedder, parts, file, remove);
}

/** What the index needs of a file: the package's types name none of Node's. */
interface OpenFile {
  read(
    target: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

export class LineIndex {
  /** How its vectors are made. */
  readonly settings: PoolingSettings;
  readonly #parts: IndexParts;
  readonly #embedder: Embedder;
  readonly #search: SimilaritySearch;
  readonly #file: OpenFile;
  readonly #remove: () => void;

  /** Made by `openIndex`. */
  constructor(
    { model }: LoadedModel,
    embedder: Embedder,
    parts: IndexParts,
    file: OpenFile,
    remove: () => void,
  ) {
    this.settings = parts.settings;
    this.#parts = parts;
    this.#embedder = embedder;
    this.#search = new SimilaritySearch(model.engine);
    this.#file = file;
    this.#remove = remove;
  }

  /** How many lines it has, and how many numbers each vector. */
  get lines(): number {
    return this.#parts.places.length;
  }

  get width(): number {
    return this.#embedder.width;
  }

  /**
   * The lines nearest to a text, the nearest first, or those of each of several texts. Empty lines are not found.
   * @throws UserError for options that make no sense, a text without a vector, and files that are damaged; the signal's
   *   reason
   */
  search(query: string, options?: SearchOptions): Promise<SimilarLine[]>;
  search(query: readonly string[], options?: SearchOptions): Promise<SimilarLine[][]>;
  async search(
    query: string | readonly string[],
    options: SearchOptions = {},
  ): Promise<SimilarLine[] | SimilarLine[][]> {
    checkOptions("search", options, SEARCH_OPTIONS);
    if (typeof query === "string") return (await this.#searchAll([query], options))[0]!;
    if (!Array.isArray(query)) refuseArgument("The query", query, "give a text, or texts in an array");
    const all: SimilarLine[][] = [];
    for (let at = 0; at < query.length; at += TOGETHER)
      all.push(...(await this.#searchAll(query.slice(at, at + TOGETHER), options)));
    return all;
  }

  async #searchAll(
    texts: readonly string[],
    { neighbours, signal }: SearchOptions,
  ): Promise<SimilarLine[][]> {
    const { common, vectors } = this.#parts;
    const queries = await this.#vectorsOf(texts, signal);
    const found = await this.#search.mostSimilar(vectors, common.lengths, queries, {
      most: neighbours ?? SEARCH_OPTIONS.neighbours.default,
      mean: common.common?.mean,
      signal,
    });
    return Promise.all(
      found.map((neighbour) =>
        Promise.all(
          neighbour.map(async ({ index, score }, i) => ({
            rank: i + 1,
            score,
            line: index + 1,
            text: await this.#textOf(index),
          })),
        ),
      ),
    );
  }

  /** Closes its files; a temporary index is removed. */
  async close(): Promise<void> {
    this.#parts.vectors.close();
    await this.#file.close();
    this.#remove();
  }

  async #vectorsOf(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array> {
    const { width } = this;
    const queries = new Float32Array(texts.length * width);
    let at = 0;
    for (const text of texts) checkText("The query", text);
    for await (const { vectors } of this.#embedder.groups(texts, (text) => text, signal)) {
      queries.set(vectors, at);
      at += vectors.length;
    }
    for (const [i, text] of texts.entries()) {
      const row = queries.subarray(i * width, (i + 1) * width);
      finishVector(row, this.#parts.common.common, true);
      if (lengthOf(row) > 0) continue;
      throw new UserError(
        text === ""
          ? "The query is empty, and an empty text has no direction; give one with some characters."
          : `Nothing is left of the vector of the query ${JSON.stringify(text.slice(0, 60))} without what all lines have in common; take out less.`,
      );
    }
    return queries;
  }

  async #textOf(index: number): Promise<string> {
    const { places, bytes, form, corpus } = this.#parts;
    const start = places[index]!;
    const own = new Uint8Array((places[index + 1] ?? bytes) - start);
    let done = 0;
    while (done < own.length) {
      const { bytesRead } = await this.#file.read(own, done, own.length - done, start + done);
      if (bytesRead === 0)
        throw new UserError(`${corpus} became shorter since its lines were read; search again.`);
      done += bytesRead;
    }
    return lineText(own, form, { start, number: index + 1 }, corpus);
  }
}
