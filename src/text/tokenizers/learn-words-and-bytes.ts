/** Tokenizers of words and of byte pairs, made from a text: a part that is loaded when it is first used. */
import { option, sentence, UserError } from "../../errors.js";
import { TOKENIZER_OPTIONS } from "../../options/text-options.js";
import { BpeTokenizer } from "./bpe-tokenizer.js";
import { trainBpe } from "./bpe-trainer.js";
import { keepCommonest, requireTwo } from "./choose-pieces.js";
import type { TextChunks } from "./count-pieces.js";
import { countPreTokens, countWords } from "./count-words.js";
import { defaultWordCount } from "./default-word-count.js";
import { limitsOf, onRead, reservedTokens, type TokenizerOptions } from "./learning-options.js";
import { BOS, EOS, UNKNOWN } from "./special-tokens.js";
import type { Tokenizer } from "./tokenizer.js";
import { WordTokenizer } from "./word-tokenizer.js";

export async function trainWord(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
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

export async function trainBytePairs(chunks: TextChunks, options: TokenizerOptions): Promise<Tokenizer> {
  const { lines = false } = options;
  const counts = await countPreTokens(chunks, lines, onRead(options));
  const bytes = new Set<number>();
  const utf8 = new TextEncoder();
  for (const [preToken] of counts.entries()) for (const byte of utf8.encode(preToken)) bytes.add(byte);
  requireTwo(bytes.size, bytes.size, "byte", 1);
  const learned = await trainBpe(counts.entries(), {
    newTokens:
      (options.vocabSize ?? TOKENIZER_OPTIONS.vocabSize.defaultBy.tokenizer.bpe) -
      reservedTokens("bpe", lines),
    minCount: options.minCount ?? TOKENIZER_OPTIONS.minCount.defaultBy.tokenizer.bpe,
    onProgress: (done, total) => options.onProgress?.({ stage: "merging", done, total }),
  });
  return new BpeTokenizer({ ...learned, lines });
}
