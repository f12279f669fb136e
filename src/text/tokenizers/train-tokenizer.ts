/** Makes a tokenizer from a text that is read once, in chunks. */
import { isIterable, refuseArgument } from "../../argument-checks.js";
import { option, sentence, UserError } from "../../errors.js";
import { loadPart } from "../../load-part.js";
import { checkBelonging, checkOptions, checkValue } from "../../options/check.js";
import { TOKENIZER_OPTIONS, TRAIN_TOKENIZER_OPTIONS } from "../../options/text-options.js";
import { BpeTokenizer } from "./bpe-tokenizer.js";
import { BYTE_ALPHABET } from "./byte-alphabet.js";
import { CharTokenizer } from "./char-tokenizer.js";
import { defaultWordCount, keepCommonest, type PieceLimits, requireTwo } from "./choose-pieces.js";
import { compareCodePoints } from "./code-points.js";
import { countCharacters, countPreTokens, countWords, type TextChunks } from "./count-pieces.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer, TokenizerKind } from "./tokenizer.js";
import type { WordMode } from "./word-splitter.js";
import { WordTokenizer } from "./word-tokenizer.js";

/** Ranges and defaults are those of options/text-options.ts, which docs/options.md lists. */
export interface TokenizerOptions {
  /**
   * Most tokens, special ones and bpe's 256 bytes counted. Characters and words are kept by count, equal counts by code
   * point.
   */
  readonly vocabSize?: number;
  /**
   * Characters or words seen fewer times become `<unk>`; bpe merges no rarer pair. The default of words leaves some out
   * so that `<unk>` is learned; all are kept where `<unk>` is in the training text anyhow (it stands there, or `vocabSize`
   * leaves words out) and where more than half of the text would be left out.
   */
  readonly minCount?: number;
  /** How words are found. Only for kind "word". */
  readonly wordMode?: WordMode;
  /** For independent lines: `<bos>` and `<eos>` are tokens, the newline is none. */
  readonly lines?: boolean;
  /** An error that it throws ends the work. */
  readonly onProgress?: (progress: TokenizerProgress) => void;
  /** Called with notices about the vocabulary, in whole sentences. */
  readonly onNotice?: (message: string) => void;
}

export interface TokenizerProgress {
  /** Reading: UTF-16 units of text so far. Merging (bpe): tokens learned of those wanted. */
  readonly stage: "reading" | "merging";
  readonly done: number;
  /** Unknown while reading. */
  readonly total: number | undefined;
}

/**
 * A tokenizer for the text. Chunks may be cut anywhere; how does not matter.
 * @throws UserError: a text with fewer than two distinct pieces, an option that makes no sense
 */
export async function trainTokenizer(
  kind: TokenizerKind,
  chunks: TextChunks,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  checkTokenizerOptions(kind, options);
  if (!isIterable(chunks))
    refuseArgument("The text to learn from", chunks, "give the strings that it consists of, in a list");
  if (kind === "char") return trainChar(chunks, options);
  if (kind === "word") return trainWord(chunks, options);
  return trainBytePairs(chunks, options);
}

async function trainChar(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
  const { lines = false } = options;
  const counts = await countCharacters(chunks, onRead(options));
  if (lines) counts.delete("\n");
  const kept = keepCommonest(counts, limitsOf("char", options)).toSorted(compareCodePoints);
  requireTwo(kept.length, counts.size, "character", options.minCount ?? TOKENIZER_OPTIONS.minCount.default);
  return new CharTokenizer({ characters: kept, lines });
}

async function trainWord(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
  const { lines = false, wordMode: mode = "whitespace", onNotice = () => {} } = options;
  const { counts, forgetful } = await countWords(chunks, mode, onRead(options));
  noticeEnds(counts, lines, onNotice);
  for (const token of lines ? [BOS, EOS] : [EOS]) counts.delete(token);
  const limits = limitsOf("word", options);
  const minCount = options.minCount ?? defaultWordCount(counts, limits, onNotice);
  if (forgetful && options.vocabSize === undefined && minCount === 1) {
    throw new UserError({
      problem: "The text has millions of distinct words, too many for a vocabulary of all of them",
      advice: sentence`limit it by ${option("vocabSize")} or ${option("minCount")}`,
    });
  }
  counts.delete(UNKNOWN);
  const kept = keepCommonest(counts, { ...limits, minCount });
  requireTwo(kept.length, counts.size, "word", minCount);
  return new WordTokenizer({ mode, words: kept, lines });
}

/** A text that contains our tokens for ends of lines was usually prepared so; a notice says how they are read. */
function noticeEnds(
  counts: ReadonlyMap<string, number>,
  lines: boolean,
  onNotice: (message: string) => void,
): void {
  for (const [token, meaning] of [
    [EOS, lines ? "the end of its line" : "the end of a line, as a newline is"],
    ...(lines ? [[BOS, "the beginning of a line"] as const] : []),
  ] as const) {
    const count = counts.get(token);
    if (count === undefined) continue;
    const times = count === 1 ? "once" : `${count.toLocaleString("en-US")} times`;
    onNotice(
      `${token} stands in the text as a word ${times}: it is read as ${meaning}. If it should be a word like others, write it in another way.`,
    );
  }
}

async function trainBytePairs(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
  const { lines = false } = options;
  const counts = await countPreTokens(chunks, lines, onRead(options));
  const bytes = new Set<number>();
  const utf8 = new TextEncoder();
  for (const [preToken] of counts.entries()) for (const byte of utf8.encode(preToken)) bytes.add(byte);
  requireTwo(bytes.size, bytes.size, "byte", 1);
  const { trainBpe } = await loadPart(import("./bpe-trainer.js"));
  const learned = await trainBpe(counts.entries(), {
    newTokens:
      (options.vocabSize ?? TOKENIZER_OPTIONS.vocabSize.defaultBy.tokenizer.bpe) -
      reservedTokens("bpe", lines),
    minCount: options.minCount ?? TOKENIZER_OPTIONS.minCount.defaultBy.tokenizer.bpe,
    onProgress: (done, total) => options.onProgress?.({ stage: "merging", done, total }),
  });
  return new BpeTokenizer({ ...learned, lines });
}

function onRead({ onProgress }: TokenizerOptions): (units: number) => void {
  return (done) => onProgress?.({ stage: "reading", done, total: undefined });
}

function limitsOf(
  kind: TokenizerKind,
  { vocabSize, minCount, lines = false }: TokenizerOptions,
): PieceLimits {
  return { vocabSize, minCount, reserved: reservedTokens(kind, lines) };
}

/** Number of tokens that every vocabulary of this kind begins with. */
function reservedTokens(kind: TokenizerKind, lines: boolean): number {
  if (kind === "char") return lines ? 3 : 1;
  if (kind === "word") return lines ? 3 : 2;
  return BYTE_ALPHABET.length + (lines ? 2 : 0);
}

function checkTokenizerOptions(kind: TokenizerKind, options: TokenizerOptions): void {
  checkValue("tokenizer", kind, TOKENIZER_OPTIONS.tokenizer);
  checkOptions("trainTokenizer", options, TRAIN_TOKENIZER_OPTIONS);
  checkBelonging({ ...options, tokenizer: kind }, TOKENIZER_OPTIONS);
  const { vocabSize } = options;
  const reserved = reservedTokens(kind, options.lines ?? false);
  const least = kind === "bpe" ? reserved : reserved + 2;
  if (vocabSize !== undefined && vocabSize < least) {
    throw new UserError({
      option: "vocabSize",
      problem: sentence`${option("vocabSize")} is ${vocabSize}, too few for ${option("tokenizer", kind)}`,
      advice: `give a whole number of tokens from ${least} on`,
    });
  }
}
