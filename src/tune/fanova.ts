/**
 * The functional analysis of variance of a forest (Hutter et al., "An Efficient Approach for Assessing Hyperparameter
 * Importance", 2014). A tree f over the axes N has for a set U of them the marginal
 *
 *   a_U(x_U) = ∫ f(x_U, x_{N∖U}) dx_{N∖U} = Σ over leaves of  value · (the leaf's extent in all axes but U) · [x_U in it]
 *
 * and of its variance V = ∫ f² − a_∅² the part of one axis, or of two together beyond each, is
 *
 *   V_i = ∫ a_i² − a_∅²        V_ij = ∫ a_ij² − a_∅² − V_i − V_j
 *
 * All integrals are sums over boxes, exact. Importances are V_i / V, the mean over the trees.
 */
import { extentOf, has, type Axis, type Leaf, mean, type Side, type Tree } from "./forest.js";

/** Of a forest, by axis, and by pair of axes, the first below the second. */
export interface Importances {
  readonly single: readonly number[];
  readonly pairs: readonly { readonly axes: readonly [number, number]; readonly share: number }[];
}

export function importancesOf(trees: readonly Tree[], axes: readonly Axis[]): Importances {
  const varying = trees.map((tree) => partsOf(tree, axes)).filter(({ variance }) => variance > 1e-18);
  const share = (of: (parts: Parts) => number): number =>
    varying.length === 0 ? 0 : mean(varying.map((parts) => of(parts) / parts.variance));
  return {
    single: axes.map((_, axis) => share(({ single }) => single[axis]!)),
    pairs: pairsOf(axes.length).map((pair, i) => ({ axes: pair, share: share(({ pairs }) => pairs[i]!) })),
  };
}

interface Parts {
  readonly variance: number;
  readonly single: readonly number[];
  readonly pairs: readonly number[];
}

function partsOf(tree: Tree, axes: readonly Axis[]): Parts {
  const extents = tree.map(({ sides }) => sides.map(extentOf));
  const whole = extents.map((each) => each.reduce((a, b) => a * b, 1));
  const centre = tree.reduce((total, { value }, leaf) => total + value * whole[leaf]!, 0);
  // About the mean: a small variance is not the difference of two large numbers.
  const centred = tree.map(({ sides, value }) => ({ sides, value: value - centre }));
  const variance = centred.reduce((total, { value }, leaf) => total + value * value * whole[leaf]!, 0);
  const cells = axes.map((axis, i) => cellsOf(axis, centred, i));
  const single = axes.map((_, i) => {
    const squares = cells[i]!.map(({ at, extent }) => {
      let a = 0;
      for (const [leaf, { sides, value }] of centred.entries())
        if (has(sides[i]!, at)) a += (value * whole[leaf]!) / extents[leaf]![i]!;
      return a * a * extent;
    });
    return squares.reduce((a, b) => a + b, 0);
  });
  const pairs = pairsOf(axes.length).map(([i, j]) => {
    let total = 0;
    for (const first of cells[i]!) {
      for (const second of cells[j]!) {
        let a = 0;
        for (const [leaf, { sides, value }] of centred.entries())
          if (has(sides[i]!, first.at) && has(sides[j]!, second.at))
            a += (value * whole[leaf]!) / (extents[leaf]![i]! * extents[leaf]![j]!);
        total += a * a * first.extent * second.extent;
      }
    }
    return Math.max(0, total - single[i]! - single[j]!);
  });
  return { variance, single, pairs };
}

/** The parts of an axis in which no leaf of the tree ends: a place in each, and how long it is. */
function cellsOf(
  axis: Axis,
  tree: readonly Leaf[],
  i: number,
): { readonly at: number; readonly extent: number }[] {
  if (axis.kind === "words")
    return Array.from({ length: axis.size }, (_, at) => ({ at, extent: 1 / axis.size }));
  const ends = new Set<number>([0, 1]);
  for (const { sides } of tree) {
    const { from, to } = sides[i] as Extract<Side, { from: number }>;
    ends.add(from).add(to);
  }
  const sorted = [...ends].toSorted((a, b) => a - b);
  return sorted.slice(1).map((to, k) => ({ at: (sorted[k]! + to) / 2, extent: to - sorted[k]! }));
}

function pairsOf(n: number): [number, number][] {
  return Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    Array.from({ length: n - i - 1 }, (_, k): [number, number] => [i, i + 1 + k]),
  );
}

/** a_i at a place: the mean of a tree over all other axes. */
export function marginalAt(tree: Tree, axis: number, x: number): number {
  let total = 0;
  for (const { sides, value } of tree) {
    if (!has(sides[axis]!, x)) continue;
    total +=
      value *
      sides.reduce((product, side, other) => (other === axis ? product : product * extentOf(side)), 1);
  }
  return total;
}
