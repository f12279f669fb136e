/**
 * Where a model is surprised. With p the model's distribution over what comes next and x what came:
 *
 *   surprisal  s = −log₂ p(x)                entropy  H = −Σ_v p(v) log₂ p(v)
 *
 * in bits. H is what the model expects s to be. Where its probabilities are right, s is H in the mean; tokens with s far above H
 * are those of which it was sure and wrong.
 */
import type { Floats } from "../../engine/engine.js";
import { Greatest } from "../../greatest.js";
import type { LanguageModel } from "../../model/language-model.js";
import type { LookText } from "../look-text.js";
import { readText, type ReadRows, type ReadingOptions } from "../read-text.js";
import { sortings } from "../token-kinds.js";
import { Calibration, type CalibrationData } from "./calibration.js";
import { EntropyBins, type EntropyBin } from "./entropy-bins.js";

/** Tokens that are told one by one, at most; sums are over all. */
export const MOST_MAPPED = 4000;
/** Alternatives that are told of each, and places in the lists of the hardest. */
const EXPECTED = 6;
const LISTED = 12;
/** Characters before a place that are told with it. */
const BEFORE = 60;

/** A token that might have come. */
export interface Expected {
  readonly text: string;
  readonly probability: number;
}

export interface MappedToken {
  /** What it adds to the text. */
  readonly text: string;
  /** s and H in bits; null of a first token that nothing predicts. */
  readonly surprisal: number | null;
  readonly entropy: number | null;
  /** The most probable ones in its place, the most probable first. */
  readonly expected: readonly Expected[];
}

export interface HardPlace extends MappedToken {
  /** The number of the token in the text, from 0 on. */
  readonly place: number;
  /** The text before it, its last characters. */
  readonly before: string;
  readonly surprisal: number;
  readonly entropy: number;
}

/** Tokens of a kind: how many, mean s and H in bits with the standard error of s, and their part of all bits. */
export interface KindLoss {
  readonly name: string;
  readonly tokens: number;
  readonly surprisal: number;
  readonly error: number;
  readonly entropy: number;
  readonly share: number;
}

export interface Surprise {
  /** Tokens that are predicted, and characters of the whole text. */
  readonly tokens: number;
  readonly characters: number;
  /** Sums in bits: of s and of H. */
  readonly bits: number;
  readonly expectedBits: number;
  readonly bitsPerCharacter: number;
  readonly perplexity: number;
  /** The first tokens of the text, and how many more there are. */
  readonly map: readonly MappedToken[];
  readonly leftOut: number;
  /** The places with the greatest s. */
  readonly hardest: readonly HardPlace[];
  /** The places with the greatest s − H: the model was sure of something else. */
  readonly overconfident: readonly HardPlace[];
  readonly kinds: readonly { readonly name: string; readonly kinds: readonly KindLoss[] }[];
  readonly calibration: CalibrationData;
  /** Mean s of tokens of like H. */
  readonly byEntropy: readonly EntropyBin[];
}

/** @throws as `readText` */
export async function surprise(
  model: LanguageModel,
  text: LookText,
  display: (id: number) => string,
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Surprise> {
  const gathering = new Gathering(text, model.vocabulary, display);
  await readText(model, text, { ...options, distributions: true }, (rows) => gathering.add(rows));
  return gathering.result();
}

class Gathering {
  readonly #text: LookText;
  readonly #display: (id: number) => string;
  readonly #p: Float64Array;
  readonly #sortings;
  readonly #sums: Sum[][];
  readonly #all = new Sum();
  readonly #calibration = new Calibration();
  readonly #byEntropy = new EntropyBins();
  readonly #hardest = new Greatest<HardPlace>(LISTED);
  readonly #overconfident = new Greatest<HardPlace>(LISTED);
  readonly #map: MappedToken[];

  constructor(text: LookText, vocabulary: number, display: (id: number) => string) {
    this.#text = text;
    this.#display = display;
    this.#p = new Float64Array(vocabulary);
    this.#sortings = sortings(text.pieces);
    this.#sums = this.#sortings.map(({ kinds }) => kinds.map(() => new Sum()));
    this.#map = text.pieces.slice(0, MOST_MAPPED).map((piece) => ({
      text: piece,
      surprisal: null,
      entropy: null,
      expected: [],
    }));
  }

  add({ count, predicted, logits, logProbabilities }: ReadRows): void {
    for (let n = 0; n < count; n++) {
      const place = predicted[n]!;
      if (place < 0) continue;
      const { entropy, best } = this.#distribution(logits(n));
      const s = -logProbabilities[n]! / Math.LN2;
      this.#all.add(s, entropy);
      for (const [i, { of }] of this.#sortings.entries())
        if (of[place]! >= 0) this.#sums[i]![of[place]!]!.add(s, entropy);
      this.#calibration.add(this.#p[best]!, best === this.#text.ids[place]);
      this.#byEntropy.add(entropy, s);
      this.#list(place, s, entropy);
    }
  }

  /** p of a row of logits, its entropy in bits and the most probable token; of equals the lowest. */
  #distribution(x: Floats): { entropy: number; best: number } {
    const p = this.#p;
    const V = p.length;
    let best = 0;
    for (let v = 1; v < V; v++) if (x[v]! > x[best]!) best = v;
    const max = x[best]!;
    let sum = 0;
    // H = log₂ Z − Σ_v p(v) (x_v − max) / ln 2, with Z = Σ_v e^{x_v − max}
    let weighted = 0;
    for (let v = 0; v < V; v++) {
      const shifted = x[v]! - max;
      const e = Math.exp(shifted);
      p[v] = e;
      sum += e;
      if (e > 0) weighted += e * shifted;
    }
    for (let v = 0; v < V; v++) p[v]! /= sum;
    return { entropy: Math.max(0, (Math.log(sum) - weighted / sum) / Math.LN2), best };
  }

  /** Told one by one: on the map, and where it is among the hardest. */
  #list(place: number, surprisal: number, entropy: number): void {
    const over = surprisal - entropy;
    const mapped = place < this.#map.length;
    const listed = surprisal > this.#hardest.least || over > this.#overconfident.least;
    if (!mapped && !listed) return;
    const { pieces } = this.#text;
    const token = { text: pieces[place]!, surprisal, entropy, expected: this.#expected() };
    if (mapped) this.#map[place] = token;
    if (!listed) return;
    const hard = { ...token, place, before: this.#before(place) };
    this.#hardest.add(hard, surprisal);
    this.#overconfident.add(hard, over);
  }

  #expected(): Expected[] {
    const best = new Greatest<number>(EXPECTED);
    for (let id = 0; id < this.#p.length; id++) best.add(id, this.#p[id]!);
    return best.found.map(({ item, score }) => ({ text: this.#display(item), probability: score }));
  }

  #before(place: number): string {
    let before = "";
    for (let n = place - 1; n >= 0 && before.length < BEFORE; n--) before = this.#text.pieces[n]! + before;
    // No half of a character at its beginning.
    return before.slice(-BEFORE).replace(/^[\udc00-\udfff]/, "");
  }

  result(): Surprise {
    const { pieces } = this.#text;
    const all = this.#all;
    const characters = pieces.reduce((sum, piece) => sum + [...piece].length, 0);
    return {
      tokens: all.count,
      characters,
      bits: all.bits,
      expectedBits: all.entropy,
      bitsPerCharacter: all.bits / Math.max(1, characters),
      perplexity: 2 ** (all.bits / Math.max(1, all.count)),
      map: this.#map,
      leftOut: pieces.length - this.#map.length,
      hardest: this.#hardest.found.map(({ item }) => item),
      overconfident: this.#overconfident.found.map(({ item }) => item),
      kinds: this.#sortings.map(({ name, kinds }, i) => ({
        name,
        kinds: kinds.flatMap((kind, k) => {
          const sum = this.#sums[i]![k]!;
          return sum.count === 0 ? [] : [{ name: kind, ...sum.told(all.bits) }];
        }),
      })),
      calibration: this.#calibration.data(),
      byEntropy: this.#byEntropy.data(),
    };
  }
}

/** Sums of surprisal and entropy over some tokens. */
class Sum {
  count = 0;
  bits = 0;
  entropy = 0;
  #squares = 0;

  add(s: number, entropy: number): void {
    this.count++;
    this.bits += s;
    this.entropy += entropy;
    this.#squares += s * s;
  }

  told(allBits: number): Omit<KindLoss, "name"> {
    const { count, bits } = this;
    const mean = bits / count;
    // Standard error of the mean, the tokens taken as independent.
    const variance = count > 1 ? Math.max(0, this.#squares - count * mean * mean) / (count - 1) : 0;
    return {
      tokens: count,
      surprisal: mean,
      error: Math.sqrt(variance / count),
      entropy: this.entropy / count,
      share: allBits > 0 ? bits / allBits : 0,
    };
  }
}
