/** A classifier's head: labels of a text's pooled vector, by p = softmax(W v + b). */
import type { Floats } from "../engine/engine.js";
import type { ClassifierPool } from "../model/config.js";

export class ClassifierHead {
  readonly labels: readonly string[];
  readonly pool: ClassifierPool;
  /** W (C, D), divided by the temperature already. */
  readonly weight: Floats;
  /** b (C) */
  readonly bias: Floats;

  constructor(labels: readonly string[], pool: ClassifierPool, weight: Floats, bias: Floats) {
    this.labels = labels;
    this.pool = pool;
    this.weight = weight;
    this.bias = bias;
  }

  /** ln p of each label up to a constant (C). @param vector v (D) */
  logits(vector: Floats): Float64Array {
    const D = vector.length;
    return Float64Array.from(this.bias, (bias, c) => {
      let sum = bias;
      for (let d = 0; d < D; d++) sum += this.weight[c * D + d]! * vector[d]!;
      return sum;
    });
  }
}

/** softmax(z) */
export function probabilitiesOf(logits: Float64Array): Float64Array {
  let most = -Infinity;
  for (const z of logits) most = Math.max(most, z);
  const p = logits.map((z) => Math.exp(z - most));
  let sum = 0;
  for (const one of p) sum += one;
  return p.map((one) => one / sum);
}
