/** The cache's probabilities on a recorded text, for several windows and θ at once, and the λ that fits them best. */
import { Turns } from "../breathe.js";
import { Workspace } from "../layers/layer.js";
import type { TextRecord } from "./record.js";
import type { CacheSettings } from "./settings.js";

/** Places whose products are made at a time. */
const PLACES = 32;
/** Halvings of the range of λ. */
const HALVINGS = 20;
/** λ at most: the model keeps a say. */
const MOST_LAMBDA = 0.95;

/** p_cache of each token by θ and window, −1 where there is no cache yet. */
export interface CachePart {
  readonly theta: number;
  readonly window: number;
  readonly p: Float64Array;
}

/**
 * @param record with hidden states
 * @param windows ascending
 * @throws the signal's reason where that ended it
 */
export async function cacheParts(
  { engine, count, targets, hidden }: TextRecord,
  thetas: readonly number[],
  windows: readonly number[],
  signal?: AbortSignal,
): Promise<CachePart[]> {
  const parts = thetas.map((theta) =>
    windows.map((window) => ({ theta, window, p: new Float64Array(count).fill(-1) })),
  );
  const H = hidden!.length / targets.length;
  const widest = windows.at(-1)!;
  const [products, weights] = [new Workspace(engine), new Workspace(engine)];
  const turns = new Turns();
  for (let first = 0; first < count; first += PLACES) {
    const n = Math.min(PLACES, count - first);
    const begin = Math.max(0, first - widest);
    const keys = first + n - begin;
    const likeness = products.take(n * keys);
    engine.linearMany(
      hidden!.slice(first * H, n * H),
      hidden!.slice(begin * H, keys * H),
      likeness,
      n,
      H,
      keys,
    );
    for (let r = 0; r < n; r++) {
      const t = first + r;
      const from = Math.max(0, t - widest);
      if (t === from) continue;
      const row = likeness.slice(r * keys + from - begin, t - from);
      const greatest = engine.greatest(row);
      for (const [i, theta] of thetas.entries()) {
        const e = weights.take(row.length);
        engine.sumOfExponentials(row, greatest, theta, e);
        // Place j of e is t − length + j; what came after it is the target there.
        share(engine.read(e), targets, t, parts[i]!);
      }
    }
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  return parts.flat();
}

/** p_cache of the token of place t, from the last place on backwards, window by window. */
function share(e: ArrayLike<number>, targets: Int32Array, t: number, parts: readonly CachePart[]): void {
  const { length } = e;
  const target = targets[t]!;
  let sum = 0;
  let own = 0;
  let back = 0;
  for (const { window, p } of parts) {
    for (const end = Math.min(window, length); back < end; back++) {
      const weight = e[length - 1 - back]!;
      sum += weight;
      if (targets[t - 1 - back] === target) own += weight;
    }
    if (sum > 0) p[t] = own / sum;
  }
}

/** The mean of −ln((1 − λ) p_model + λ p_cache). @param logs ln p_model */
export function mixedLoss(logs: Float64Array, p: Float64Array, lambda: number): number {
  let sum = 0;
  for (let t = 0; t < logs.length; t++)
    sum -= p[t]! < 0 ? logs[t]! : Math.log((1 - lambda) * Math.exp(logs[t]!) + lambda * p[t]!);
  return sum / logs.length;
}

/** The λ of least loss: the loss is convex in it, so that the sign of its slope says on which side it lies. */
export function bestLambda(logs: Float64Array, p: Float64Array): number {
  let [low, high] = [0, MOST_LAMBDA];
  for (let i = 0; i < HALVINGS; i++) {
    const lambda = (low + high) / 2;
    let gain = 0;
    for (let t = 0; t < logs.length; t++) {
      if (p[t]! < 0) continue;
      const model = Math.exp(logs[t]!);
      gain += (p[t]! - model) / ((1 - lambda) * model + lambda * p[t]!);
    }
    if (gain > 0) low = lambda;
    else high = lambda;
  }
  return (low + high) / 2;
}

/** The best of all parts. @param fixed λ, where it was given */
export function bestCache(
  logs: Float64Array,
  parts: readonly CachePart[],
  fixed?: number,
): { readonly settings: CacheSettings; readonly loss: number } {
  let best: { settings: CacheSettings; loss: number } | undefined;
  for (const { theta, window, p } of parts) {
    const lambda = fixed ?? bestLambda(logs, p);
    const loss = mixedLoss(logs, p, lambda);
    if (!best || loss < best.loss) best = { settings: { window, theta, lambda }, loss };
  }
  return best!;
}
