/** What `openIndex` is told. */
import { checkBelonging, checkOptions } from "../options/check.js";
import { option, sentence, UserError } from "../errors.js";
import { INDEX_OPTIONS } from "../options/vector-options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import { type PoolingOptions, poolingSettings, type PoolingSettings } from "../vectors/embed-options.js";
import type { IndexRecord } from "../vectors/index-record.js";

export interface IndexOptions extends PoolingOptions {
  /** The folder in which the index is kept. */
  readonly index?: string;
  /** Make it anew, whatever it is of. */
  readonly rebuild?: boolean;
  /** Of the corpus; latin1 is read as windows-1252. */
  readonly encoding?: TextEncoding;
  /** Field of .jsonl records that holds the text. */
  readonly field?: string;
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Called with the bytes of the corpus that were read, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws UserError for options that make no sense */
export function indexSettings(options: IndexOptions): IndexOptions {
  checkOptions("openIndex", options, INDEX_OPTIONS);
  // Whether sifA has an effect may be said by an index that is there; see `settingsFor`.
  const { sifA: _, ...others } = options;
  checkBelonging(options.pool === undefined && options.index !== undefined ? others : options, INDEX_OPTIONS);
  return options;
}

/**
 * How the vectors are made: as was said, else as the index that is there has them, else by default.
 * @throws UserError where the index has them otherwise than was said
 */
export function settingsFor(
  given: IndexOptions,
  record: IndexRecord | undefined,
  folder: string,
): PoolingSettings {
  if (!record) {
    checkBelonging(given, INDEX_OPTIONS);
    return poolingSettings(given);
  }
  const { settings, lines } = record;
  checkBelonging({ ...given, pool: given.pool ?? settings.pool }, INDEX_OPTIONS);
  const { encoding, field } = lines.form;
  const there = { ...settings, encoding, field: field ?? INDEX_OPTIONS.field.default };
  for (const name of ["pool", "sifA", "centre", "components", "encoding", "field"] as const) {
    const wanted = given[name];
    if (wanted === undefined || wanted === there[name]) continue;
    throw new UserError({
      option: name,
      problem: sentence`${option(name, wanted)} is not how the index in ${folder} was made, which has ${option(name, there[name])}`,
      advice: sentence`leave it out, or make the index anew with ${option("rebuild")}`,
    });
  }
  return settings;
}
