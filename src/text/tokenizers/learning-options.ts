/** The options of learning a tokenizer, and what follows from them for each kind. */
import { BYTE_ALPHABET } from "./byte-alphabet.js";
import type { PieceLimits } from "./choose-pieces.js";
import type { TokenizerKind } from "./tokenizer.js";
import type { WordMode } from "./word-splitter.js";

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

/** Tells of the text read so far. */
export function onRead({ onProgress }: TokenizerOptions): (units: number) => void {
  return (done) => onProgress?.({ stage: "reading", done, total: undefined });
}

export function limitsOf(
  kind: TokenizerKind,
  { vocabSize, minCount, lines = false }: TokenizerOptions,
): PieceLimits {
  return { vocabSize, minCount, reserved: reservedTokens(kind, lines) };
}

/** Number of tokens that every vocabulary of this kind begins with. */
export function reservedTokens(kind: TokenizerKind, lines: boolean): number {
  if (kind === "char") return lines ? 3 : 1;
  if (kind === "word") return lines ? 3 : 2;
  return BYTE_ALPHABET.length + (lines ? 2 : 0);
}
