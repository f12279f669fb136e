/**
 * What a model's embedding knows of its tokens: where the frequent ones lie (principal components of their vectors, of which the first
 * two make a map), which are neighbours (cosine of the vectors without their mean), and which tokens stand at the ends of the first
 * components, so that one may see what these mean.
 */
import type { LanguageModel } from "../model/language-model.js";
import { UserError } from "../errors.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { principalComponents } from "../vectors/principal-components.js";
import { dot, lengthOf } from "../vectors/vector-blocks.js";
import { Greatest } from "../greatest.js";
import type { LookText } from "./look-text.js";

/** Tokens at most, components of each, those whose ends are told, tokens at an end, neighbours. */
const TOKENS = 400;
const COMPONENTS = 20;
const TOLD = 5;
const AT_AN_END = 8;
const NEIGHBOURS = 6;
/** A map of fewer is none. */
const FEWEST = 4;

export interface MappedWord {
  readonly text: string;
  /** How often it stands in the text that is looked at. */
  readonly count: number;
  /** Its coordinates by component, the first two first. */
  readonly coordinates: readonly number[];
  /** Numbers of the nearest other tokens in the list, with the cosine, the nearest first. */
  readonly neighbours: readonly { readonly token: number; readonly cosine: number }[];
}

export interface WordComponent {
  /** Its part of the variance of all vectors. */
  readonly share: number;
  /** The tokens with the least and the greatest coordinates, the outermost first. */
  readonly low: readonly string[];
  readonly high: readonly string[];
}

export interface WordMap {
  /** Those that stand in the text, the most frequent first, at most 400. */
  readonly words: readonly MappedWord[];
  readonly components: readonly WordComponent[];
  /** Different tokens of the text that are not on the map. */
  readonly leftOut: number;
}

/** @throws UserError where the text has too few different tokens */
export function wordMap(model: LanguageModel, text: LookText, tokenizer: Tokenizer): WordMap {
  const counts = new Map<number, number>();
  for (const id of text.ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const id of [tokenizer.unknownId, tokenizer.bosId, tokenizer.eosId])
    if (id !== undefined) counts.delete(id);
  const frequent = [...counts].toSorted(([a, n], [b, m]) => m - n || a - b);
  const chosen = frequent.slice(0, TOKENS);
  if (chosen.length < FEWEST)
    throw new UserError(
      `A map of the tokens needs at least ${FEWEST} different ones, and the text has ${chosen.length}; give a longer one.`,
    );
  const E = model.config.embedding;
  const vectors = chosen.map(([id]) =>
    Float64Array.from(model.engine.read(model.embedding.slice(id * E, E))),
  );
  const mean = new Float64Array(E);
  for (const vector of vectors) for (let e = 0; e < E; e++) mean[e]! += vector[e]! / vectors.length;
  for (const vector of vectors) for (let e = 0; e < E; e++) vector[e]! -= mean[e]!;
  // C = Σ v vᵀ
  const C = new Float64Array(E * E);
  for (const vector of vectors)
    for (let i = 0; i < E; i++) for (let j = 0; j < E; j++) C[i * E + j]! += vector[i]! * vector[j]!;
  let variance = 0;
  for (let i = 0; i < E; i++) variance += C[i * E + i]!;
  const axes = principalComponents(C, E, Math.min(COMPONENTS, E, vectors.length - 1)).map(turned);
  const coordinates = vectors.map((vector) => axes.map((axis) => dot(vector, axis)));
  const texts = chosen.map(([id]) => tokenizer.display(id));
  const unit = vectors.map((vector) => {
    const length = lengthOf(vector);
    return length === 0 ? vector : vector.map((x) => x / length);
  });
  return {
    words: chosen.map(([, count], n) => ({
      text: texts[n]!,
      count,
      coordinates: coordinates[n]!,
      neighbours: neighboursOf(unit, n),
    })),
    components: axes.slice(0, TOLD).map((_, c) => {
      const order = Array.from(texts.keys()).toSorted((a, b) => coordinates[a]![c]! - coordinates[b]![c]!);
      const ends = Math.min(AT_AN_END, Math.floor(texts.length / 2));
      return {
        share: variance > 0 ? coordinates.reduce((sum, own) => sum + own[c]! ** 2, 0) / variance : 0,
        low: order.slice(0, ends).map((n) => texts[n]!),
        high: order
          .slice(-ends)
          .toReversed()
          .map((n) => texts[n]!),
      };
    }),
    leftOut: frequent.length - chosen.length,
  };
}

/** The same axis in the direction in which its largest number is above 0, so that a map is never mirrored by chance. */
function turned(axis: Float64Array): Float64Array {
  let largest = 0;
  for (let i = 1; i < axis.length; i++) if (Math.abs(axis[i]!) > Math.abs(axis[largest]!)) largest = i;
  return axis[largest]! < 0 ? axis.map((x) => -x) : axis;
}

function neighboursOf(unit: readonly Float64Array[], own: number): MappedWord["neighbours"] {
  const best = new Greatest<number>(NEIGHBOURS);
  for (const [n, other] of unit.entries()) if (n !== own) best.add(n, dot(unit[own]!, other));
  return best.found.map(({ item, score }) => ({ token: item, cosine: score }));
}
