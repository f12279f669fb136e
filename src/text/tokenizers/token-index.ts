/** The tokens of a vocabulary by how they are spelled: which one has a spelling, and which begin with some text. */
import type { Tokenizer } from "./tokenizer.js";

export class TokenIndex {
  /** Ids of the tokens that are spelled, by their spelling; tokens that begin alike lie side by side. */
  readonly sorted: Int32Array;
  /** A text without spaces may be several tokens. */
  readonly spellsParts: boolean;
  /** Tokens are words, with spaces between them. */
  readonly spellsWords: boolean;
  readonly #spellings: readonly (string | undefined)[];

  constructor(tokenizer: Tokenizer) {
    const spellings = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.spelling(id));
    const ids = [...spellings.keys()].filter((id) => (spellings[id] ?? "") !== "");
    ids.sort((a, b) => (spellings[a]! < spellings[b]! ? -1 : 1));
    this.sorted = Int32Array.from(ids);
    this.#spellings = spellings;
    this.spellsParts = tokenizer.kind === "bpe";
    this.spellsWords = tokenizer.kind === "word";
  }

  /** As `spelling`, of all tokens by id. */
  get spellings(): readonly string[] {
    return this.#spellings.map((spelling) => spelling ?? "");
  }

  /** As `Tokenizer.spelling`, "" for tokens that are not spelled. */
  spelling(id: number): string {
    return this.#spellings[id] ?? "";
  }

  /** The token that is spelled so. */
  find(spelling: string): number | undefined {
    const id = this.sorted[this.#first((other) => other >= spelling)];
    return id !== undefined && this.#spellings[id] === spelling ? id : undefined;
  }

  /** The tokens that begin so: those of `sorted` between two places. */
  range(prefix: string): readonly [from: number, to: number] {
    const { length } = prefix;
    return [this.#first((other) => other >= prefix), this.#first((other) => other.slice(0, length) > prefix)];
  }

  /** The first place from which on all spellings are so; the number of them where none is. */
  #first(isSo: (spelling: string) => boolean): number {
    let from = 0;
    let to = this.sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isSo(this.#spellings[this.sorted[middle]!]!)) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
