/** The token that a model reads before the first one of a text, so that the first one is predicted from something. */
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

/**
 * The token before a text: `<bos>` for models of lines; for running text the newline, which ends the line before
 * (`<eos>` among words). Undefined where the vocabulary has no newline.
 */
export function beginningOf(tokenizer: Tokenizer): number | undefined {
  if (tokenizer.bosId !== undefined) return tokenizer.bosId;
  const ids = tokenizer.encode("\n");
  return ids.length === 1 && ids[0] !== tokenizer.unknownId ? ids[0] : undefined;
}

/**
 * A line as a model reads it to score it: `<bos>` line `<eos>` for models of lines, else as it follows a newline, without
 * one of its own at its end. The first id is read and not scored.
 */
export function lineIds(tokenizer: Tokenizer, line: string): Int32Array {
  const first = beginningOf(tokenizer);
  const last = tokenizer.bosId === undefined ? undefined : tokenizer.eosId;
  return Int32Array.from(
    [first, ...tokenizer.encode(line), last].filter((id): id is number => id !== undefined),
  );
}

/** The tokens that a text for people never holds: `<unk>` and `<bos>`. */
export function unwrittenTokens(tokenizer: Tokenizer): number[] {
  return [tokenizer.unknownId, tokenizer.bosId].filter((id) => id !== undefined);
}
