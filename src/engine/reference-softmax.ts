/** Softmax cross-entropy of the reference engine. */
import type { Floats, Operands, SoftmaxLoss, Tensor } from "./engine.js";
import type { HostSums } from "./host-sums.js";
import { type ReferenceIds, type ReferenceTensor, asOperand, rowsOf } from "./reference-tensors.js";

const floatsOf = (x: Tensor | undefined): Floats | undefined => (x as ReferenceTensor | undefined)?.data;

/**
 * Softmax cross-entropy with its output layer, row by row.
 * @param logits room for V
 * @param operands what the products' operands are rounded to, with gradients
 */
export function softmaxLoss(loss: SoftmaxLoss, logits: Floats, operands: Operands): void {
  const { N, H, V, weight, backward } = loss;
  const h = floatsOf(loss.h)!;
  const targets = (loss.targets as ReferenceIds).data;
  const bias = floatsOf(loss.bias);
  const targetBias = floatsOf(loss.targetBias);
  const own = floatsOf(loss.logProbabilities);
  const greatest = floatsOf(loss.bestLogProbabilities);
  const dH = floatsOf(backward?.dH);
  const dWeight = floatsOf(backward?.dWeight);
  const dBias = floatsOf(backward?.dBias);
  const operand = (x: number): number => asOperand(x, backward ? operands : "float");
  const W = rowsOf(weight as ReferenceTensor);
  let nats = 0;
  let correct = 0;
  for (let row = 0; row < N; row++) {
    const target = targets[row]!;
    dH?.fill(0, row * H, (row + 1) * H);
    if (own) own[row] = 0;
    if (greatest) greatest[row] = 0;
    if (target < 0) continue;
    let best = 0;
    for (let v = 0; v < V; v++) {
      let sum = bias ? bias[v]! : 0;
      for (let j = 0; j < H; j++) sum += operand(h[row * H + j]!) * operand(W[v * H + j]!);
      logits[v] = sum;
      if (targetBias && v === target) logits[v]! += targetBias[v]!;
      if (logits[v]! > logits[best]!) best = v;
    }
    // −ln p(target) = ln Σ_v e^{l_v} − l_target, shifted by the greatest logit
    const max = logits[best]!;
    let sum = 0;
    for (let v = 0; v < V; v++) sum += Math.exp(logits[v]! - max);
    const logSum = max + Math.log(sum);
    nats += logSum - logits[target]!;
    if (best === target) correct++;
    if (own) own[row] = logits[target]! - logSum;
    if (greatest) greatest[row] = max - logSum;
    if (!backward) continue;
    // dl_v = scale (p_v − [v = target]);  dh = Wᵀ dl, dW += dl hᵀ, db += dl
    for (let v = 0; v < V; v++) {
      const dl = backward.scale * (Math.exp(logits[v]! - logSum) - (v === target ? 1 : 0));
      if (dBias) dBias[v]! += dl;
      const d = operand(dl);
      for (let j = 0; j < H; j++) {
        dH![row * H + j]! += d * operand(W[v * H + j]!);
        dWeight![v * H + j]! += d * operand(h[row * H + j]!);
      }
    }
  }
  const sums = loss.sums as HostSums;
  sums.nats += nats;
  sums.correct += correct;
}
