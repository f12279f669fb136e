/** The reference's Mogrifier LSTM as loops. See `Engine.mogrifierForward` for shapes and equations. */
import type { Floats, Mogrifier, PackedMatrix, Tensor, WindowShape } from "./engine.js";
import { changesX, latestH, latestX } from "./mogrifier.js";
import { lstmBackward, lstmForward, rowTimesMatrix } from "./reference-recurrent.js";
import { ReferenceTensor } from "./reference-tensors.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const dataOf = (x: Tensor): Floats => (x as ReferenceTensor).data;

export function mogrifierForward(
  shape: WindowShape,
  mogrifier: Mogrifier,
  wIh: PackedMatrix,
  wHh: PackedMatrix,
  bias: ReferenceTensor,
  gates: ReferenceTensor,
  hs: ReferenceTensor,
  cs: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  const { I, rounds, inputGate } = mogrifier;
  const r = rounds.length;
  // h of one time step before and after the LSTM: the rounds have changed what comes before.
  const two = new ReferenceTensor(hs.data.slice(0, 2 * B * H));
  for (let t = 0; t < T; t++) {
    for (let i = 1; i <= r; i++)
      for (let n = t * B; n < (t + 1) * B; n++) forwardRound(mogrifier, i, hs, n, H);
    const x = dataOf(latestX(mogrifier, r));
    const h = dataOf(latestH(mogrifier, r, hs));
    const now = t * B * H;
    // W_ih x + b
    const own = gates.slice(4 * now, 4 * B * H);
    for (let b = 0; b < B; b++) {
      own.data.set(bias.data.subarray(0, 4 * H), b * 4 * H);
      rowTimesMatrix(x, (t * B + b) * I, wIh, own.data, b * 4 * H);
    }
    two.data.set(h.subarray(now, now + B * H));
    lstmForward({ T: 1, B, H }, wHh, own, two, cs.slice(now, 2 * B * H), inputGate);
    hs.data.set(two.data.subarray(B * H), now + B * H);
  }
}

/** Row n of round i: y = s ⊙ u, s = 2σ(W v + b). */
function forwardRound(mogrifier: Mogrifier, i: number, hs: Tensor, n: number, H: number): void {
  const { I } = mogrifier;
  const { weights, bias, gate, y, low } = mogrifier.rounds[i - 1]!;
  const [x, h] = [dataOf(latestX(mogrifier, i - 1)), dataOf(latestH(mogrifier, i - 1, hs))];
  const [u, width, v, read] = changesX(i) ? [x, I, h, H] : [h, H, x, I];
  const s = dataOf(gate);
  const [first, second] = weights;
  s.set(dataOf(bias).subarray(0, width), n * width);
  if (second) {
    const k = second.k;
    dataOf(low!).fill(0, n * k, (n + 1) * k);
    rowTimesMatrix(v, n * read, first!, dataOf(low!), n * k);
    rowTimesMatrix(dataOf(low!), n * k, second, s, n * width);
  } else rowTimesMatrix(v, n * read, first!, s, n * width);
  for (let j = n * width; j < (n + 1) * width; j++) {
    s[j] = 2 * sigmoid(s[j]!);
    dataOf(y)[j] = s[j]! * u[j]!;
  }
}

export function mogrifierBackward(
  shape: WindowShape,
  mogrifier: Mogrifier,
  wIhT: PackedMatrix,
  wHhT: PackedMatrix,
  gates: ReferenceTensor,
  hs: ReferenceTensor,
  cs: ReferenceTensor,
  dY: ReferenceTensor,
  dX: ReferenceTensor,
  dH: ReferenceTensor,
  dC: ReferenceTensor,
): void {
  const { T, B, H } = shape;
  const { I, rounds, inputGate } = mogrifier;
  for (let t = T - 1; t >= 0; t--) {
    const now = t * B * H;
    const own = gates.slice(4 * now, 4 * B * H);
    const step = { T: 1, B, H };
    // dh of the last h, dx of the last x
    lstmBackward(step, wHhT, own, cs.slice(now, 2 * B * H), dY.slice(now, B * H), dH, dC, inputGate);
    for (let b = 0; b < B; b++) {
      const n = t * B + b;
      dX.data.fill(0, n * I, (n + 1) * I);
      rowTimesMatrix(own.data, b * 4 * H, wIhT, dX.data, n * I);
      for (let i = rounds.length; i >= 1; i--) backwardRound(mogrifier, i, hs, n, H, dX.data, dH.data, b * H);
    }
  }
}

/** Row n of round i: da = dy ⊙ u ⊙ s (1 − s / 2), du = dy ⊙ s, dv += Wᵀ da. @param hAt where dh of the row stands */
function backwardRound(
  mogrifier: Mogrifier,
  i: number,
  hs: Tensor,
  n: number,
  H: number,
  dX: Floats,
  dH: Floats,
  hAt: number,
): void {
  const { I } = mogrifier;
  const { weights, gate, low } = mogrifier.rounds[i - 1]!;
  const xAt = n * I;
  const [u, width, d, dAt, dv, dvAt] = changesX(i)
    ? [dataOf(latestX(mogrifier, i - 1)), I, dX, xAt, dH, hAt]
    : [dataOf(latestH(mogrifier, i - 1, hs)), H, dH, hAt, dX, xAt];
  const s = dataOf(gate);
  for (let j = 0; j < width; j++) {
    const at = n * width + j;
    const [gated, dy] = [s[at]!, d[dAt + j]!];
    s[at] = dy * u[at]! * gated * (1 - gated / 2);
    d[dAt + j] = dy * gated;
  }
  const [first, second] = weights;
  if (!second) return rowTimesMatrix(s, n * width, first!, dv, dvAt);
  const k = second.k;
  dataOf(low!).fill(0, n * k, (n + 1) * k);
  rowTimesMatrix(s, n * width, first!, dataOf(low!), n * k);
  rowTimesMatrix(dataOf(low!), n * k, second, dv, dvAt);
}
