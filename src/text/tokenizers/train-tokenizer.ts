/** Makes a tokenizer from a text that is read once, in chunks. */
import { option, sentence, UserError } from "../../errors.js";
import { checkBelonging, checkOptions, checkValue } from "../../options/check.js";
import { TOKENIZER_OPTIONS, TRAIN_TOKENIZER_OPTIONS } from "../../options/shared-options.js";
import { BpeTokenizer } from "./bpe-tokenizer.js";
import { trainBpe } from "./bpe-trainer.js";
import { BYTE_ALPHABET } from "./byte-alphabet.js";
import { CharTokenizer } from "./char-tokenizer.js";
import { compareCodePoints, hasLoneSurrogate, isHighSurrogate } from "./code-points.js";
import { HeldText } from "./held-text.js";
import type { LastCut } from "./held-text.js";
import { PieceCounts } from "./piece-counts.js";
import { forEachPreToken, lastPreTokenCut } from "./pre-tokens.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer, TokenizerKind } from "./tokenizer.js";
import { forEachWord, lastWordCut } from "./word-splitter.js";
import type { WordMode } from "./word-splitter.js";
import { WordTokenizer } from "./word-tokenizer.js";

export interface TokenizerOptions {
  /**
   * Most tokens, special ones and bpe's 256 bytes counted. Default: bpe 4096, char and word all there are. Characters
   * and words are kept by count, equal counts by code point.
   */
  readonly vocabSize?: number;
  /** Characters or words seen fewer times become `<unk>` (default 1); bpe merges no rarer pair (default 2). */
  readonly minCount?: number;
  /** How words are found; default "whitespace". Only for kind "word". */
  readonly wordMode?: WordMode;
  /** For independent lines: `<bos>` and `<eos>` are tokens, the newline is none. Default false. */
  readonly lines?: boolean;
  /** What it throws ends the work. */
  readonly onProgress?: (progress: TokenizerProgress) => void;
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
  chunks: AsyncIterable<string> | Iterable<string>,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  checkTokenizerOptions(kind, options);
  const lines = options.lines ?? false;
  const reserved = reservedTokens(kind, lines);
  if (kind === "char") {
    const counts = await countCharacters(chunks, lines, options);
    const kept = keepCommonest(counts.entries(), reserved, options).toSorted(compareCodePoints);
    requireTwo(kept.length, counts.size, "character", options);
    return new CharTokenizer({ characters: kept, lines });
  }
  if (kind === "word") {
    const mode = options.wordMode ?? "whitespace";
    const counts = await countWords(chunks, mode, options);
    const kept = keepCommonest(counts.entries(), reserved, options);
    requireTwo(kept.length, counts.size, "word", options);
    return new WordTokenizer({ mode, words: kept, lines });
  }
  const counts = await countPreTokens(chunks, lines, options);
  const bytes = new Set<number>();
  const utf8 = new TextEncoder();
  for (const [preToken] of counts.entries()) for (const byte of utf8.encode(preToken)) bytes.add(byte);
  requireTwo(bytes.size, bytes.size, "byte", options);
  const learned = await trainBpe(counts.entries(), {
    newTokens: (options.vocabSize ?? TOKENIZER_OPTIONS.vocabSize.defaultBy.tokenizer.bpe) - reserved,
    minCount: options.minCount ?? TOKENIZER_OPTIONS.minCount.defaultBy.tokenizer.bpe,
    onProgress: (done, total) => options.onProgress?.({ stage: "merging", done, total }),
  });
  return new BpeTokenizer({ ...learned, lines });
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

/** The chunks as texts that may be taken on their own. */
async function* wholeTexts(
  chunks: AsyncIterable<string> | Iterable<string>,
  lastCut: LastCut,
  options: TokenizerOptions,
): AsyncGenerator<string> {
  const held = new HeldText(lastCut);
  let done = 0;
  for await (const chunk of chunks) {
    yield held.push(chunk);
    done += chunk.length;
    options.onProgress?.({ stage: "reading", done, total: undefined });
  }
  yield held.end();
}

async function countCharacters(
  chunks: AsyncIterable<string> | Iterable<string>,
  lines: boolean,
  options: TokenizerOptions,
): Promise<Map<string, number>> {
  const counts = new Float64Array(0x110000);
  const beforeHalf: LastCut = (text) => {
    const last = text.length - 1;
    return isHighSurrogate(text.charCodeAt(last)) ? last : last + 1;
  };
  for await (const text of wholeTexts(chunks, beforeHalf, options)) {
    for (let i = 0; i < text.length; i++) {
      const codePoint = text.codePointAt(i)!;
      counts[codePoint]!++;
      if (codePoint > 0xffff) i++;
    }
  }
  if (lines) counts[0x0a] = 0;
  const found = new Map<string, number>();
  counts.forEach((count, codePoint) => {
    if (count === 0 || (codePoint >= 0xd800 && codePoint <= 0xdfff)) return;
    found.set(String.fromCodePoint(codePoint), count);
  });
  return found;
}

async function countWords(
  chunks: AsyncIterable<string> | Iterable<string>,
  mode: WordMode,
  options: TokenizerOptions,
): Promise<Map<string, number>> {
  const counts = new PieceCounts();
  for await (const text of wholeTexts(chunks, lastWordCut, options)) {
    forEachWord(text, mode, (word) => counts.add(word));
  }
  if (counts.forgetful && options.vocabSize === undefined && (options.minCount ?? 1) === 1) {
    throw new UserError(
      "The text has millions of distinct words, too many for a vocabulary of all of them; limit it by a vocabulary size or a least count.",
    );
  }
  const found = new Map(counts.entries());
  const special = options.lines ? [UNKNOWN, BOS, EOS] : [UNKNOWN, EOS];
  for (const token of special) found.delete(token);
  for (const word of found.keys()) if (hasLoneSurrogate(word)) found.delete(word);
  return found;
}

async function countPreTokens(
  chunks: AsyncIterable<string> | Iterable<string>,
  lines: boolean,
  options: TokenizerOptions,
): Promise<PieceCounts> {
  const counts = new PieceCounts();
  for await (const text of wholeTexts(chunks, lastPreTokenCut, options)) {
    // Each line is later encoded on its own, so no pre-token may reach over its end.
    for (const part of lines ? text.split("\n") : [text]) {
      forEachPreToken(part, (preToken) => counts.add(preToken));
    }
  }
  return counts;
}

/** Pieces by falling count, equal counts by code point, as many as the options allow. */
function keepCommonest(
  counts: Iterable<readonly [string, number]>,
  reserved: number,
  options: TokenizerOptions,
): string[] {
  const least = options.minCount ?? 1;
  const common = [...counts].filter(([, count]) => count >= least);
  common.sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b));
  const room = (options.vocabSize ?? Infinity) - reserved;
  return common.slice(0, room).map(([piece]) => piece);
}

function requireTwo(kept: number, found: number, noun: string, options: TokenizerOptions): void {
  if (kept >= 2) return;
  if (found === 0) throw new UserError(`The text has not one ${noun} to learn from; give a text with more.`);
  if (found === 1) {
    throw new UserError(
      `The text has only one distinct ${noun}, so there is nothing to learn; give a text with more.`,
    );
  }
  throw new UserError(
    `Of the ${found} distinct ${noun}s in the text, ${kept === 0 ? "none occurs" : "only one occurs"} ${options.minCount} times or more; give a smaller least count.`,
  );
}
