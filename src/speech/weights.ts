/**
 * The weights of several scores, tuned for the word error rate itself. A hypothesis' score is
 *
 *   s(h) = Σ_k w_k f_k(h)
 *
 * and of each utterance the hypothesis of the greatest score is taken. Along a line w + γ d every hypothesis is a line
 * a + γ b, the best one follows the upper envelope of them, and so the errors are a step function of γ that is known
 * exactly: it is minimised over all γ at once (Och, 2003, "Minimum error rate training in statistical machine
 * translation"). Directions are the axes, in turn, from several beginnings; nothing is drawn by chance. So that a narrow
 * stretch that is good by luck does not win, the errors are averaged over a neighbourhood of each place first:
 *
 *   E_δ(γ) = 1/(2δ) ∫ E(γ + t) dt,  t from −δ to δ
 */

/** One utterance: its hypotheses' scores and errors. */
export interface Candidates {
  /** (n, K) f_k(h), a row for each hypothesis. */
  readonly features: Float64Array;
  /** (n) word errors of each. */
  readonly errors: ArrayLike<number>;
}

/** The hypothesis of the greatest score; of equals the first, which the recogniser found better. */
export function bestOf({ features, errors }: Candidates, weights: ArrayLike<number>): number {
  let [best, most] = [0, -Infinity];
  for (let i = 0; i < errors.length; i++) {
    const score = dot(features, i, weights);
    if (score > most) [best, most] = [i, score];
  }
  return best;
}

/** The errors of the best hypotheses of all. */
export function errorsOf(all: readonly Candidates[], weights: ArrayLike<number>): number {
  return all.reduce((sum, each) => sum + each.errors[bestOf(each, weights)]!, 0);
}

/** Passes over the axes at most; each goes on only where the one before gained. */
const MOST_PASSES = 20;

/**
 * Weights of the fewest errors that are found from any of the beginnings; of equals those of the earlier beginning.
 * @param beginnings each (K)
 * @param deltas (K) δ along each axis; 0: the middle of the widest stretch of the fewest errors. NaN: the axis is not
 *   moved; a score's scale changes nothing, so that one weight may as well stay
 */
export function tuneWeights(
  all: readonly Candidates[],
  beginnings: readonly (readonly number[])[],
  deltas: readonly number[],
): { readonly weights: number[]; readonly errors: number } {
  let best: { weights: number[]; errors: number } | undefined;
  for (const beginning of beginnings) {
    const found = descend(all, [...beginning], deltas);
    if (!best || found.errors < best.errors) best = found;
  }
  if (!best) throw new RangeError("there are no weights to begin with; give at least one set");
  return best;
}

function descend(all: readonly Candidates[], weights: number[], deltas: readonly number[]) {
  let errors = errorsOf(all, weights);
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = errors;
    for (let k = 0; k < weights.length; k++) {
      const delta = deltas[k]!;
      if (Number.isNaN(delta)) continue;
      const changes = changesAlong(all, weights, k);
      const gamma = delta > 0 ? smoothest(changes, delta) : middleOfLeast(changes);
      const moved = weights.with(k, weights[k]! + gamma);
      const reached = errorsOf(all, moved);
      if (reached < errors) [weights, errors] = [moved, reached];
    }
    if (errors === before) break;
  }
  return { weights, errors };
}

/** At a place of the line the errors change by so many. */
interface Change {
  readonly at: number;
  readonly by: number;
}

/** The places along axis k where the errors change, from left to right. */
function changesAlong(all: readonly Candidates[], weights: readonly number[], k: number): Change[] {
  const changes: Change[] = [];
  for (const each of all) changesOf(each, weights, k, changes);
  return changes.toSorted((a, b) => a.at - b.at);
}

/** γ of the least E_δ, which is a straight line between the places δ to the left and right of every change. */
function smoothest(changes: readonly Change[], delta: number): number {
  const knots = [0, ...changes.flatMap(({ at }) => [at - delta, at + delta])].toSorted((a, b) => a - b);
  // ∫ E from far left to x is Σ by · (x − at) over the changes before x, E being counted from what it is far to the left.
  let [low, high, sumLow, sumHigh, areaLow, areaHigh] = [0, 0, 0, 0, 0, 0];
  let [least, gamma, size] = [Infinity, 0, Infinity];
  for (const x of knots) {
    for (; low < changes.length && changes[low]!.at <= x - delta; low++) {
      sumLow += changes[low]!.by;
      areaLow += changes[low]!.by * changes[low]!.at;
    }
    for (; high < changes.length && changes[high]!.at <= x + delta; high++) {
      sumHigh += changes[high]!.by;
      areaHigh += changes[high]!.by * changes[high]!.at;
    }
    const area = sumHigh * (x + delta) - areaHigh - (sumLow * (x - delta) - areaLow);
    const average = area / (2 * delta);
    // Of as good places the nearest: rounding does not count.
    const better = average < least - 1e-9;
    if (!better && !(average < least + 1e-9 && Math.abs(x) < size)) continue;
    [least, gamma, size] = [Math.min(least, average), x, Math.abs(x)];
  }
  return gamma;
}

/** γ in the middle of the widest stretch of the fewest errors. */
function middleOfLeast(changes: readonly Change[]): number {
  // Counted from the errors far to the left, which need not be known.
  let [sum, least, width, gamma] = [0, Infinity, 0, 0];
  for (let i = 0; i <= changes.length; i++) {
    const from = i === 0 ? undefined : changes[i - 1]!.at;
    const to = changes[i]?.at;
    if (i > 0) sum += changes[i - 1]!.by;
    if (from !== undefined && from === to) continue;
    const stretch = from === undefined || to === undefined ? 0 : to - from;
    if (sum > least || (sum === least && stretch <= width)) continue;
    [least, width] = [sum, stretch];
    gamma = middle(from, to);
  }
  return gamma;
}

/** Of an unbounded stretch a place as far inside as its end is from 0, at least 1. */
function middle(from: number | undefined, to: number | undefined): number {
  if (from !== undefined && to !== undefined) return (from + to) / 2;
  if (to !== undefined) return to - Math.max(1, Math.abs(to)) / 2;
  return from === undefined ? 0 : from + Math.max(1, Math.abs(from)) / 2;
}

/** Adds the places where one utterance's best hypothesis, and with it its errors, changes. */
function changesOf(
  { features, errors }: Candidates,
  weights: readonly number[],
  k: number,
  changes: Change[],
): void {
  const K = weights.length;
  const lines = Array.from({ length: errors.length }, (_, i) => ({
    a: dot(features, i, weights),
    b: features[i * K + k]!,
    i,
  }));
  lines.sort((x, y) => x.b - y.b || y.a - x.a || x.i - y.i);
  // The upper envelope, from left to right: each line with the place from which on it is the highest.
  const envelope: { a: number; b: number; i: number; from: number }[] = [];
  for (const line of lines) {
    if (envelope.at(-1)?.b === line.b) continue;
    let from = -Infinity;
    while (envelope.length > 0) {
      const top = envelope.at(-1)!;
      from = (top.a - line.a) / (line.b - top.b);
      if (from > top.from) break;
      envelope.pop();
      from = -Infinity;
    }
    envelope.push({ ...line, from });
  }
  for (let e = 1; e < envelope.length; e++) {
    const by = errors[envelope[e]!.i]! - errors[envelope[e - 1]!.i]!;
    if (by !== 0) changes.push({ at: envelope[e]!.from, by });
  }
}

function dot(features: Float64Array, i: number, weights: ArrayLike<number>): number {
  const K = weights.length;
  let sum = 0;
  for (let k = 0; k < K; k++) if (weights[k] !== 0) sum += weights[k]! * features[i * K + k]!;
  return sum;
}
