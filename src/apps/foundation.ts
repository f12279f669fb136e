/** What was tuned on more is not replaced unasked. */
import { option, sentence, UserError } from "../errors.js";

/** What a tuning rests on. */
export interface Foundation {
  /** Tokens that it read. */
  readonly tokens: number;
  /** Options that were given, and so not looked for. */
  readonly fixed?: readonly string[];
}

/**
 * @param what was tuned, as messages name it: "cache+dynamic"
 * @throws UserError where this tuning reads fewer tokens than the one that is kept, or has something fixed that was looked
 *   for there
 */
export function checkFoundation(what: string, kept: Foundation, { tokens, fixed = [] }: Foundation): void {
  const more = fixed.find((name) => !kept.fixed?.includes(name));
  if (tokens >= kept.tokens && more === undefined) return;
  const difference =
    more === undefined
      ? sentence`of this text ${String(tokens)} are read`
      : sentence`this time ${option(more)} would be fixed`;
  throw new UserError({
    option: more ?? "tuneTokens",
    problem: sentence`The model keeps ${what}, tuned on ${String(kept.tokens)} tokens, and ${difference}`,
    advice: sentence`tune on as many with nothing fixed, or replace what is kept with ${option("overwrite")}`,
  });
}
