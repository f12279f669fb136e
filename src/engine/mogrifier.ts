/** Which x and h each round of a Mogrifier LSTM sees. See `Engine.mogrifierForward`. */
import type { Mogrifier, Tensor } from "./engine.js";

/** Whether round i, counted from 1, changes x; the others change h. */
export const changesX = (i: number): boolean => i % 2 === 1;

/** The latest x when rounds 1 … i have been: x^i or x^{i−1}. (T·B, I) */
export function latestX({ rounds, x }: Pick<Mogrifier, "rounds" | "x">, i: number): Tensor {
  return i < 1 ? x : rounds[(changesX(i) ? i : i - 1) - 1]!.y;
}

/** The latest h when rounds 1 … i have been. (T·B, H) @param h0 h_{t−1} of every row */
export function latestH({ rounds }: Pick<Mogrifier, "rounds">, i: number, h0: Tensor): Tensor {
  return i < 2 ? h0 : rounds[(changesX(i) ? i - 1 : i) - 1]!.y;
}
