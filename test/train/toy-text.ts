/** A text that a tiny model learns something of: sentences from a small grammar. */
import { Random } from "../../src/engine/random.js";

const SUBJECTS = ["the cat", "a dog", "the old man", "one bird", "the sea"];
const VERBS = ["sees", "hears", "follows", "forgets"];
const OBJECTS = ["the moon", "a ship", "the road", "nothing", "the rain"];

/** `sentences` of them, one a line. */
export function toyText(sentences: number, seed = 1): string {
  const random = new Random(seed);
  const pick = (words: readonly string[]) => words[random.below(words.length)]!;
  return Array.from({ length: sentences }, () => `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}.\n`).join(
    "",
  );
}
