/**
 * L-BFGS (Nocedal, 1980): a smooth function's minimum by its gradient and the last few steps. With s_k = x_{k+1} − x_k,
 * y_k = g_{k+1} − g_k and ρ_k = 1 / y_kᵀ s_k, the direction −H g is found by the two loops over k of Nocedal and Wright
 * (2006, algorithm 7.4), and the step along it by halving until f has fallen enough (Armijo, 1966).
 */

/** The value at x; its gradient is written to g. */
export type Objective = (x: Float64Array, g: Float64Array) => number;

export interface LbfgsSettings {
  /** Most steps. */
  readonly steps: number;
  /** Ends where no element of the gradient is larger. */
  readonly tolerance: number;
}

const MEMORY = 10;
/** Part of what the slope promises that a step has to bring. */
const ENOUGH = 1e-4;
const MOST_HALVINGS = 30;

interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/**
 * @param x where to begin; the minimum that was found, in place
 * @returns the value there; a turn after each step
 */
export function* minimise(
  f: Objective,
  x: Float64Array,
  { steps, tolerance }: LbfgsSettings,
): Generator<void, number, undefined> {
  const pairs: Pair[] = [];
  let g = new Float64Array(x.length);
  let value = f(x, g);
  for (let step = 0; step < steps && greatestOf(g) > tolerance; step++) {
    let d = direction(g, pairs);
    let slope = dot(d, g);
    // Rounded gradients may have made it one that rises.
    if (!(slope < 0)) {
      pairs.length = 0;
      d = g.map((one) => -one);
      slope = dot(d, g);
    }
    // Without steps to go by, one whose length is at most 1.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(g, g))) : 1;
    const next = new Float64Array(x.length);
    const nextG = new Float64Array(x.length);
    let found = Infinity;
    for (let halvings = 0; halvings < MOST_HALVINGS; halvings++, length /= 2) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + length * d[i]!;
      found = f(next, nextG);
      if (found <= value + ENOUGH * length * slope) break;
      found = Infinity;
    }
    // As low as the rounding of f lets it be seen.
    if (!Number.isFinite(found)) break;
    const s = next.map((one, i) => one - x[i]!);
    const y = nextG.map((one, i) => one - g[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > MEMORY) pairs.shift();
    x.set(next);
    g = nextG;
    value = found;
    yield;
  }
  return value;
}

/** −H g */
function direction(g: Float64Array, pairs: readonly Pair[]): Float64Array {
  const q = g.map((one) => -one);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.y, last.y)) : 1;
  for (let i = 0; i < q.length; i++) q[i]! *= scale;
  for (const { s, y, rho } of pairs) {
    const beta = rho * dot(y, q);
    const alpha = alphas.pop()!;
    for (let i = 0; i < q.length; i++) q[i]! += (alpha - beta) * s[i]!;
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function greatestOf(g: Float64Array): number {
  let most = 0;
  for (const one of g) most = Math.max(most, Math.abs(one));
  return most;
}
