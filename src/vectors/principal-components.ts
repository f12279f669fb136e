/**
 * The first eigenvectors of a symmetric matrix C (D, D) without negative eigenvalues, such as Σ v vᵀ: orthogonal iteration
 * with a few vectors more than are wanted, of which in every round the best combinations are taken (Rayleigh–Ritz). With
 * rows Q (m, D), orthonormal:
 *
 *   Y = Q C,   R = Y Qᵀ = W Λ Wᵀ,   u = the rows of Wᵀ Q;   Q becomes the orthonormal rows of Wᵀ Y
 */
import { Random } from "../engine/random.js";
import { dot, lengthOf } from "./vector-blocks.js";

/** Vectors beside those that are wanted: the more, the fewer rounds. */
const EXTRA = 8;
/** A wanted vector that is not found by then has others of nearly its eigenvalue: it is as good as they are. */
const MOST_ROUNDS = 300;
/** A vector is found where ‖C u − λ u‖ is so small beside λ, or all that rounding leaves of the first. */
const TOLERANCE = 1e-7;
const ROUNDING = 1e-13;
/** A row that keeps no more of its length is one that the others had in them. */
const DEPENDENT = 1e-10;

/**
 * @param C (D, D)
 * @param k how many, at most D
 * @returns k orthonormal rows, those of the greatest eigenvalues first; of equal eigenvalues any rows that span the same
 */
export function principalComponents(C: Float64Array, D: number, k: number): Float64Array[] {
  const m = Math.min(D, k + EXTRA);
  const random = new Random(1);
  const drawn = (): Float64Array => Float64Array.from({ length: D }, () => random.next() - 0.5);
  let Q = orthonormal(
    Array.from({ length: m }, () => drawn()),
    drawn,
  );
  for (let round = 0; ; round++) {
    const Y = Q.map((q) => timesMatrix(C, q));
    const R = Y.map((y) => Float64Array.from(Q, (q) => dot(y, q)));
    const { values, vectors } = symmetricEigen(R);
    Q = vectors.map((w) => combined(w, Q));
    const next = vectors.map((w) => combined(w, Y));
    const isFound = (q: Float64Array, i: number): boolean => {
      const squares = next[i]!.reduce((sum, y, d) => sum + (y - values[i]! * q[d]!) ** 2, 0);
      return Math.sqrt(squares) <= Math.max(TOLERANCE * values[i]!, ROUNDING * values[0]!);
    };
    const wanted = Q.slice(0, k);
    if (wanted.every(isFound) || round === MOST_ROUNDS) return wanted;
    Q = orthonormal(next, drawn);
  }
}

/** C q of a symmetric C. */
function timesMatrix(C: Float64Array, q: Float64Array): Float64Array {
  const D = q.length;
  const y = new Float64Array(D);
  for (let i = 0; i < D; i++) {
    const x = q[i]!;
    if (x === 0) continue;
    for (let j = 0, at = i * D; j < D; j++, at++) y[j]! += x * C[at]!;
  }
  return y;
}

/** Σ_j w_j rows_j */
function combined(w: Float64Array, rows: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(rows[0]!.length);
  for (const [j, row] of rows.entries()) for (let d = 0; d < sum.length; d++) sum[d]! += w[j]! * row[d]!;
  return sum;
}

/** Gram–Schmidt, each row against the others twice. @param drawn a row for one that is dependent on those before it */
export function orthonormal(rows: readonly Float64Array[], drawn: () => Float64Array): Float64Array[] {
  const done: Float64Array[] = [];
  for (let row of rows) {
    for (;;) {
      const before = lengthOf(row);
      const rest = Float64Array.from(row);
      for (let pass = 0; pass < 2; pass++)
        for (const other of done) {
          const part = dot(rest, other);
          for (let d = 0; d < rest.length; d++) rest[d]! -= part * other[d]!;
        }
      const length = lengthOf(rest);
      if (length > DEPENDENT * before) {
        done.push(rest.map((x) => x / length));
        break;
      }
      row = drawn();
    }
  }
  return done;
}

/**
 * Eigenvalues, the greatest first, and eigenvectors of a small symmetric matrix: Jacobi's rotations (Golub and Van Loan,
 * "Matrix Computations", 8.5), each of which makes a pair of elements beside the diagonal zero.
 */
export function symmetricEigen(matrix: readonly Float64Array[]): {
  readonly values: readonly number[];
  readonly vectors: readonly Float64Array[];
} {
  const n = matrix.length;
  const A = matrix.map((row, i) => Float64Array.from(row, (x, j) => (x + matrix[j]![i]!) / 2));
  const V = A.map((_, i) => Float64Array.from({ length: n }, (_value, j) => (i === j ? 1 : 0)));
  const scale = Math.sqrt(A.reduce((sum, row) => sum + dot(row, row), 0));
  for (let sweep = 0; sweep < 60; sweep++) {
    let beside = 0;
    for (let p = 0; p < n; p++) for (let q = 0; q < p; q++) beside += A[p]![q]! ** 2;
    if (Math.sqrt(beside) <= 1e-15 * scale) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(A, V, p, q);
  }
  const order = A.map((_, i) => i).toSorted((i, j) => A[j]![j]! - A[i]![i]!);
  return { values: order.map((i) => A[i]![i]!), vectors: order.map((i) => V[i]!) };
}

/** A ← J A Jᵀ, V ← J V with the rotation of rows p and q that makes A_pq zero; the rows of V are the vectors. */
function rotate(A: readonly Float64Array[], V: readonly Float64Array[], p: number, q: number): void {
  const off = A[p]![q]!;
  if (off === 0) return;
  const tau = (A[q]![q]! - A[p]![p]!) / (2 * off);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = t * c;
  for (const row of A) {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  for (const rows of [A, V])
    for (let j = 0; j < A.length; j++) {
      const [x, y] = [rows[p]![j]!, rows[q]![j]!];
      rows[p]![j] = c * x - s * y;
      rows[q]![j] = s * x + c * y;
    }
}
