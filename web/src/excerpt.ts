/** A piece of a text, to try a model on. */

export const EXCERPT_CHARACTERS = 400;
const LINES = 8;
/** Where the part that is held out begins, so that the model has not learned it by heart. */
const HELD_OUT_FROM = 0.9;

/** Whole sentences, or some lines, from the end of a text, which is held out of a running one. */
export function excerptOf(text: string, lines: boolean): string {
  if (lines) return text.trim().split("\n").slice(-LINES).join("\n");
  const from = Math.floor(text.length * HELD_OUT_FROM);
  const rest = text.slice(from, from + 3 * EXCERPT_CHARACTERS);
  const begun = rest.slice(Math.max(0, rest.search(/(?<=[.!?]["’”']?\s+)\p{Lu}|(?<=\n)\S/u)));
  const cut = begun.slice(0, EXCERPT_CHARACTERS);
  return (cut.length < begun.length ? cut.replace(/\s+\S*$/, "") : cut).trim();
}
