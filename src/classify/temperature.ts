/**
 * Temperature scaling (Guo, Pleiss, Sun and Weinberger, 2017, "On calibration of modern neural networks"): logits of texts
 * that were held out are divided by T, so that probabilities are as often right as they say. T minimises
 *
 *   −Σ_n ln softmax(z_n / T)[t_n] + ln(T)² / 2
 *
 * whose last part, a prior that T is about 1, keeps a few texts that all are told right from making T tiny.
 */

/** T is looked for between 1/RANGE and RANGE. */
const RANGE = 100;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Of ln T. */
const PRECISION = 1e-6;

/**
 * @param logits (n, C)
 * @param labels (n)
 */
export function fittedTemperature(logits: Float64Array, labels: Int32Array, C: number): number {
  const cost = (logT: number): number => nats(logits, labels, C, Math.exp(logT)) + logT ** 2 / 2;
  // Golden-section search.
  let low = -Math.log(RANGE);
  let high = Math.log(RANGE);
  let left = high - GOLDEN * (high - low);
  let right = low + GOLDEN * (high - low);
  let [fLeft, fRight] = [cost(left), cost(right)];
  while (high - low > PRECISION) {
    if (fLeft <= fRight) {
      [high, right, fRight] = [right, left, fLeft];
      left = high - GOLDEN * (high - low);
      fLeft = cost(left);
    } else {
      [low, left, fLeft] = [left, right, fRight];
      right = low + GOLDEN * (high - low);
      fRight = cost(right);
    }
  }
  return Math.exp((low + high) / 2);
}

/** −Σ_n ln softmax(z_n / T)[t_n] */
export function nats(logits: Float64Array, labels: Int32Array, C: number, temperature = 1): number {
  let sum = 0;
  for (let n = 0; n < labels.length; n++) {
    let most = -Infinity;
    for (let c = 0; c < C; c++) most = Math.max(most, logits[n * C + c]!);
    let exponentials = 0;
    for (let c = 0; c < C; c++) exponentials += Math.exp((logits[n * C + c]! - most) / temperature);
    sum += Math.log(exponentials) - (logits[n * C + labels[n]!]! - most) / temperature;
  }
  return sum;
}
