/** Which characters or words a vocabulary keeps: the commonest. See also default-word-count.ts. */
import { option, sentence, UserError } from "../../errors.js";
import { TOKENIZER_OPTIONS } from "../../options/text-options.js";
import { compareCodePoints } from "./code-points.js";

export interface PieceLimits {
  /** Tokens at most, those with a fixed place counted; undefined: any number. */
  readonly vocabSize: number | undefined;
  /** Undefined: the default. */
  readonly minCount: number | undefined;
  /** Tokens with a fixed place. */
  readonly reserved: number;
}

/** Pieces by falling count, equal counts by code point, as many as the limits allow. */
export function keepCommonest(
  counts: ReadonlyMap<string, number>,
  { vocabSize, minCount = TOKENIZER_OPTIONS.minCount.default, reserved }: PieceLimits,
): string[] {
  const common = [...counts].filter(([, count]) => count >= minCount);
  common.sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b));
  const room = (vocabSize ?? Infinity) - reserved;
  return common.slice(0, room).map(([piece]) => piece);
}

/** @throws UserError where fewer than two of the distinct pieces are kept @param noun "character", "word" or "byte" */
export function requireTwo(kept: number, found: number, noun: string, minCount: number): void {
  if (kept >= 2) return;
  if (found === 0)
    throw new UserError(
      `The text is too short: the part of it to learn from has no ${noun}; give a longer text.`,
    );
  if (found === 1) {
    throw new UserError(
      `The text has only one distinct ${noun}, so there is nothing to learn; give a text with more.`,
    );
  }
  const some = kept === 0 ? "none occurs" : "only one occurs";
  throw new UserError({
    option: "minCount",
    problem: `Of the ${found} distinct ${noun}s in the text, ${some} ${minCount} times or more`,
    advice: sentence`give a smaller ${option("minCount")}`,
  });
}
