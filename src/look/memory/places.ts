/** Places of a text at which a model's memory is measured: drawn, each with enough of the text before it. */
import { Random } from "../../engine/random.js";
import { UserError } from "../../errors.js";
import type { LookText } from "../look-text.js";

/** Contexts, in tokens. */
const CONTEXTS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 1000] as const;
/** Places with the whole of a context before them that there have to be for it to be measured. */
const FEWEST = 24;

export interface Places {
  /** Numbers of tokens, ascending. */
  readonly places: readonly number[];
  /** Those contexts that all of them have, ascending. */
  readonly contexts: readonly number[];
}

/**
 * @param count places at most
 * @throws UserError where there is no text long enough
 */
export function drawPlaces({ ids, starts }: LookText, count: number, seed: number): Places {
  const allowed = CONTEXTS.map((context) => placesAfter(ids.length, starts, context));
  const last = allowed.findLastIndex((places) => places.length >= FEWEST);
  if (last < 1)
    throw new UserError(
      `To see how far a model remembers takes at least ${FEWEST} places with ${CONTEXTS[1]} tokens before them in the same line or text; give a longer one.`,
    );
  const random = new Random(seed);
  const drawn = allowed[last]!;
  for (let i = 0; i < Math.min(count, drawn.length); i++) {
    const j = i + Math.floor(random.next() * (drawn.length - i));
    [drawn[i], drawn[j]] = [drawn[j]!, drawn[i]!];
  }
  return { places: drawn.slice(0, count).toSorted((a, b) => a - b), contexts: CONTEXTS.slice(0, last + 1) };
}

/** Tokens that have so many before them in their sequence. */
function placesAfter(tokens: number, starts: readonly number[], context: number): number[] {
  return starts.flatMap((start, i) => {
    const from = start + context;
    const to = starts[i + 1] ?? tokens;
    return from < to ? Array.from({ length: to - from }, (_, n) => from + n) : [];
  });
}
