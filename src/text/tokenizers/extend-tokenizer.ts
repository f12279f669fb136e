/**
 * Adds to a tokenizer the characters or words of a text that it lacks. The tokens that it has keep their ids; new ones
 * come after them. A part that is loaded when it is first used.
 */
import { option, sentence, UserError } from "../../errors.js";
import { TOKENIZER_OPTIONS } from "../../options/text-options.js";
import { CharTokenizer } from "./char-tokenizer.js";
import { keepCommonest, type PieceLimits } from "./choose-pieces.js";
import { compareCodePoints } from "./code-points.js";
import { countCharacters, type TextChunks } from "./count-pieces.js";
import { countWords } from "./count-words.js";
import { reservedTokens } from "./learning-options.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer } from "./tokenizer.js";
import { WordTokenizer } from "./word-tokenizer.js";

/**
 * `vocabSize` limits the whole, old and new; `minCount`: how often a piece has to occur in this text to be added.
 * Default: words twice, so that `<unk>` stands in the text, too; characters once.
 */
export interface ExtendOptions {
  readonly vocabSize?: number | undefined;
  readonly minCount?: number | undefined;
}

/**
 * @param chunks the text, which is read only where a tokenizer can lack something: byte pairs write every text
 * @returns the tokenizer itself where it lacks nothing
 * @throws UserError where the limits leave no room for the tokens that there are, or have no effect
 */
export async function extendTokenizer(
  tokenizer: Tokenizer,
  chunks: TextChunks,
  options: ExtendOptions = {},
): Promise<Tokenizer> {
  checkLimits(tokenizer, options);
  if (tokenizer instanceof CharTokenizer) {
    const counts = await countCharacters(chunks, () => {});
    if (tokenizer.bosId !== undefined) counts.delete("\n");
    const added = missing(tokenizer, counts, {
      vocabSize: options.vocabSize,
      minCount: options.minCount,
    }).toSorted(compareCodePoints);
    if (added.length === 0) return tokenizer;
    return new CharTokenizer({ characters: [...piecesOf(tokenizer), ...added], lines: isOfLines(tokenizer) });
  }
  if (tokenizer instanceof WordTokenizer) {
    const { minCount = TOKENIZER_OPTIONS.minCount.defaultBy.tokenizer.word, vocabSize } = options;
    const { mode } = tokenizer;
    const { counts, forgetful } = await countWords(chunks, mode, () => {});
    if (forgetful && vocabSize === undefined && minCount === 1) {
      throw new UserError({
        problem: "The text has millions of distinct words, too many to add all of them",
        advice: sentence`limit them by ${option("vocabSize")} or ${option("minCount")}`,
      });
    }
    for (const token of [UNKNOWN, BOS, EOS]) counts.delete(token);
    const added = missing(tokenizer, counts, { vocabSize, minCount });
    if (added.length === 0) return tokenizer;
    return new WordTokenizer({
      mode,
      words: [...piecesOf(tokenizer), ...added],
      lines: isOfLines(tokenizer),
    });
  }
  return tokenizer;
}

const isOfLines = ({ bosId }: Tokenizer): boolean => bosId !== undefined;

/** The commonest pieces of a text that a tokenizer lacks, as many as the limits allow. */
function missing(
  tokenizer: Tokenizer,
  counts: ReadonlyMap<string, number>,
  { vocabSize, minCount }: Pick<PieceLimits, "vocabSize" | "minCount">,
): string[] {
  const known = new Set(piecesOf(tokenizer));
  const lacking = new Map([...counts].filter(([piece]) => !known.has(piece)));
  return keepCommonest(lacking, { vocabSize, minCount, reserved: tokenizer.size });
}

/** The characters or words of a tokenizer in the order of their ids, without special tokens. */
function piecesOf(tokenizer: Tokenizer): string[] {
  const first = reservedTokens(tokenizer.kind, isOfLines(tokenizer));
  return Array.from({ length: tokenizer.size - first }, (_, i) => tokenizer.spelling(first + i)!);
}

function checkLimits({ kind, size }: Tokenizer, { vocabSize, minCount }: ExtendOptions): void {
  if (vocabSize !== undefined && vocabSize < size) {
    throw new UserError({
      option: "vocabSize",
      problem: sentence`${option("vocabSize", vocabSize)} is fewer than the ${size} tokens of the model to begin with, which it keeps`,
      advice: `give ${size} or more, or leave it out`,
    });
  }
  if (kind !== "bpe") return;
  const [name, value] = minCount === undefined ? ["vocabSize", vocabSize] : ["minCount", minCount];
  if (value === undefined || (name === "vocabSize" && vocabSize === size)) return;
  throw new UserError({
    option: name as string,
    problem: sentence`${option(name as string, value)} has no effect on the byte pairs of the model to begin with, which write every text as they are`,
    advice: "leave it out",
  });
}
