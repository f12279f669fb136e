/** Brings the files of an index up to date with the lines of a file. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { option, sentence, UserError } from "../errors.js";
import { lockFolder } from "../format/folder-lock.js";
import { makeFolder } from "../format/make-folder.js";
import { fileError } from "../format/system-error.js";
import { outputWidth } from "../model/widths.js";
import { INDEX_OPTIONS } from "../options/vector-options.js";
import { type LineForm, lineForm, type PlacedLine, placedLines } from "../text/corpus/line-places.js";
import { commonPart, remainingLengths } from "../vectors/common-part.js";
import type { PoolingSettings } from "../vectors/embed-options.js";
import { Embedder } from "../vectors/embedder.js";
import {
  type IndexCommon,
  indexPaths,
  type IndexRecord,
  readIndexCommon,
  readIndexRecord,
  writeIndexCommon,
  writeIndexRecord,
} from "../vectors/index-record.js";
import { type Pooling, pooledWidth } from "../vectors/pooling.js";
import { RowsFile } from "../vectors/rows-file.js";
import { poolingFor } from "./embed-texts.js";
import { type IndexOptions, settingsFor } from "./index-options.js";
import type { LoadedModel } from "./loaded-model.js";
import { modelKey } from "./model-key.js";

/** An index whose files are up to date. */
export interface IndexParts {
  readonly corpus: string;
  readonly form: LineForm;
  /** Bytes of the corpus that are lines of the index. */
  readonly bytes: number;
  readonly settings: PoolingSettings;
  readonly vectors: RowsFile<"f32">;
  /** (N) where each line begins. */
  readonly places: Float64Array;
  readonly common: IndexCommon;
}

/** A corpus that was compared with a record, and what it was then. */
interface Compared {
  readonly stamp: string;
  readonly sha256: string;
  readonly from: number;
  /** Of all before `from`. */
  readonly hash: Hash;
  readonly same: boolean;
  /** Bytes of the corpus, as far as the record goes, and one more where there are more. */
  readonly size: number;
}

/** What is to be done. */
interface Work {
  /** Absent where there was nothing to compare. */
  readonly compared?: Compared;
  readonly record: IndexRecord | undefined;
  readonly settings: PoolingSettings;
  readonly form: LineForm;
  /** Lines of the record that stay; all of them where nothing is to be done. */
  readonly kept: number;
  /** Where those that stay end in the corpus, and the hash of what is before. */
  readonly from: number;
  readonly hash: Hash;
  /** The corpus has nothing else. */
  readonly current: boolean;
  /** Why lines that were there are read anew. */
  readonly notice?: string;
}

const NO_ROWS = { count: 0, checksum: 0 } as const;

/** See `openIndex`. @param folder of the index, which may be absent */
export async function updateIndex(
  loaded: LoadedModel,
  corpus: string,
  folder: string,
  options: IndexOptions,
): Promise<IndexParts> {
  const found = await look(loaded, corpus, folder, options);
  // Searching an index that is up to date writes nothing, and locks nothing.
  if (found.current) return openParts(loaded, corpus, folder, found);
  const unlock = lockIndex(folder);
  try {
    // Another process may have written meanwhile.
    const work = await look(loaded, corpus, folder, options, found.compared);
    if (work.current) return await openParts(loaded, corpus, folder, work);
    if (work.notice !== undefined) options.onNotice?.(work.notice);
    return await new IndexUpdate(loaded, corpus, folder, work, options).run();
  } finally {
    unlock();
  }
}

/** @throws UserError where another process writes there, or the folder cannot be made */
function lockIndex(folder: string): () => void {
  makeFolder(folder);
  try {
    return lockFolder(indexPaths(folder).lock, folder);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(
      `Another process writes into the index ${folder}; wait until it has ended, or name another folder.`,
      { cause },
    );
  }
}

/** Compares the index with model, options and corpus. @param before what is known of the corpus already */
async function look(
  loaded: LoadedModel,
  corpus: string,
  folder: string,
  options: IndexOptions,
  before?: Compared,
): Promise<Work> {
  const { rebuild = false, encoding, field } = options;
  const stored = await readIndexRecord(folder);
  const record = stored !== undefined && stored.vectors.count > 0 && !rebuild ? stored : undefined;
  if (record && record.model !== modelKey(loaded))
    throw new UserError({
      option: "index",
      problem: `The index in ${folder} is of another model`,
      advice: sentence`load that one, name another folder, or make the index anew with ${option("rebuild")}`,
    });
  const settings = settingsFor(options, record, folder);
  const form = await lineForm(
    corpus,
    encoding ?? record?.lines.form.encoding ?? INDEX_OPTIONS.encoding.default,
    { given: field ?? record?.lines.form.field, usual: INDEX_OPTIONS.field.default },
  );
  const anew = { record: undefined, settings, form, kept: 0, from: 0, current: false };
  if (!record) return { ...anew, hash: createHash("sha256") };
  const { lines, vectors } = record;
  const from = lines.ended ? lines.bytes : (await readPlaces(folder, record)).at(-1)!;
  const compared = await compare(corpus, from, lines, before);
  if (!compared.same) {
    const notice = `${corpus} has changed since the index in ${folder} was made, and not only at its end: all lines are read anew.`;
    return { ...anew, compared, notice, hash: createHash("sha256") };
  }
  const { size, hash } = compared;
  const current = size === lines.bytes;
  const kept = current || lines.ended ? vectors.count : vectors.count - 1;
  return { record, settings, form, kept, from: current ? lines.bytes : from, hash, current, compared };
}

/**
 * Compares a corpus with the lines of a record, unless it is as it was when the same was compared before.
 * @param from where the lines end that stay
 */
async function compare(
  corpus: string,
  from: number,
  { bytes, sha256 }: IndexRecord["lines"],
  before: Compared | undefined,
): Promise<Compared> {
  const stamp = await stampOf(corpus);
  if (before?.stamp === stamp && before.sha256 === sha256 && before.from === from) return before;
  const hash = createHash("sha256");
  await hashBytes(corpus, hash, 0, from);
  const whole = hash.copy();
  const { size } = await hashBytes(corpus, whole, from, bytes);
  return { stamp, sha256, from, hash, size, same: whole.digest("hex") === sha256 };
}

/** Which file it is, and when it was changed. */
async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
  } catch (error) {
    throw fileError(error, "read", path);
  }
}

/** Gives the bytes of a file from one place to another to a hash. @returns bytes of the file */
async function hashBytes(path: string, hash: Hash, from: number, to: number): Promise<{ size: number }> {
  // One byte more, to know whether there is one.
  const stream = createReadStream(path, { start: from, end: to, highWaterMark: 1 << 20 });
  let at = from;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk.subarray(0, to - at));
      at += chunk.length;
    }
  } catch (error) {
    throw fileError(error, "read", path);
  } finally {
    stream.destroy();
  }
  return { size: at };
}

async function readPlaces(folder: string, { places }: IndexRecord): Promise<Float64Array> {
  const file = new RowsFile(indexPaths(folder).places, "f64", 1, places, false);
  try {
    return allPlaces(file);
  } finally {
    file.close();
  }
}

function allPlaces(file: RowsFile<"f64">): Float64Array {
  const places = new Float64Array(file.count);
  let at = 0;
  for (const block of file.blocks()) {
    places.set(block, at);
    at += block.length;
  }
  return places;
}

/** Opens an index that has all lines of the corpus. */
async function openParts(
  { model }: LoadedModel,
  corpus: string,
  folder: string,
  { record, settings, form }: Work,
): Promise<IndexParts> {
  const places = await readPlaces(folder, record!);
  const common = await readIndexCommon(folder, record!, model.vocabulary);
  const { width, vectors, lines } = record!;
  const own = pooledWidth(settings.pool, outputWidth(model.config));
  if (width !== own)
    throw new UserError(
      `The vectors in ${folder} have ${width} numbers, and those of this model ${own}; make the index anew.`,
    );
  const rows = new RowsFile(indexPaths(folder).vectors, "f32", width, vectors, false);
  return { corpus, form, bytes: lines.bytes, settings, vectors: rows, places, common };
}

/** One update, under the folder's lock. */
class IndexUpdate {
  readonly #loaded: LoadedModel;
  readonly #corpus: string;
  readonly #folder: string;
  readonly #work: Work;
  readonly #options: IndexOptions;
  readonly #hash: Hash;
  #bytes: number;
  #ended = true;

  constructor(loaded: LoadedModel, corpus: string, folder: string, work: Work, options: IndexOptions) {
    this.#loaded = loaded;
    this.#corpus = corpus;
    this.#folder = folder;
    this.#work = work;
    this.#options = options;
    this.#hash = work.hash;
    this.#bytes = work.from;
  }

  async run(): Promise<IndexParts> {
    const { signal } = this.#options;
    const { model, tokenizer } = this.#loaded;
    const { pooling, vectors, places } = await this.#begin();
    const embedder = new Embedder(model, tokenizer, outputWidth(model.config), pooling);
    try {
      try {
        await this.#read(embedder, vectors, places);
      } catch (error) {
        // What was read before an interruption is kept, where anything can be made of it.
        if (signal?.aborted && vectors.count > this.#work.kept)
          await this.#commit(vectors, places, pooling).catch(() => {});
        throw error;
      }
      const common = await this.#commit(vectors, places, pooling);
      const { settings, form } = this.#work;
      return {
        corpus: this.#corpus,
        form,
        bytes: this.#bytes,
        settings,
        vectors,
        places: allPlaces(places),
        common,
      };
    } catch (error) {
      vectors.close();
      throw error;
    } finally {
      places.close();
    }
  }

  /** Opens the files with the lines that stay; the record has no more of them from here on. */
  async #begin(): Promise<{
    readonly pooling: Pooling;
    readonly vectors: RowsFile<"f32">;
    readonly places: RowsFile<"f64">;
  }> {
    const { record, settings, kept } = this.#work;
    const { model } = this.#loaded;
    const folder = this.#folder;
    const paths = indexPaths(folder);
    const width = pooledWidth(settings.pool, outputWidth(model.config));
    const before = record && (await readIndexCommon(folder, record, model.vocabulary));
    const pooling = await poolingFor(
      this.#loaded,
      settings,
      textsOf(this.#corpus, this.#work.form),
      this.#options.onNotice,
      before?.weights,
    );
    if (kept === 0) {
      await writeIndexRecord(folder, this.#record(width, NO_ROWS, NO_ROWS, undefined));
      return {
        pooling,
        vectors: new RowsFile(paths.vectors, "f32", width, NO_ROWS, true),
        places: new RowsFile(paths.places, "f64", 1, NO_ROWS, true),
      };
    }
    const vectors = new RowsFile(paths.vectors, "f32", width, record!.vectors, true);
    const places = new RowsFile(paths.places, "f64", 1, record!.places, true);
    if (kept < vectors.count) {
      // A record of fewer lines first: the files are cut only then.
      const fewer = { vectors: vectors.stateAfter(kept), places: places.stateAfter(kept) };
      const common = { ...before!, lengths: before!.lengths.slice(0, kept) };
      const name = commonName();
      await writeIndexCommon(folder, name, common);
      await writeIndexRecord(folder, this.#record(width, fewer.vectors, fewer.places, name));
      vectors.truncate(fewer.vectors);
      places.truncate(fewer.places);
    }
    return { pooling, vectors, places };
  }

  async #read(embedder: Embedder, vectors: RowsFile<"f32">, places: RowsFile<"f64">): Promise<void> {
    const { signal, onProgress } = this.#options;
    const { size } = await stat(this.#corpus);
    const from = { start: this.#work.from, number: this.#work.kept + 1 };
    const lines = placedLines(this.#corpus, this.#work.form, from);
    const textOf = ({ text }: PlacedLine): string => text;
    for await (const { texts, vectors: rows } of embedder.groups(lines, textOf, signal)) {
      vectors.append(rows);
      places.append(Float64Array.from(texts, ({ start }) => start));
      for (const { bytes } of texts) {
        this.#hash.update(bytes);
        this.#bytes += bytes.length;
      }
      this.#ended = texts.at(-1)!.ended;
      onProgress?.(this.#bytes, Math.max(size, this.#bytes));
    }
  }

  /** All that was read counts from here on. @throws UserError where lines are too few for what is to be taken out */
  async #commit(
    vectors: RowsFile<"f32">,
    places: RowsFile<"f64">,
    { weights }: Pooling,
  ): Promise<IndexCommon> {
    const { settings } = this.#work;
    vectors.sync();
    places.sync();
    const taken = commonPart(this.#loaded.model.engine, vectors, settings, "line");
    const common = { lengths: remainingLengths(vectors, taken), common: taken, weights };
    const name = commonName();
    await writeIndexCommon(this.#folder, name, common);
    await writeIndexRecord(this.#folder, this.#record(vectors.width, vectors.state, places.state, name));
    return common;
  }

  #record(
    width: number,
    vectors: IndexRecord["vectors"],
    places: IndexRecord["places"],
    common: string | undefined,
  ): IndexRecord {
    return {
      model: modelKey(this.#loaded),
      settings: this.#work.settings,
      width,
      lines: {
        form: this.#work.form,
        bytes: this.#bytes,
        sha256: this.#hash.copy().digest("hex"),
        ended: this.#ended,
      },
      vectors,
      places,
      common,
    };
  }
}

const commonName = (): string => `common-${randomBytes(4).toString("hex")}.safetensors`;

async function* textsOf(corpus: string, form: LineForm): AsyncGenerator<string> {
  for await (const { text } of placedLines(corpus, form)) yield text;
}
