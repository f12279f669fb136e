/** Softmax cross-entropy of the reference engine, and mixtures of softmaxes: one softmax is a mixture of K = 1. */
import type { Floats, Operands, SoftmaxLoss, SoftmaxMean, SoftmaxMeanGradients, Tensor } from "./engine.js";
import type { HostSums } from "./host-sums.js";
import { type ReferenceIds, type ReferenceTensor, asOperand, rowsOf } from "./reference-tensors.js";

const floatsOf = (x: Tensor | undefined): Floats | undefined => (x as ReferenceTensor | undefined)?.data;

/** Index of the greatest of x[from … from + length); the lowest of equals. */
function indexOfGreatest(x: Floats, from: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (x[from + i]! > x[from + best]!) best = i;
  return best;
}

/** ln Σ e^x over x[from … from + length), shifted by the greatest. */
function logSumExp(x: Floats, from: number, length: number): number {
  const max = x[from + indexOfGreatest(x, from, length)]!;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.exp(x[from + i]! - max);
  return max + Math.log(sum);
}

/**
 * Softmax cross-entropy with its output layer, row by row.
 * @param logits room for K·V
 * @param operands what the products' operands are rounded to, with gradients
 */
export function softmaxLoss(loss: SoftmaxLoss, logits: Floats, operands: Operands): void {
  const { N, H, V, weight, backward, mixture } = loss;
  const K = mixture?.K ?? 1;
  const h = floatsOf(loss.h)!;
  const targets = (loss.targets as ReferenceIds).data;
  const bias = floatsOf(loss.bias);
  const targetBias = floatsOf(loss.targetBias);
  const prior = floatsOf(mixture?.prior);
  const own = floatsOf(loss.logProbabilities);
  const greatest = floatsOf(loss.bestLogProbabilities);
  const dH = floatsOf(backward?.dH);
  const dWeight = floatsOf(backward?.dWeight);
  const dBias = floatsOf(backward?.dBias);
  const dPrior = backward && floatsOf(mixture?.dPrior);
  const operand = (x: number): number => asOperand(x, backward ? operands : "float");
  const W = rowsOf(weight as ReferenceTensor);
  /** Of each component of a row: ln Σ_v e^{l_v}, ln π, and ln π + ln p(target). */
  const logSums = new Float64Array(K);
  const logPriors = new Float64Array(K);
  const joint = new Float64Array(K);
  let nats = 0;
  let correct = 0;
  for (let row = 0; row < N; row++) {
    const target = targets[row]!;
    dH?.fill(0, row * K * H, (row + 1) * K * H);
    dPrior?.fill(0, row * K, (row + 1) * K);
    if (own) own[row] = 0;
    if (greatest) greatest[row] = 0;
    if (target < 0) continue;
    // l_k = h_k Wᵀ + b
    for (let k = 0; k < K; k++) {
      for (let v = 0; v < V; v++) {
        let sum = bias ? bias[v]! : 0;
        for (let j = 0; j < H; j++) sum += operand(h[(row * K + k) * H + j]!) * operand(W[v * H + j]!);
        logits[k * V + v] = sum;
        if (targetBias && v === target) logits[k * V + v]! += targetBias[v]!;
      }
      logSums[k] = logSumExp(logits, k * V, V);
      logPriors[k] = prior ? prior[row * K + k]! - logSumExp(prior, row * K, K) : 0;
      joint[k] = logPriors[k]! + logits[k * V + target]! - logSums[k]!;
    }
    // ln p(target) = ln Σ_k π_k p_k(target)
    const log = logSumExp(joint, 0, K);
    nats -= log;
    if (own) own[row] = log;
    const best = K === 1 ? indexOfGreatest(logits, 0, V) : bestOfMixture(logits, logSums, logPriors, V);
    if (best === target) correct++;
    if (greatest) greatest[row] = logits[best]! - logSums[0]!;
    if (!backward) continue;
    for (let k = 0; k < K; k++) {
      // r_k = π_k p_k(target) / p(target);  dl_v = scale r_k (p_kv − [v = target]);  dprior = scale (π_k − r_k)
      const share = Math.exp(joint[k]! - log);
      if (dPrior) dPrior[row * K + k] = backward.scale * (Math.exp(logPriors[k]!) - share);
      // dh = Wᵀ dl, dW += dl hᵀ, db += dl
      const at = (row * K + k) * H;
      for (let v = 0; v < V; v++) {
        const p = Math.exp(logits[k * V + v]! - logSums[k]!);
        const dl = backward.scale * share * (p - (v === target ? 1 : 0));
        if (dBias) dBias[v]! += dl;
        const d = operand(dl);
        for (let j = 0; j < H; j++) {
          dH![at + j]! += d * operand(W[v * H + j]!);
          dWeight![v * H + j]! += d * operand(h[at + j]!);
        }
      }
    }
  }
  const sums = loss.sums as HostSums;
  sums.nats += nats;
  sums.correct += correct;
}

/** Calls `each` with every counted row's number, target, p (V) and ln p(target). */
function softmaxOfRows(
  mean: SoftmaxMean,
  operands: Operands,
  each: (row: number, target: number, p: Float64Array, log: number) => void,
): void {
  const { N, H, V } = mean;
  const [h, W] = [floatsOf(mean.h)!, floatsOf(mean.weight)!];
  const [bias, targetBias] = [floatsOf(mean.bias), floatsOf(mean.targetBias)];
  const targets = (mean.targets as ReferenceIds).data;
  const p = new Float64Array(V);
  for (let row = 0; row < N; row++) {
    const target = targets[row]!;
    if (target < 0) continue;
    for (let v = 0; v < V; v++) {
      let l = (bias ? bias[v]! : 0) + (targetBias && v === target ? targetBias[v]! : 0);
      for (let j = 0; j < H; j++)
        l += asOperand(h[row * H + j]!, operands) * asOperand(W[v * H + j]!, operands);
      p[v] = l;
    }
    const logSum = logSumExp(p, 0, V);
    const log = p[target]! - logSum;
    for (let v = 0; v < V; v++) p[v] = Math.exp(p[v]! - logSum);
    each(row, target, p, log);
  }
}

/** e = Σ_v p_v W_v, row by row. */
export function softmaxMean(mean: SoftmaxMean, e: Floats, sums: HostSums, operands: Operands): void {
  const { N, H, V } = mean;
  const W = floatsOf(mean.weight)!;
  e.fill(0, 0, N * H);
  softmaxOfRows(mean, operands, (row, _target, p, log) => {
    sums.nats -= log;
    for (let v = 0; v < V; v++) {
      const weight = asOperand(p[v]!, operands);
      for (let j = 0; j < H; j++) e[row * H + j]! += weight * asOperand(W[v * H + j]!, operands);
    }
  });
}

export function softmaxMeanBackward(
  mean: SoftmaxMean,
  gradients: SoftmaxMeanGradients,
  operands: Operands,
): void {
  const { N, H, V } = mean;
  const { scale } = gradients;
  const [h, W, dE] = [floatsOf(mean.h)!, floatsOf(mean.weight)!, floatsOf(gradients.dE)!];
  const [dH, dWeight, dBias] = [
    floatsOf(gradients.dH)!,
    floatsOf(gradients.dWeight)!,
    floatsOf(gradients.dBias),
  ];
  const operand = (x: number): number => asOperand(x, operands);
  dH.fill(0, 0, N * H);
  softmaxOfRows(mean, operands, (row, target, p) => {
    const dp = new Float64Array(V);
    let sum = 0;
    for (let v = 0; v < V; v++) {
      for (let j = 0; j < H; j++) dp[v]! += operand(dE[row * H + j]!) * operand(W[v * H + j]!);
      sum += p[v]! * dp[v]!;
    }
    for (let v = 0; v < V; v++) {
      const dl = p[v]! * (scale + dp[v]! - sum) - (v === target ? scale : 0);
      if (dBias) dBias[v]! += dl;
      for (let j = 0; j < H; j++) {
        dH[row * H + j]! += operand(dl) * operand(W[v * H + j]!);
        dWeight[v * H + j]! +=
          operand(dl) * operand(h[row * H + j]!) + operand(p[v]!) * operand(dE[row * H + j]!);
      }
    }
  });
}

/** The token with the greatest p = Σ_k π_k p_k. */
function bestOfMixture(logits: Floats, logSums: Floats, logPriors: Floats, V: number): number {
  const p = new Float64Array(V);
  for (let k = 0; k < logSums.length; k++)
    for (let v = 0; v < V; v++) p[v]! += Math.exp(logPriors[k]! + logits[k * V + v]! - logSums[k]!);
  return indexOfGreatest(p, 0, V);
}
