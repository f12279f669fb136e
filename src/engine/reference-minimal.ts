/**
 * The reference of the minimal cells, minLSTM and minGRU (Feng et al., 2024, arXiv 2410.01201): the recurrence
 * h_t = a_t ⊙ h_{t−1} + b_t as loops. See `Engine.minimalForward` for shapes and equations.
 */
import type { Floats, MinimalCell, WindowShape } from "./engine.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** ln σ(x), without overflow. */
const logSigmoid = (x: number): number => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

/** g(x) = x + 0.5 for x ≥ 0, σ(x) below; and its slope. */
const candidate = (x: number): number => (x >= 0 ? x + 0.5 : sigmoid(x));
const candidateSlope = (x: number): number => (x >= 0 ? 1 : sigmoid(x) * sigmoid(-x));

/**
 * The coefficients of one unit from a row's gates: a, how much of h_{t−1} stays; c = 1 − a, how much of h̃ comes; and
 * the slopes of a by the gates before activation. The gates of minGRU are one, z = c.
 */
interface Mixture {
  readonly a: number;
  readonly c: number;
  readonly slopes: readonly number[];
}

function mixture(cell: MinimalCell, gates: Floats, at: number, H: number): Mixture {
  if (cell === "mingru") {
    // c = z = σ(k),  a = 1 − z = σ(−k),  ∂a/∂k = −z (1 − z)
    const a = sigmoid(-gates[at]!);
    const c = sigmoid(gates[at]!);
    return { a, c, slopes: [-a * c] };
  }
  // a = f / (f + i) = σ(ln f − ln i),  c = i / (f + i);  ∂a/∂k_f = a c (1 − f),  ∂a/∂k_i = −a c (1 − i)
  const kf = gates[at]!;
  const ki = gates[at + H]!;
  const ratio = logSigmoid(kf) - logSigmoid(ki);
  const a = sigmoid(ratio);
  const c = sigmoid(-ratio);
  return { a, c, slopes: [a * c * sigmoid(-kf), -a * c * sigmoid(-ki)] };
}

const gatesOf = (cell: MinimalCell): number => (cell === "minlstm" ? 3 : 2);

export function minimalForward({ T, B, H }: WindowShape, cell: MinimalCell, gates: Floats, hs: Floats): void {
  const G = gatesOf(cell);
  for (let t = 0; t < T; t++) {
    for (let b = 0; b < B; b++) {
      const now = t * B + b;
      for (let j = 0; j < H; j++) {
        const at = now * G * H + j;
        const { a, c } = mixture(cell, gates, at, H);
        // h_t = a ⊙ h_{t−1} + c ⊙ h̃_t
        hs[(now + B) * H + j] = a * hs[now * H + j]! + c * candidate(gates[at + (G - 1) * H]!);
      }
    }
  }
}

export function minimalBackward(
  { T, B, H }: WindowShape,
  cell: MinimalCell,
  gates: Floats,
  hs: Floats,
  dY: Floats,
  dH: Floats,
): void {
  const G = gatesOf(cell);
  for (let t = T - 1; t >= 0; t--) {
    for (let b = 0; b < B; b++) {
      const now = t * B + b;
      for (let j = 0; j < H; j++) {
        const at = now * G * H + j;
        const { a, c, slopes } = mixture(cell, gates, at, H);
        const x = gates[at + (G - 1) * H]!;
        const dh = dY[now * H + j]! + dH[b * H + j]!;
        // c = 1 − a:  da = dh (h_{t−1} − h̃),  dh̃ = dh c,  dh_{t−1} = dh a
        const da = dh * (hs[now * H + j]! - candidate(x));
        for (const [g, slope] of slopes.entries()) gates[at + g * H] = da * slope;
        gates[at + (G - 1) * H] = dh * c * candidateSlope(x);
        dH[b * H + j] = dh * a;
      }
    }
  }
}
