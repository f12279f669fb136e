/**
 * Looks for units that follow tracks, in one pass over a text: of every unit of every layer and every track, the AUC of its h
 * (yes or no) or the correlation r with it (numbers), in two halves of the text. The halves are alternate blocks, so that both are
 * of all its parts. What is found in the one is told by its figures in the other, which was not searched.
 */
import type { LanguageModel } from "../../model/language-model.js";
import { hiddenSizes } from "../../model/widths.js";
import { firstTokens, type LookText } from "../look-text.js";
import { type ReadingOptions, readText } from "../read-text.js";
import { areaUnderCurve, Bars, BARS } from "./area.js";
import { placeOf, tracesOf } from "./traces.js";
import type { Track } from "./tracks.js";

/** Tokens of a block. */
const BLOCK = 512;
const STREAMS = 32;
/** Tokens that have, and have not, a property, in each half: with fewer it is not looked for. */
const FEWEST = 40;

/** Which half of the text a token is of: 0 is searched, 1 is for telling. */
export const halfOf = (place: number): 0 | 1 => (Math.floor(place / BLOCK) % 2) as 0 | 1;

/** How well a unit follows a track, in each half: AUC, or r. */
export interface Following {
  readonly searched: number;
  readonly told: number;
}

export interface Searched {
  /** Units of all layers together, D. */
  readonly units: number;
  /** By track, then unit; undefined for a track that too few tokens have, or have not. */
  readonly following: readonly (readonly Following[] | undefined)[];
  /** Mean h of each unit. */
  readonly means: Float64Array;
}

/** @throws as `readText` */
export async function searchUnits(
  model: LanguageModel,
  text: LookText,
  tracks: readonly Track[],
  options: Pick<ReadingOptions, "onProgress" | "signal"> = {},
): Promise<Searched> {
  const sizes = hiddenSizes(model.config);
  const D = sizes.reduce((sum, size) => sum + size);
  const barsOf = await sampledBars(model, text, options.signal);
  const counts = tracks.map((track) => countsOf(track));
  const enough = tracks.map(
    ({ kind }, i) => kind === "number" || counts[i]!.every(({ yes, no }) => Math.min(yes, no) >= FEWEST),
  );
  const all = [0, 1].map(() => new Uint32Array(D * BARS));
  const having = tracks.map(({ kind }, i) =>
    kind === "yes or no" && enough[i] ? [0, 1].map(() => new Uint32Array(D * BARS)) : undefined,
  );
  const sums = [0, 1].map(() => new Sums(D, tracks.length));
  await readText(
    model,
    text,
    { ...options, streams: STREAMS, recording: { hidden: true } },
    ({ count, read, recording }) => {
      for (let n = 0; n < count; n++) {
        const place = read[n]!;
        if (place < 0) continue;
        const half = halfOf(place);
        const bars = all[half]!;
        const own = having.flatMap((found, i) =>
          found && tracks[i]!.values[place] === 1 ? [found[half]!] : [],
        );
        const sum = sums[half]!;
        sum.count++;
        let unit = 0;
        for (const [l, h] of recording!.hidden.entries())
          for (let u = 0, at = n * sizes[l]!; u < sizes[l]!; u++, at++, unit++) {
            const x = h[at]!;
            const bar = unit * BARS + barsOf[unit]!.of(x);
            bars[bar]!++;
            for (const track of own) track[bar]!++;
            sum.h[unit]! += x;
            sum.hh[unit]! += x * x;
          }
        for (const [i, { kind, values }] of tracks.entries()) {
          if (kind !== "number") continue;
          const y = values[place]!;
          sum.y[i]! += y;
          sum.yy[i]! += y * y;
          if (y === 0) continue;
          unit = 0;
          const hy = sum.hy[i]!;
          for (const [l, h] of recording!.hidden.entries())
            for (let u = 0, at = n * sizes[l]!; u < sizes[l]!; u++, at++) hy[unit++]! += h[at]! * y;
        }
      }
    },
  );
  const following = tracks.map(({ kind }, i) => {
    if (!enough[i]) return undefined;
    if (kind === "number" && sums.some((sum) => sum.variance(i) <= 1e-12)) return undefined;
    return Array.from({ length: D }, (_, unit): Following => {
      const [searched, told] = [0, 1].map((half) =>
        kind === "number" ? sums[half]!.correlation(i, unit) : areaOf(all[half]!, having[i]![half]!, unit),
      );
      return { searched: searched!, told: told! };
    });
  });
  const total = sums[0]!.count + sums[1]!.count;
  return {
    units: D,
    following,
    means: Float64Array.from({ length: D }, (_, unit) => (sums[0]!.h[unit]! + sums[1]!.h[unit]!) / total),
  };
}

/** Tokens by which the bars are made. */
const SAMPLED = 4096;

/** By unit of all layers. */
async function sampledBars(
  model: LanguageModel,
  text: LookText,
  signal: AbortSignal | undefined,
): Promise<Bars[]> {
  const D = hiddenSizes(model.config).reduce((sum, size) => sum + size);
  const units = Array.from({ length: D }, (_, number) => placeOf(model, number));
  const traces = await tracesOf(model, firstTokens(text, SAMPLED), units, { ...(signal && { signal }) });
  return traces.map((trace) => new Bars(trace));
}

function areaOf(all: Uint32Array, having: Uint32Array, unit: number): number {
  const of = having.subarray(unit * BARS, (unit + 1) * BARS);
  return areaUnderCurve(
    of,
    all.subarray(unit * BARS, (unit + 1) * BARS).map((count, b) => count - of[b]!),
  ).auc;
}

function countsOf({ values }: Track): readonly { yes: number; no: number }[] {
  const counts = [
    { yes: 0, no: 0 },
    { yes: 0, no: 0 },
  ];
  for (const [place, value] of values.entries()) {
    const half = counts[halfOf(place)]!;
    if (value === 1) half.yes++;
    else half.no++;
  }
  return counts;
}

/** Sums of h and of the tracks' numbers y, and of their squares and products. */
class Sums {
  count = 0;
  readonly h: Float64Array;
  readonly hh: Float64Array;
  readonly y: Float64Array;
  readonly yy: Float64Array;
  readonly hy: readonly Float64Array[];

  constructor(units: number, tracks: number) {
    this.h = new Float64Array(units);
    this.hh = new Float64Array(units);
    this.y = new Float64Array(tracks);
    this.yy = new Float64Array(tracks);
    this.hy = Array.from({ length: tracks }, () => new Float64Array(units));
  }

  variance(track: number): number {
    return this.count === 0 ? 0 : this.yy[track]! / this.count - (this.y[track]! / this.count) ** 2;
  }

  /** r = (E[hy] − E[h] E[y]) / √(var h · var y); 0 of a unit that does not move. */
  correlation(track: number, unit: number): number {
    const N = this.count;
    const h = this.h[unit]! / N;
    const variance = this.hh[unit]! / N - h * h;
    if (variance <= 1e-12) return 0;
    const covariance = this.hy[track]![unit]! / N - h * (this.y[track]! / N);
    return covariance / Math.sqrt(variance * this.variance(track));
  }
}
