/** A word to the person where an n-gram model knows little of a text: it says nothing of such a text, and gives no error. */

/** Part of the words from which on it is told. */
const TOO_MANY = 0.5;

/**
 * The sentence for a person; undefined where most words are known.
 * @param unknown how many of the words are out of the vocabulary
 * @param noun of them, in the plural
 */
export function unknownNotice(unknown: number, words: number, noun: string): string | undefined {
  if (unknown <= TOO_MANY * words) return undefined;
  const [of, all] = [unknown, words].map((count) => count.toLocaleString("en-US"));
  return `The n-gram model does not know ${of} of the ${all} ${noun}: most likely its text is spelled in another way, such as in other case, or cut in another way.`;
}
