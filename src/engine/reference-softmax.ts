/** Softmax cross-entropy of the reference engine. */
import type { Floats, LossSums, Operands, SoftmaxLoss } from "./engine.js";
import { asOperand, rowsOf } from "./reference-tensors.js";

/**
 * Softmax cross-entropy with its output layer, row by row.
 * @param logits room for V
 * @param operands what the products' operands are rounded to, with gradients
 */
export function softmaxLoss(loss: SoftmaxLoss, logits: Floats, operands: Operands): LossSums {
  const { N, H, V, h, weight, bias, targets, targetBias } = loss;
  const { logProbabilities, bestLogProbabilities, backward } = loss;
  const operand = (x: number): number => asOperand(x, backward ? operands : "float");
  const W = rowsOf(weight);
  let nats = 0;
  let count = 0;
  let correct = 0;
  for (let row = 0; row < N; row++) {
    const target = targets.data[row]!;
    backward?.dH.data.fill(0, row * H, (row + 1) * H);
    if (logProbabilities) logProbabilities.data[row] = 0;
    if (bestLogProbabilities) bestLogProbabilities.data[row] = 0;
    if (target < 0) continue;
    let best = 0;
    for (let v = 0; v < V; v++) {
      let sum = bias ? bias.data[v]! : 0;
      for (let j = 0; j < H; j++) sum += operand(h.data[row * H + j]!) * operand(W[v * H + j]!);
      logits[v] = sum;
      if (targetBias && v === target) logits[v]! += targetBias.data[v]!;
      if (logits[v]! > logits[best]!) best = v;
    }
    // −ln p(target) = ln Σ_v e^{l_v} − l_target, shifted by the greatest logit
    const max = logits[best]!;
    let sum = 0;
    for (let v = 0; v < V; v++) sum += Math.exp(logits[v]! - max);
    const logSum = max + Math.log(sum);
    nats += logSum - logits[target]!;
    count++;
    if (best === target) correct++;
    if (logProbabilities) logProbabilities.data[row] = logits[target]! - logSum;
    if (bestLogProbabilities) bestLogProbabilities.data[row] = max - logSum;
    if (!backward) continue;
    // dl_v = scale (p_v − [v = target]);  dh = Wᵀ dl, dW += dl hᵀ, db += dl
    for (let v = 0; v < V; v++) {
      const dl = backward.scale * (Math.exp(logits[v]! - logSum) - (v === target ? 1 : 0));
      if (backward.dBias) backward.dBias.data[v]! += dl;
      const d = operand(dl);
      for (let j = 0; j < H; j++) {
        backward.dH.data[row * H + j]! += d * operand(W[v * H + j]!);
        backward.dWeight.data[v * H + j]! += d * operand(h.data[row * H + j]!);
      }
    }
  }
  return { nats, count, correct };
}
