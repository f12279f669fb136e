/** Trains an n-gram model on a text. */
import { option, sentence, UserError } from "../errors.js";
import { usableMemory } from "../format/usable-memory.js";
import { NGRAM_OPTIONS } from "../options/ngram-options.js";
import { checkBelonging, checkOptions, checkValue } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { WordMode } from "../text/tokenizers/word-splitter.js";
import { cuttingOf, kindOf } from "./cutting.js";
import { kneserNey, USUAL_DISCOUNTS } from "./kneser-ney.js";
import { NgramCounter } from "./ngram-counter.js";
import type { NgramTrie } from "./ngram-trie.js";
import { BEGIN_ID, END_ID, readSentences } from "./read-sentences.js";

/** Part of the memory there is that counts take, where nothing else is said. */
const USUAL_PART = 0.5;

/** Ranges and defaults are those of options/ngram-options.ts. */
export interface TrainNgramOptions extends CorpusOptions {
  /** Words of the longest n-grams. */
  readonly order?: number;
  /** By length: n-grams that occur so often or less are left out; the last number is for all longer ones. */
  readonly prune?: number | readonly number[];
  /** Words, or the characters of each line; or the tokens of a model (its `tokenizer`), so that it and the n-gram model can be joined. */
  readonly tokenizer?: "word" | "char" | Tokenizer;
  /** How words are found. */
  readonly wordMode?: WordMode;
  /** MiB to count in; what is more is sorted on the disk, in the system's folder of temporary files. */
  readonly memory?: number;
  readonly onNotice?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface TrainedNgram {
  readonly model: NgramTrie;
  readonly sentences: number;
  /** Words, and an end for each sentence. */
  readonly tokens: number;
  /** D_1, D_2 and D_3+ by length. */
  readonly discounts: readonly (readonly [number, number, number])[];
}

/**
 * Interpolated modified Kneser–Ney of files, folders, patterns, or "-" for standard input; every line is a sentence. The
 * model does not depend on the memory to count in.
 * @throws UserError for options that make no sense, a text that cannot be read, a full disk; the signal's reason
 */
export async function trainNgram(
  inputs: readonly string[],
  options: TrainNgramOptions = {},
): Promise<TrainedNgram> {
  checkOptions("trainNgram", options, NGRAM_OPTIONS);
  checkBelonging(options, NGRAM_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const {
    order = NGRAM_OPTIONS.order.default,
    wordMode = NGRAM_OPTIONS.wordMode.default,
    prune = 0,
    tokenizer = NGRAM_OPTIONS.tokenizer.default,
    memory,
    onNotice,
    signal,
    ...reading
  } = options;
  const limits = pruneLimits(prune, order);
  const bytes = memory === undefined ? USUAL_PART * usableMemory() : memory * 2 ** 20;
  const counter = new NgramCounter({ order, beginId: BEGIN_ID, endId: END_ID, memory: bytes, signal });
  const corpus = await openCorpus(inputs, reading);
  try {
    for (const notice of corpus.notices) onNotice?.(notice);
    const chunks = heeding(corpus.chunks(), signal);
    const push = (id: number): void => counter.push(id);
    const cutting = cuttingOf(tokenizer, wordMode);
    const text = await readSentences(chunks, cutting, push, { name: corpus.name });
    const levels = await counter.finish(text.words.length);
    const vocabulary = { words: text.words, beginId: BEGIN_ID, cutting: kindOf(cutting) };
    const { model, discounts, usual } = await kneserNey(levels, vocabulary, limits, signal);
    if (usual.length > 0)
      onNotice?.(
        `The text is too short, or too regular, to estimate the discounts of ${usual.map((n) => `${n}-grams`).join(", ")}; they are ${USUAL_DISCOUNTS.join(", ")}.`,
      );
    return { model, discounts, sentences: text.sentences, tokens: counter.tokens - text.sentences };
  } finally {
    counter.close();
    corpus.dispose();
  }
}

/** The chunks, until the signal ends it. */
async function* heeding(
  chunks: AsyncIterable<string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
  // A text from standard input ends where that is interrupted.
  signal?.throwIfAborted();
}

/** By length. @throws UserError where unigrams would be left out, or fewer of longer n-grams than of shorter ones */
function pruneLimits(prune: number | readonly number[], order: number): number[] {
  const given = typeof prune === "number" ? [prune] : prune;
  const limits = Array.from({ length: order }, (_, i) => given[Math.min(i, given.length - 1)]!);
  const wrong =
    limits[0] !== 0
      ? "the first number is of words, of which none may be left out"
      : given.length > order
        ? `there are numbers for ${given.length} lengths, and the order is ${order}`
        : limits.some((limit, i) => i > 0 && limit < limits[i - 1]!)
          ? "a number is smaller than the one before it"
          : undefined;
  if (wrong !== undefined)
    throw new UserError({
      option: "prune",
      problem: sentence`${option("prune", given.join(","))} is not possible: ${wrong}`,
      advice: "give numbers that do not fall, from 0 on, such as 0,0,1",
    });
  return limits;
}
