/**
 * A profile: what a model has learned from a person's text, as a list of points. Each is what one time of learning changed
 * (weight-change.ts), so that a profile goes back to an earlier point by leaving out those after it. Plain data: a change
 * gives another profile.
 */
import type { WeightShape } from "../model/weight-shapes.js";
import { changeBetween, noSums, sumsOf, type WeightChange, type WeightSums } from "./weight-change.js";

/** Points that are kept apart, at most; of more, the oldest become one. */
const MOST_POINTS = 100;
/** Tensors of a file, at most: its header has to stay readable. */
const MOST_TENSORS = 20_000;
/** Rank of what several points become together. */
export const JOINED_RANK = 64;

export interface PointFigures {
  /** Tokens that were predicted before they were learned from, and characters that they are. */
  readonly tokens: number;
  readonly characters: number;
  /** Σ −log₂ p of them, by the weights that were learning, and by those that were trained. */
  readonly bits: number;
  readonly plainBits: number;
}

export interface ProfilePoint extends PointFigures {
  /** From 1 on, ascending; the one where nothing was learned yet is 0. */
  readonly number: number;
  /** When it was learned, in UTC: "2026-05-04T10:20:30Z". */
  readonly at: string;
  readonly change: WeightChange;
}

/** A point as lists show it. */
export type PointSummary = Omit<ProfilePoint, "change">;

export interface Profile {
  /** The model reads as it was trained, while what was learned is kept. */
  readonly off: boolean;
  /** The oldest first. */
  readonly points: readonly ProfilePoint[];
}

export const NEW_PROFILE: Profile = { off: false, points: [] };

/** The points, the oldest first. */
export function pointSummaries({ points }: Profile): PointSummary[] {
  return points.map((point) => {
    const { change: _, ...summary } = point;
    return summary;
  });
}

/** The number of the last point; 0 where there is none. */
export const lastPoint = ({ points }: Profile): number => points.at(-1)?.number ?? 0;

/** What was learned of each weight, all points together; no change where the profile is switched off. */
export function profileSums({ off, points }: Profile, shapes: readonly WeightShape[]): WeightSums {
  return off ? noSums(shapes) : learnedSums({ points }, shapes);
}

/** The same, switched off or not. */
export function learnedSums({ points }: Pick<Profile, "points">, shapes: readonly WeightShape[]): WeightSums {
  return sumsOf(
    points.map(({ change }) => change),
    shapes,
  );
}

/** With one more point; where there are too many, the two oldest become one. */
export function withPoint(
  profile: Profile,
  point: Omit<ProfilePoint, "number">,
  shapes: readonly WeightShape[],
): Profile {
  const points = [...profile.points, { ...point, number: lastPoint(profile) + 1 }];
  const most = Math.max(2, Math.min(MOST_POINTS, Math.floor(MOST_TENSORS / (4 * shapes.length))));
  while (points.length > most) points.splice(0, 2, joined(points[0]!, points[1]!, shapes));
  return { ...profile, points };
}

/** Two points, the first of a profile, as one: with the number and the time of the second. */
function joined(first: ProfilePoint, second: ProfilePoint, shapes: readonly WeightShape[]): ProfilePoint {
  const after = sumsOf([first.change, second.change], shapes);
  return { ...second, ...sumFigures([first, second]), change: wholeChange(after, shapes) };
}

/** Sums as one change of a profile that has none before it. */
export function wholeChange(sums: WeightSums, shapes: readonly WeightShape[]): WeightChange {
  return changeBetween(shapes, noSums(shapes), sums, JOINED_RANK);
}

/** As it was at a point; with 0 nothing is left. @param number of one of its points, or 0 */
export function rolledBack(profile: Profile, number: number): Profile {
  return { ...profile, points: profile.points.filter((point) => point.number <= number) };
}

export function sumFigures(points: readonly PointFigures[]): PointFigures {
  const sum = { tokens: 0, characters: 0, bits: 0, plainBits: 0 };
  for (const { tokens, characters, bits, plainBits } of points) {
    sum.tokens += tokens;
    sum.characters += characters;
    sum.bits += bits;
    sum.plainBits += plainBits;
  }
  return sum;
}
