/** A mean and its standard error, of numbers that are independent of each other. */

export interface MeanAndError {
  readonly mean: number;
  readonly error: number;
}

export function meanAndError(values: ArrayLike<number>): MeanAndError {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 };
}
