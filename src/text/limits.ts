/**
 * How long a text may be that is held in one piece. A string of JavaScript ends somewhere (V8's at 2^29 − 24 UTF-16 units,
 * other engines' later), and long before that it costs memory that a line or a word should not.
 */

/** UTF-16 units of a line that is read as one: a sequence of its own, or a record of JSON Lines. Longer ones are refused. */
export const LONGEST_LINE = 2 ** 27;

/** UTF-16 units of a line that is scored token by token; each token of it takes memory for its answer. */
export const LONGEST_SCORED_LINE = 2 ** 20;

/** UTF-16 units of a text without any place where it may be cut safely (one word); longer ones are cut after so many. */
export const LONGEST_PIECE = 2 ** 20;

/** UTF-16 units of a whole text in memory: what every engine of JavaScript can hold in one string. */
export const LONGEST_TEXT = 2 ** 29 - 24;
