/** Makes a tokenizer from a text that is read once, in chunks. */
import { isIterable, refuseArgument } from "../../argument-checks.js";
import { option, sentence, UserError } from "../../errors.js";
import { loadPart } from "../../load-part.js";
import { checkBelonging, checkOptions, checkValue } from "../../options/check.js";
import { TOKENIZER_OPTIONS, TRAIN_TOKENIZER_OPTIONS } from "../../options/text-options.js";
import { CharTokenizer } from "./char-tokenizer.js";
import { keepCommonest, requireTwo } from "./choose-pieces.js";
import { compareCodePoints } from "./code-points.js";
import { countCharacters, type TextChunks } from "./count-pieces.js";
import { limitsOf, onRead, reservedTokens, type TokenizerOptions } from "./learning-options.js";
import type { Tokenizer, TokenizerKind } from "./tokenizer.js";

export type { TokenizerOptions, TokenizerProgress } from "./learning-options.js";

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
  const { trainWord, trainBytePairs } = await loadPart(import("./learn-words-and-bytes.js"));
  return kind === "word" ? trainWord(chunks, options) : trainBytePairs(chunks, options);
}

async function trainChar(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
  const { lines = false } = options;
  const counts = await countCharacters(chunks, onRead(options));
  if (lines) counts.delete("\n");
  const kept = keepCommonest(counts, limitsOf("char", options)).toSorted(compareCodePoints);
  requireTwo(kept.length, counts.size, "character", options.minCount ?? TOKENIZER_OPTIONS.minCount.default);
  return new CharTokenizer({ characters: kept, lines });
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
