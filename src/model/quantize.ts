/**
 * Weights as int8: each row of a matrix W (n, k) has one scale, the largest magnitude of its elements / 127, and an
 * element is the whole number nearest to w / scale. So no element is off by more than half its row's scale
 * (or, among the subnormal numbers, by more than 1e-38).
 */

/** Rows as int8. */
export interface QuantizedRows {
  /** (n, k), from −127 to 127. */
  readonly q: Int8Array<ArrayBuffer>;
  /** (n); zero for a row of zeros. */
  readonly scales: Float32Array<ArrayBuffer>;
}

const LARGEST = 127;

/**
 * @param w (n, k)
 * @throws RangeError where an element is not finite
 */
export function quantizeRows(w: ArrayLike<number>, n: number, k: number): QuantizedRows {
  const q = new Int8Array(n * k);
  const scales = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    let largest = 0;
    for (let i = row * k; i < (row + 1) * k; i++) {
      const size = Math.abs(w[i]!);
      if (!(size < Infinity)) throw new RangeError(`row ${row} holds ${w[i]}`);
      if (size > largest) largest = size;
    }
    // The scale as it is stored, so that the elements are rounded relative to the value that is read back.
    scales[row] = largest / LARGEST;
    const scale = scales[row]!;
    if (scale === 0) continue;
    for (let i = row * k; i < (row + 1) * k; i++) {
      q[i] = Math.max(-LARGEST, Math.min(LARGEST, Math.round(w[i]! / scale)));
    }
  }
  return { q, scales };
}
