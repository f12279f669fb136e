/**
 * Learns byte-pair merges (Sennrich et al. 2016, algorithm 1) from counted pre-tokens: the commonest neighbouring pair
 * is merged again and again. Pairs keep their counts and places, and a merge changes only those beside it, so that the
 * time goes with the number of changes and not with text × merges.
 */
import { Turns } from "../../breathe.js";
import { BYTE_ALPHABET, RANK_OF_BYTE } from "./byte-alphabet.js";
import { PairCounts } from "./pair-counts.js";

export interface BpeTraining {
  /** Tokens wanted beyond the 256 bytes. */
  readonly newTokens: number;
  /** A pair seen fewer times than this is not merged. */
  readonly minCount: number;
  /** Called with the tokens learned so far now and then, and at the end; an error that it throws ends the work. */
  readonly onProgress?: ((done: number, wanted: number) => void) | undefined;
}

/** The learned part of a `BpeVocabulary`; tokens are written in the byte alphabet. */
export interface LearnedMerges {
  readonly tokens: string[];
  readonly merges: [string, string][];
}

/**
 * The merges of some pre-tokens with their counts. Equal counts go to the pair with the smaller ids (left first), so the
 * order of the pre-tokens does not matter. Fewer tokens come back when no pair is left that is common enough. Others have
 * their turn meanwhile.
 */
export async function trainBpe(
  preTokens: Iterable<readonly [string, number]>,
  training: BpeTraining,
): Promise<LearnedMerges> {
  const symbols = new Symbols(preTokens);
  const texts = [...BYTE_ALPHABET];
  const idOfText = new Map(texts.map((text, id) => [text, id]));
  const merges: [string, string][] = [];
  const wanted = texts.length + training.newTokens;
  const report = () => training.onProgress?.(texts.length - BYTE_ALPHABET.length, training.newTokens);
  const turns = new Turns();
  while (texts.length < wanted) {
    const pair = symbols.pairs.popCommonest(training.minCount);
    if (pair === undefined) break;
    const left = texts[pair.left]!;
    const right = texts[pair.right]!;
    // Two different pairs can spell the same token: it has one id.
    let id = idOfText.get(left + right);
    if (id === undefined) {
      id = texts.length;
      texts.push(left + right);
      idOfText.set(left + right, id);
    }
    merges.push([left, right]);
    symbols.merge(pair.left, pair.right, id, pair.places);
    if (!turns.due) continue;
    report();
    await turns.give();
  }
  report();
  return { tokens: texts.slice(BYTE_ALPHABET.length), merges };
}

/** All pre-tokens as one array of ids, linked within each pre-token. */
class Symbols {
  readonly pairs = new PairCounts();
  // By place: the id (−1 once merged away), the neighbours in the same pre-token (−1 at its ends), the pre-token.
  readonly #ids: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #owner: Int32Array;
  /** By pre-token: how often it occurs. */
  readonly #weights: number[] = [];

  constructor(preTokens: Iterable<readonly [string, number]>) {
    const utf8 = new TextEncoder();
    const words: Uint8Array[] = [];
    let length = 0;
    for (const [preToken, count] of preTokens) {
      const bytes = utf8.encode(preToken);
      words.push(bytes);
      this.#weights.push(count);
      length += bytes.length;
    }
    this.#ids = new Int32Array(length);
    this.#next = new Int32Array(length);
    this.#previous = new Int32Array(length);
    this.#owner = new Int32Array(length);
    let place = 0;
    words.forEach((bytes, owner) => {
      for (let i = 0; i < bytes.length; i++, place++) {
        this.#ids[place] = RANK_OF_BYTE[bytes[i]!]!;
        this.#next[place] = i + 1 < bytes.length ? place + 1 : -1;
        this.#previous[place] = i > 0 ? place - 1 : -1;
        this.#owner[place] = owner;
        if (i > 0) this.#add(place - 1);
      }
    });
    this.pairs.offerChanged();
  }

  /** Writes `id` for the pair (left, right) wherever it stands, leftmost first where occurrences overlap (aaa). */
  merge(left: number, right: number, id: number, places: number[]): void {
    let ascending = true;
    for (let i = 1; i < places.length && ascending; i++) ascending = places[i - 1]! <= places[i]!;
    if (!ascending) places.sort((a, b) => a - b);
    for (const place of places) {
      const second = this.#next[place]!;
      // The place may have changed since it was noted.
      if (this.#ids[place] !== left || second < 0 || this.#ids[second] !== right) continue;
      const before = this.#previous[place]!;
      const after = this.#next[second]!;
      this.#remove(place);
      if (before >= 0) this.#remove(before);
      if (after >= 0) this.#remove(second);
      this.#ids[place] = id;
      this.#ids[second] = -1;
      this.#next[place] = after;
      this.#next[second] = -1;
      if (after >= 0) {
        this.#previous[after] = place;
        this.#add(place);
      }
      if (before >= 0) this.#add(before);
    }
    this.pairs.offerChanged();
  }

  #add(place: number): void {
    const right = this.#ids[this.#next[place]!]!;
    this.pairs.add(this.#ids[place]!, right, this.#weights[this.#owner[place]!]!, place);
  }

  #remove(place: number): void {
    const right = this.#ids[this.#next[place]!]!;
    this.pairs.remove(this.#ids[place]!, right, this.#weights[this.#owner[place]!]!);
  }
}
