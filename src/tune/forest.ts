/**
 * A forest of random regression trees (Breiman, 2001) over options. Each tree is a partition of the space into boxes of
 * one value, which is what fanova.ts integrates over.
 */
import type { Random } from "../engine/random.js";

/** A coordinate: a place in [0, 1], or the index of one of some words. */
export type Axis = { readonly kind: "number" } | { readonly kind: "words"; readonly size: number };

/** Of an axis the part that a box has: an interval, or for each word whether it is in. */
export type Side = { readonly from: number; readonly to: number } | { readonly words: readonly boolean[] };

export interface Leaf {
  readonly sides: readonly Side[];
  readonly value: number;
}

/** Boxes that do not overlap and fill the space. */
export type Tree = readonly Leaf[];

export interface ForestSettings {
  readonly trees: number;
  /** Rows that a leaf has at least. */
  readonly leastRows: number;
  /** The part of the axes that is looked at for a split. */
  readonly axesShare: number;
}

export const FOREST_SETTINGS: ForestSettings = { trees: 96, leastRows: 2, axesShare: 0.7 };

/** @param rows x; numbers in [0, 1], words by index @param values y of each */
export function growForest(
  axes: readonly Axis[],
  rows: readonly (readonly number[])[],
  values: readonly number[],
  random: Random,
  settings: ForestSettings = FOREST_SETTINGS,
): Tree[] {
  return Array.from({ length: settings.trees }, () => {
    // As many rows as there are, drawn with replacement.
    const drawn = rows.map(() => random.below(rows.length));
    const leaves: Leaf[] = [];
    grow({ axes, rows, values, random, settings, leaves }, drawn, axes.map(wholeSide));
    return leaves;
  });
}

interface Growing {
  readonly axes: readonly Axis[];
  readonly rows: readonly (readonly number[])[];
  readonly values: readonly number[];
  readonly random: Random;
  readonly settings: ForestSettings;
  readonly leaves: Leaf[];
}

const wholeSide = (axis: Axis): Side =>
  axis.kind === "number" ? { from: 0, to: 1 } : { words: new Array<boolean>(axis.size).fill(true) };

interface Split {
  readonly axis: number;
  readonly isLeft: (x: number) => boolean;
  readonly left: Side;
  readonly right: Side;
  /** Σ (y − mean)² that is left on both sides. */
  readonly error: number;
}

function grow(growing: Growing, drawn: readonly number[], sides: readonly Side[]): void {
  const { rows, values, leaves } = growing;
  const split = bestSplit(growing, drawn, sides);
  if (!split) {
    leaves.push({ sides, value: mean(drawn.map((row) => values[row]!)) });
    return;
  }
  const { axis, isLeft } = split;
  grow(
    growing,
    drawn.filter((row) => isLeft(rows[row]![axis]!)),
    sides.with(axis, split.left),
  );
  grow(
    growing,
    drawn.filter((row) => !isLeft(rows[row]![axis]!)),
    sides.with(axis, split.right),
  );
}

/** The split that leaves the least error, among those of some axes; undefined where none makes it less. */
function bestSplit(growing: Growing, drawn: readonly number[], sides: readonly Side[]): Split | undefined {
  const { axes, values, random, settings } = growing;
  if (drawn.length < 2 * settings.leastRows) return undefined;
  const ys = drawn.map((row) => values[row]!);
  const whole = errorOf(ys.length, sum(ys), sum(ys.map((y) => y * y)));
  let best: Split | undefined;
  for (const axis of shuffled(axes.length, random).slice(0, Math.ceil(settings.axesShare * axes.length))) {
    const split = splitOn(growing, drawn, axis, sides[axis]!);
    if (split && split.error < (best?.error ?? whole * (1 - 1e-12))) best = split;
  }
  return best;
}

/** The best split of one axis: rows in the order of their numbers, or words in the order of their means. */
function splitOn(
  { rows, values, axes, settings, random }: Growing,
  drawn: readonly number[],
  axis: number,
  side: Side,
): Split | undefined {
  const x = (row: number): number => rows[row]![axis]!;
  const key = axes[axis]!.kind === "number" ? x : meansOfWords(drawn, x, values);
  const order = drawn.toSorted((a, b) => key(a) - key(b) || x(a) - x(b));
  const total = { sum: 0, squares: 0 };
  for (const row of order) {
    total.sum += values[row]!;
    total.squares += values[row]! ** 2;
  }
  let found: { readonly at: number; readonly error: number } | undefined;
  const left = { sum: 0, squares: 0 };
  for (let n = 1; n < order.length; n++) {
    const [row, next] = [order[n - 1]!, order[n]!];
    left.sum += values[row]!;
    left.squares += values[row]! ** 2;
    if (x(row) === x(next) || n < settings.leastRows || order.length - n < settings.leastRows) continue;
    const error =
      errorOf(n, left.sum, left.squares) +
      errorOf(order.length - n, total.sum - left.sum, total.squares - left.squares);
    if (!found || error < found.error) found = { at: n, error };
  }
  if (!found) return undefined;
  if ("words" in side) {
    const inLeft = new Set(order.slice(0, found.at).map(x));
    // Words that no row has go either way.
    const seen = new Set(drawn.map(x));
    const goesLeft = side.words.map((_, word) => (seen.has(word) ? inLeft.has(word) : random.next() < 0.5));
    return {
      axis,
      isLeft: (word) => inLeft.has(word),
      left: { words: side.words.map((is, word) => is && goesLeft[word]!) },
      right: { words: side.words.map((is, word) => is && !goesLeft[word]!) },
      error: found.error,
    };
  }
  const [below, above] = [x(order[found.at - 1]!), x(order[found.at]!)];
  const threshold = below + (above - below) * random.next();
  const cut = Math.max(threshold, below + (above - below) * 1e-6);
  return {
    axis,
    isLeft: (place) => place < cut,
    left: { from: side.from, to: cut },
    right: { from: cut, to: side.to },
    error: found.error,
  };
}

function meansOfWords(
  drawn: readonly number[],
  x: (row: number) => number,
  values: readonly number[],
): (row: number) => number {
  const byWord = new Map<number, number[]>();
  for (const row of drawn) byWord.set(x(row), [...(byWord.get(x(row)) ?? []), values[row]!]);
  const means = new Map([...byWord].map(([word, ys]) => [word, mean(ys)]));
  return (row) => means.get(x(row))!;
}

/** Whether a box has a place of an axis; the upper end belongs to the next box, but for 1. */
export function has(side: Side, x: number): boolean {
  if ("words" in side) return side.words[x]!;
  return x >= side.from && (x < side.to || (x === 1 && side.to === 1));
}

/** The value of a tree at x. */
export function valueOf(tree: Tree, x: readonly number[]): number {
  return tree.find(({ sides }) => sides.every((side, axis) => has(side, x[axis]!)))!.value;
}

/** The part of an axis that a box has. */
export function extentOf(side: Side): number {
  if ("words" in side) return side.words.filter(Boolean).length / side.words.length;
  return side.to - side.from;
}

function shuffled(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
/** Σ (y − mean)² of n values, from their sum and that of their squares. */
const errorOf = (n: number, total: number, squares: number): number => squares - (total * total) / n;
