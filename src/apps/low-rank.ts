/**
 * A matrix of low rank near a given one, by randomised subspace iteration (Halko, Martinsson and Tropp, 2011, "Finding
 * structure with randomness", algorithm 4.4). With rows Q (l, k), orthonormal, l a few more than the rank r:
 *
 *   Q ← orth((D Qᵀ)ᵀ D)   some times;   P = D Qᵀ (n, l),   Pᵀ P = V Λ Vᵀ
 *   L = P V_r (n, r),   R = V_rᵀ Q (r, k),   L R ≈ D, the best of rank r with rows in the span of Q
 */
import { Random } from "../engine/random.js";
import { orthonormal, symmetricEigen } from "../vectors/principal-components.js";

/** Vectors beside those that are wanted, and rounds: with these the rest is hardly larger than the smallest possible. */
const EXTRA = 6;
const ROUNDS = 3;
/** Part of the sum of squares that may be left out, so that a short text takes little room. */
const LEFT_OUT = 1e-3;

/** Two factors of a matrix (n, k), of which the left one has only rows that are not zero: Σ_c s_c L_c R_c. */
export interface LowRank {
  readonly rank: number;
  /** (m) numbers of the rows, ascending; undefined: all n. */
  readonly rows: Int32Array | undefined;
  /** (r) */
  readonly scale: Float32Array;
  /** (m, r) */
  readonly left: Float32Array | Int8Array;
  /** (r, k) */
  readonly right: Float32Array | Int8Array;
}

/** @param D (n, k) @param rank r at most; fewer where these are nearly all of D */
export function lowRank(D: Float32Array, n: number, k: number, rank: number): LowRank {
  const rows = rowsOf(D, n, k);
  const l = Math.min(k, rank + EXTRA);
  const random = new Random(1);
  const drawn = (): Float64Array => Float64Array.from({ length: k }, () => random.next() - 0.5);
  let Q = orthonormal(
    Array.from({ length: l }, () => drawn()),
    drawn,
  );
  for (let round = 0; round < ROUNDS; round++) {
    const Z = Q.map(() => new Float64Array(k));
    for (const row of rows) {
      const at = row * k;
      for (const [j, q] of Q.entries()) addRow(Z[j]!, D, at, dotRow(q, D, at));
    }
    Q = orthonormal(Z, drawn);
  }
  const P = new Float64Array(rows.length * l);
  for (let i = 0; i < rows.length; i++)
    for (let j = 0; j < l; j++) P[i * l + j] = dotRow(Q[j]!, D, rows[i]! * k);
  const squares = Q.map(() => new Float64Array(l));
  for (let i = 0; i < P.length; i += l)
    for (let a = 0; a < l; a++) {
      const x = P[i + a]!;
      const sum = squares[a]!;
      for (let b = 0; b < l; b++) sum[b]! += x * P[i + b]!;
    }
  const { values, vectors } = symmetricEigen(squares);
  let rest = 0;
  for (const x of D) rest += x * x;
  const least = LEFT_OUT * rest;
  let r = 0;
  while (r < Math.min(rank, l) && rest > least && values[r]! > 0) rest -= values[r++]!;
  const kept = vectors.slice(0, r);
  const left = new Float32Array(rows.length * r);
  const right = new Float32Array(r * k);
  for (const [c, v] of kept.entries()) {
    for (let i = 0; i < rows.length; i++) {
      let sum = 0;
      for (let j = 0; j < l; j++) sum += v[j]! * P[i * l + j]!;
      left[i * r + c] = sum;
    }
    const row = new Float64Array(k);
    for (const [j, q] of Q.entries()) for (let d = 0; d < k; d++) row[d]! += v[j]! * q[d]!;
    right.set(row, c * k);
  }
  return {
    rank: r,
    rows: rows.length === n ? undefined : rows,
    scale: new Float32Array(r).fill(1),
    left,
    right,
  };
}

/** The factors rounded to int8: of each of the r products by itself, so that the largest number of a factor becomes 127. */
export function quantized({ rank: r, rows, scale, left, right }: LowRank): LowRank {
  const m = r === 0 ? 0 : left.length / r;
  const k = r === 0 ? 0 : right.length / r;
  const scales = new Float32Array(r);
  const L = new Int8Array(left.length);
  const R = new Int8Array(right.length);
  for (let c = 0; c < r; c++) {
    let [most, mostRight] = [0, 0];
    for (let i = 0; i < m; i++) most = Math.max(most, Math.abs(left[i * r + c]!));
    for (let d = 0; d < k; d++) mostRight = Math.max(mostRight, Math.abs(right[c * k + d]!));
    if (most === 0 || mostRight === 0) continue;
    for (let i = 0; i < m; i++) L[i * r + c] = Math.round((127 * left[i * r + c]!) / most);
    for (let d = 0; d < k; d++) R[c * k + d] = Math.round((127 * right[c * k + d]!) / mostRight);
    scales[c] = (scale[c]! * most * mostRight) / (127 * 127);
  }
  return { rank: r, rows, scale: scales, left: L, right: R };
}

/** D (n, k) += L R */
export function addLowRank({ rank: r, rows, scale, left, right }: LowRank, D: Float32Array, k: number): void {
  const m = r === 0 ? 0 : left.length / r;
  for (let i = 0; i < m; i++) {
    const at = (rows ? rows[i]! : i) * k;
    for (let c = 0; c < r; c++) {
      const factor = scale[c]! * left[i * r + c]!;
      if (factor === 0) continue;
      for (let d = 0, from = c * k; d < k; d++, from++) D[at + d]! += factor * right[from]!;
    }
  }
}

/** Numbers of the rows with anything in them. */
function rowsOf(D: Float32Array, n: number, k: number): Int32Array {
  const rows = new Int32Array(n);
  let count = 0;
  for (let row = 0; row < n; row++)
    for (let at = row * k; at < (row + 1) * k; at++) {
      if (D[at] === 0) continue;
      rows[count++] = row;
      break;
    }
  return rows.slice(0, count);
}

function dotRow(q: Float64Array, D: Float32Array, at: number): number {
  let sum = 0;
  for (let d = 0; d < q.length; d++) sum += q[d]! * D[at + d]!;
  return sum;
}

function addRow(z: Float64Array, D: Float32Array, at: number, factor: number): void {
  for (let d = 0; d < z.length; d++) z[d]! += factor * D[at + d]!;
}
