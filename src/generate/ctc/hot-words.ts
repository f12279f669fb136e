/** Words and phrases that are expected: a text that has one gets a bonus, and while it is being heard a part of it. */

export class HotWords {
  readonly #phrases: readonly { readonly text: string; readonly words: number }[];
  readonly #weight: number;

  /** @param phrases words with one space between them */
  constructor(phrases: readonly string[], weight: number) {
    const plain = phrases.map((phrase) => phrase.split(/\s+/u).filter((word) => word !== ""));
    this.#phrases = plain
      .filter((words) => words.length > 0)
      .map((words) => ({
        text: words.join(" "),
        words: words.length,
      }));
    this.#weight = weight;
  }

  /** The bonus of the phrases that end with the last word of a text. */
  ending(text: string): number {
    let count = 0;
    for (const { text: phrase } of this.#phrases) if (text === phrase || text.endsWith(` ${phrase}`)) count++;
    return count * this.#weight;
  }

  /** The part of a bonus that a text's end has earned, by which beams are compared; it is none of the final score. */
  begun(text: string, open: boolean): number {
    let most = 0;
    for (const { text: phrase, words } of this.#phrases) {
      let start = text.length;
      for (let n = 0; n < words && start > 0; n++) {
        start = text.lastIndexOf(" ", start - 2) + 1;
        const end = text.slice(start);
        if (phrase.startsWith(open ? end : `${end} `)) most = Math.max(most, end.length / phrase.length);
      }
    }
    return most * this.#weight;
  }
}
