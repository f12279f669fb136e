/**
 * Checks of an engine's operations before a kernel is called, since a kernel reads and writes at any address it gets:
 * that sizes are whole numbers, that every tensor has the elements these sizes speak of, and that ids are rows of what
 * they choose from. A function for each operation, or for those with the same operands; all throw a RangeError. They
 * cost a few comparisons a call, and one pass over the ids where there are any.
 */
import { MOST_ROUNDS } from "../cells.js";
import type { DropoutSettings, Mogrifier, PackedMatrix, SoftmaxLoss, Tensor, WindowShape } from "./engine.js";
import { MOST_COMPONENTS } from "./engine.js";
import { changesX } from "./mogrifier.js";

type Run = { readonly length: number };

/** @throws RangeError where a size is not a whole number from 0 on */
export function checkSizes(a: number, b = 0, c = 0): void {
  if (a >>> 0 === a && b >>> 0 === b && c >>> 0 === c) return;
  const wrong = [a, b, c].find((size) => size >>> 0 !== size);
  throw new RangeError(`a size is ${wrong}; it has to be a whole number from 0 on`);
}

/** @throws RangeError where there is a tensor and it is shorter than the operation needs */
export function checkLength(x: Run | undefined, needed: number, name: string): void {
  if (x !== undefined && !(x.length >= needed))
    throw new RangeError(`${name} has ${x.length} elements, and these sizes need ${needed}`);
}

/** @throws RangeError where a part reaches outside */
export function checkSlice(x: Run, start: number, length: number): void {
  if (start >>> 0 === start && length >>> 0 === length && start + length <= x.length) return;
  throw new RangeError(`elements ${start} … ${start + length} lie outside the tensor's ${x.length}`);
}

/** @throws RangeError where one of the first N ids is below `least`, or not below `end` */
export function checkIds(ids: Int32Array, N: number, end: number, least = 0): void {
  for (let n = 0; n < N; n++) {
    const id = ids[n]!;
    if (id < least || id >= end)
      throw new RangeError(`id ${id}, number ${n}, is not from ${least} to ${end - 1}`);
  }
}

/** @throws RangeError where packed weights are not (k, n) */
export function checkPacked(p: PackedMatrix, k: number, n: number): void {
  if (p.k !== k || p.n !== n)
    throw new RangeError(`packed weights are (${p.k}, ${p.n}), and these sizes need (${k}, ${n})`);
}

/** Exactly as many elements as W (n, k) has, and scales. */
export function checkQuantized(q: Run, scales: Run, { k, n }: PackedMatrix): void {
  if (q.length === k * n && scales.length === n) return;
  throw new RangeError(`int8 weights of (${n}, ${k}) are not ${q.length} with ${scales.length} scales`);
}

/** Two tensors of one length. */
export function checkSame(x: Run, y: Run | undefined): void {
  checkLength(y, x.length, "the other tensor");
}

export function checkMatmul(x: Run, { k, n }: PackedMatrix, y: Run, N: number, bias?: Run): void {
  checkSizes(N);
  checkLength(x, N * k, "x");
  checkLength(y, N * n, "y");
  checkLength(bias, n, "the bias");
}

export function checkLinear(x: Run, w: Run, y: Run, N: number, k: number, n: number, bias?: Run): void {
  checkSizes(N, k, n);
  checkLength(x, N * k, "x");
  checkLength(w, n * k, "the weight");
  checkLength(y, N * n, "y");
  checkLength(bias, n, "the bias");
}

export function checkWeightGradient(
  dY: Run,
  x: Run,
  dW: Run,
  N: number,
  m: number,
  n: number,
  stride: number,
): void {
  checkSizes(m, n);
  checkRows(dY, N, m, stride);
  checkLength(x, N * n, "x");
  checkLength(dW, m * n, "dW");
}

export function checkBiasGradient(dY: Run, db: Run, N: number, n: number, stride: number): void {
  checkRows(dY, N, n, stride);
  checkLength(db, n, "db");
}

/** N rows of n that stand `stride` apart. */
function checkRows(dY: Run, N: number, n: number, stride: number): void {
  checkSizes(N, n, stride);
  checkLength(dY, N === 0 ? 0 : (N - 1) * stride + n, "dY");
}

/** @param ids their values */
export function checkEmbedding(w: Run | PackedMatrix, ids: Int32Array, y: Run, N: number, E: number): void {
  checkSizes(N, E);
  checkLength(ids, N, "ids");
  checkLength(y, N * E, "y");
  if ("kind" in w) checkPacked(w, E, w.n);
  checkIds(ids, N, "kind" in w ? w.n : rowsIn(w, E));
}

/** Some rows of X (·, E). */
export function checkSomeRows(x: Run, rows: Int32Array, count: number, E: number): void {
  checkSizes(count, E);
  checkLength(rows, count, "rows");
  checkIds(rows, count, rowsIn(x, E));
}

const rowsIn = (x: Run, E: number): number => (E === 0 ? 0 : Math.floor(x.length / E));

/** The operands that every recurrence has, forward: G gates in z, and the states hs (and cs). */
export function checkForward({ T, B, H }: WindowShape, G: number, z: Run, hs: Run, cs?: Run): void {
  checkSizes(T, B, H);
  checkLength(z, T * B * G * H, "the gates");
  checkLength(hs, (T + 1) * B * H, "hs");
  checkLength(cs, (T + 1) * B * H, "cs");
}

/** The additional operands of a recurrence backward. */
export function checkBackward({ T, B, H }: WindowShape, dY: Run, dH: Run, dC?: Run): void {
  checkLength(dY, T * B * H, "dY");
  checkLength(dH, B * H, "dH");
  checkLength(dC, B * H, "dC");
}

/** The operands that only the GRU has, forward. */
export function checkGru(
  { T, B, H }: WindowShape,
  wRz: PackedMatrix,
  wN: PackedMatrix,
  q: Run,
  bHh: Run,
): void {
  checkPacked(wRz, H, 2 * H);
  checkPacked(wN, H, H);
  checkLength(q, T * B * H, "q");
  checkLength(bHh, 3 * H, "bHh");
}

/** The operands that only the GRU has, backward. */
export function checkGruBackward(
  { T, B, H }: WindowShape,
  wRzT: PackedMatrix,
  wNT: PackedMatrix,
  q: Run,
): void {
  checkPacked(wRzT, 2 * H, H);
  checkPacked(wNT, H, H);
  checkLength(q, T * B * H, "q");
}

/** The operands that only the Mogrifier LSTM has, forward. */
export function checkMogrifier(
  shape: WindowShape,
  mogrifier: Mogrifier,
  wIh: PackedMatrix,
  wHh: PackedMatrix,
  bias: Run,
): void {
  checkPacked(wIh, mogrifier.I, 4 * shape.H);
  checkPacked(wHh, shape.H, 4 * shape.H);
  checkLength(bias, 4 * shape.H, "the bias");
  checkRounds(shape, mogrifier, false);
}

/** The same backward. */
export function checkMogrifierBackward(
  shape: WindowShape,
  mogrifier: Mogrifier,
  wIhT: PackedMatrix,
  wHhT: PackedMatrix,
  dX: Run,
): void {
  checkPacked(wIhT, 4 * shape.H, mogrifier.I);
  checkPacked(wHhT, 4 * shape.H, shape.H);
  checkLength(dX, shape.T * shape.B * mogrifier.I, "dX");
  checkRounds(shape, mogrifier, true);
}

function checkRounds({ T, B, H }: WindowShape, { I, x, rounds }: Mogrifier, backward: boolean): void {
  checkSizes(I);
  const N = T * B;
  checkLength(x, N * I, "x");
  if (rounds.length < 1 || rounds.length > MOST_ROUNDS)
    throw new RangeError(`there are ${rounds.length} rounds; there have to be 1 to ${MOST_ROUNDS}`);
  /** The rank; 0: full. */
  const k = rounds[0]!.weights.length > 1 ? rounds[0]!.weights[0]!.n : 0;
  for (const [index, { weights, bias, gate, y, low }] of rounds.entries()) {
    const [n, m] = changesX(index + 1) ? [I, H] : [H, I];
    const [from, to] = backward ? [n, m] : [m, n];
    const [first, second] = weights;
    if (weights.length !== (k === 0 ? 1 : 2))
      throw new RangeError(`round ${index + 1} has ${weights.length} packed weights, unlike the first`);
    checkPacked(first!, from, k === 0 ? to : k);
    if (second) checkPacked(second, k, to);
    checkLength(bias, n, "a round's bias");
    checkLength(gate, N * n, "a round's gate");
    checkLength(y, N * n, "a round's y");
    if (second) checkLength(low ?? [], N * k, "a round's low");
  }
}

/** @param targets their values */
export function checkSoftmax(loss: Omit<SoftmaxLoss, "sums">, targets: Int32Array): void {
  const { N, H, V, h, weight, bias, targetBias, logProbabilities, bestLogProbabilities, backward } = loss;
  const rows = N * checkMixture(loss);
  checkSizes(N, H, V);
  checkLength(h, rows * H, "h");
  if ("kind" in weight) checkPacked(weight, H, V);
  else checkLength(weight, V * H, "the weight");
  checkLength(bias, V, "the bias");
  checkLength(targetBias, V, "targetBias");
  checkLength(logProbabilities, N, "logProbabilities");
  checkLength(bestLogProbabilities, N, "bestLogProbabilities");
  if (backward) {
    checkLength(backward.dH, rows * H, "dH");
    checkLength(backward.dWeight, V * H, "dWeight");
    checkLength(backward.dBias, V, "dBias");
  }
  checkLength(targets, N, "targets");
  checkIds(targets, N, V, -1);
}

/** @returns K; 1 where there is no mixture */
function checkMixture({ N, mixture, bestLogProbabilities, backward }: Omit<SoftmaxLoss, "sums">): number {
  if (!mixture) return 1;
  const { K, prior, dPrior } = mixture;
  if (!(Number.isInteger(K) && K >= 2 && K <= MOST_COMPONENTS))
    throw new RangeError(`a mixture of ${K} components; it has from 2 to ${MOST_COMPONENTS}`);
  checkLength(prior, N * K, "the prior");
  checkLength(dPrior, N * K, "dPrior");
  if (backward && !dPrior) throw new RangeError("a mixture with gradients needs dPrior");
  if (bestLogProbabilities) throw new RangeError("a mixture has no bestLogProbabilities");
  return K;
}

export function checkDropout(x: Tensor, y: Tensor, { p, period = 1 }: DropoutSettings): void {
  checkSame(x, y);
  if (!(period >>> 0 === period && period > 0))
    throw new RangeError(`the period is ${period}; it has to be a whole number above 0`);
  checkProbability(p);
}

export function checkDropoutRows(
  x: Run,
  y: Run,
  ids: Int32Array,
  N: number,
  E: number,
  { p }: DropoutSettings,
): void {
  checkSizes(N, E);
  checkLength(x, N * E, "x");
  checkLength(y, N * E, "y");
  checkLength(ids, N, "ids");
  checkProbability(p);
}

function checkProbability(p: number): void {
  if (!(p >= 0 && p < 1)) throw new RangeError(`p is ${p}; it has to be from 0 on and below 1`);
}
