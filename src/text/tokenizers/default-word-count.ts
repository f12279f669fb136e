/**
 * How often a word has to occur for a vocabulary to keep it, where nobody says.
 *
 * Other pieces are read as `<unk>`, and a model learns how probable that is only if `<unk>` occurs in the training
 * text. With a vocabulary of every word it does not: each word that is new in another text then costs as much as the
 * rarest token (in a book a tenth of the words, 15 bits each). So words that stand only once are left out by default,
 * as in the Penn Treebank and in WikiText, unless `<unk>` is in the training text anyhow. Characters are all kept:
 * hardly any is new in another text of the same language.
 */
import { TOKENIZER_OPTIONS } from "../../options/text-options.js";
import type { PieceLimits } from "./choose-pieces.js";
import { UNKNOWN } from "./special-tokens.js";

/** Default: words that occur fewer times become `<unk>`. */
const WORD_MIN_COUNT = TOKENIZER_OPTIONS.minCount.defaultBy.tokenizer.word;

/** Where leaving out the words that stand once would leave out more of the text than this, all words are kept. */
const MOST_LEFT_OUT = 0.5;

/**
 * The default least count of words.
 * @param counts of the words and of `<unk>`, where it stands in the text
 * @param onNotice called with the reason where words that occur once are kept although `<unk>` then does not occur
 */
export function defaultWordCount(
  counts: ReadonlyMap<string, number>,
  { vocabSize, reserved }: PieceLimits,
  onNotice: (message: string) => void,
): number {
  if (counts.has(UNKNOWN) || counts.size > (vocabSize ?? Infinity) - reserved) return 1;
  let once = 0;
  let all = 0;
  let common = 0;
  for (const count of counts.values()) {
    all += count;
    if (count < WORD_MIN_COUNT) once += count;
    else common++;
  }
  if (common >= 2 && once <= MOST_LEFT_OUT * all) return WORD_MIN_COUNT;
  if (once === 0) return 1;
  onNotice(
    `${((100 * once) / all).toFixed(0)} % of the text is words that stand in it only once, too many to leave out, so all words are kept; words that are new in another text will cost many bits each. A longer text, or a bpe tokenizer, does better.`,
  );
  return 1;
}
