/**
 * Which units are on over a phrase, and where else they are (the question of LSTMVis; Strobelt et al., 2018, arXiv 1606.07461): on is
 * |h| above a threshold with one sign at every token of the phrase. Those that are on before it and after it, too, follow something longer.
 */
import { UserError } from "../../errors.js";
import type { LanguageModel } from "../../model/language-model.js";
import { hiddenSizes } from "../../model/widths.js";
import { shown } from "../../shown.js";
import { Greatest } from "../../greatest.js";
import { firstTokens, type LookText } from "../look-text.js";
import { type ReadingOptions, readText } from "../read-text.js";
import type { UnitPlace } from "./held-model.js";
import { placeOf } from "./traces.js";

export const THRESHOLD = 0.3;
/** Units that are told of and compared, the strongest, and passages. */
const UNITS = 40;
const PASSAGES = 10;
/** Characters around a passage. */
const AROUND = 30;

export interface Passage {
  readonly place: number;
  /** From 0 to 1: the part of the units that are on, over the passage's tokens in the mean. */
  readonly score: number;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

export interface PhraseUnit extends UnitPlace {
  readonly mean: number;
  /** On in the same way at the token before the phrase, and at the one after it. */
  readonly before: boolean;
  readonly after: boolean;
}

export interface PhraseUnits {
  readonly phrase: string;
  readonly place: number;
  /** Those that are on over the phrase, the strongest first, with their mean h there. */
  readonly units: readonly PhraseUnit[];
  /** Other passages of as many tokens where they are on, the nearest first. */
  readonly passages: readonly Passage[];
}

/** @throws UserError where the phrase does not stand in the text; as `readText` */
export async function phraseUnits(
  model: LanguageModel,
  text: LookText,
  phrase: string,
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<PhraseUnits> {
  const { from, to } = tokensOf(text, phrase);
  const sizes = hiddenSizes(model.config);
  const D = sizes.reduce((sum, size) => sum + size);
  const sums = new Float64Array(D);
  const signs = new Int8Array(D);
  const broken = new Uint8Array(D);
  const around = [new Int8Array(D), new Int8Array(D)] as const;
  const read = { streams: 1, recording: { hidden: true } } as const;
  // Up to the token after the phrase; nothing further on can change what its units did.
  const beginning = firstTokens(text, to + 1);
  await readText(model, beginning, { ...read, ...(options.signal && { signal: options.signal }) }, (rows) => {
    for (let n = 0; n < rows.count; n++) {
      const place = rows.read[n]!;
      if (place < from - 1 || place > to) continue;
      let unit = 0;
      for (const [l, h] of rows.recording!.hidden.entries())
        for (let u = 0; u < sizes[l]!; u++, unit++) {
          const x = h[n * sizes[l]! + u]!;
          const sign = Math.abs(x) < THRESHOLD ? 0 : Math.sign(x);
          if (place >= from && place < to) {
            if (sign === 0 || (signs[unit] !== 0 && signs[unit] !== sign)) broken[unit] = 1;
            signs[unit] = sign;
            sums[unit]! += x;
          } else around[place < from ? 0 : 1][unit] = sign;
        }
    }
  });
  const strongest = new Greatest<number>(UNITS);
  for (let unit = 0; unit < D; unit++)
    if (broken[unit] === 0 && signs[unit] !== 0) strongest.add(unit, Math.abs(sums[unit]!));
  const units = strongest.found.map(({ item: unit }) => ({
    ...placeOf(model, unit),
    mean: sums[unit]! / (to - from),
    before: around[0][unit] === signs[unit],
    after: around[1][unit] === signs[unit],
  }));
  return {
    phrase,
    place: from,
    units,
    passages: units.length === 0 ? [] : await passagesLike(model, text, units, { from, to }, options),
  };
}

async function passagesLike(
  model: LanguageModel,
  text: LookText,
  units: readonly PhraseUnit[],
  { from, to }: { readonly from: number; readonly to: number },
  options: Pick<ReadingOptions, "onProgress" | "signal">,
): Promise<Passage[]> {
  const sizes = hiddenSizes(model.config);
  const share = new Float32Array(text.ids.length);
  await readText(model, text, { ...options, streams: 16, recording: { hidden: true } }, (rows) => {
    for (let n = 0; n < rows.count; n++) {
      const place = rows.read[n]!;
      if (place < 0) continue;
      let count = 0;
      for (const { layer, unit, mean } of units)
        if (rows.recording!.hidden[layer]![n * sizes[layer]! + unit]! * Math.sign(mean) >= THRESHOLD) count++;
      share[place] = count / units.length;
    }
  });
  const length = to - from;
  const best = new Greatest<number>(PASSAGES * 8);
  let sum = 0;
  for (let place = 0; place < share.length; place++) {
    sum += share[place]!;
    if (place >= length) sum -= share[place - length]!;
    const start = place - length + 1;
    if (start >= 0 && (start >= to || start + length <= from)) best.add(start, sum / length);
  }
  // Of passages that overlap the best one counts.
  const kept: { readonly start: number; readonly score: number }[] = [];
  for (const { item, score } of best.found)
    if (kept.length < PASSAGES && score > 0 && kept.every(({ start }) => Math.abs(start - item) >= length))
      kept.push({ start: item, score: Math.min(1, score) });
  return kept.map(({ start, score }) => ({
    place: start,
    score,
    before: joined(text.pieces, Math.max(0, start - AROUND), start).slice(-AROUND),
    text: joined(text.pieces, start, start + length),
    after: joined(text.pieces, start + length, start + length + AROUND).slice(0, AROUND),
  }));
}

const joined = (pieces: readonly string[], from: number, to: number): string =>
  pieces.slice(from, to).join("");

/** The tokens that the phrase's first occurrence stands in. */
function tokensOf({ pieces }: LookText, phrase: string): { from: number; to: number } {
  const at = phrase === "" ? -1 : pieces.join("").indexOf(phrase);
  if (at < 0)
    throw new UserError(`The phrase ${shown(phrase)} does not stand in the text; give some words of it.`);
  let from = 0;
  let characters = 0;
  while (characters + pieces[from]!.length <= at) characters += pieces[from++]!.length;
  let to = from;
  while (characters < at + phrase.length) characters += pieces[to++]!.length;
  return { from, to };
}
