/**
 * Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", 2020, algorithm 2).
 *
 * Trials are measured at rungs 0, 1, … K − 1, each η times as far along as the one before. Whoever is free takes
 *
 *   of the rungs k = K − 2, …, 0 the first in which one of the best ⌊n_k / η⌋ of its n_k results was not promoted yet,
 *   and goes on with the best such trial to rung k + 1;
 *
 * and where there is none, begins a new trial at rung 0. Nobody waits for a rung to be full, so that a trial is sometimes
 * promoted that would not be later. Pure: the same results give the same promotions.
 */

/** What a trial measured at a rung. */
export interface RungResult {
  readonly trial: number;
  readonly rung: number;
  /** The lower the better; Infinity where it failed, which is never promoted. */
  readonly loss: number;
}

/** A trial that goes on to a rung. */
export interface Promotion {
  readonly trial: number;
  readonly rung: number;
}

export interface AshaSettings {
  /** η, at least 2. */
  readonly eta: number;
  /** K: rungs there are, at least 1. */
  readonly rungs: number;
}

/**
 * The trial to go on with; undefined where none has earned it.
 * @param results of all rungs, in any order
 * @param promoted those that went on already
 */
export function nextPromotion(
  results: readonly RungResult[],
  promoted: readonly Promotion[],
  { eta, rungs }: AshaSettings,
): Promotion | undefined {
  const gone = new Set(promoted.map(({ trial, rung }) => `${trial} ${rung}`));
  for (let rung = rungs - 2; rung >= 0; rung--) {
    const here = results.filter((result) => result.rung === rung).toSorted(betterFirst);
    const found = here
      .slice(0, Math.floor(here.length / eta))
      .find(({ trial, loss }) => loss < Infinity && !gone.has(`${trial} ${rung + 1}`));
    if (found) return { trial: found.trial, rung: rung + 1 };
  }
  return undefined;
}

/** Of equal ones the earlier trial. */
function betterFirst(a: RungResult, b: RungResult): number {
  // Infinity − Infinity is no number.
  if (a.loss !== b.loss) return a.loss < b.loss ? -1 : 1;
  return a.trial - b.trial;
}

/** η^k of a rung: how many times as far along as rung 0 it is. */
export const rungFactor = (rung: number, eta: number): number => Math.round(eta ** rung);
