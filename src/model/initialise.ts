/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does, but for the biases that a cell's description sets.
 * Embedding and decoder: uniform in ±0.1, but the projections of an adaptive softmax as a cell's weights; the decoder's
 * bias is zero.
 */
import { Random } from "../engine/random.js";
import type { Parameter } from "./parameter.js";

const EMBEDDING_RANGE = 0.1;
const PROJECTION = /^decoder\.tail\.\d+\.0\.weight$/;

/**
 * Fills every parameter, in order, from one sequence of random numbers.
 * @param initialBias by gate, see `CellDescription`
 */
export function initialise(
  parameters: readonly Parameter[],
  hidden: number,
  initialBias: Readonly<Record<number, number>>,
  seed: number,
): void {
  const random = new Random(seed);
  for (const { name, value } of parameters) {
    if (name.startsWith("decoder.") && name.endsWith("bias")) {
      value.data.fill(0);
      continue;
    }
    const cell = name.startsWith("rnn.") || PROJECTION.test(name);
    const range = cell ? 1 / Math.sqrt(hidden) : EMBEDDING_RANGE;
    const data = value.data;
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * range;
    const bias = name.startsWith("rnn.bias_ih") ? 1 : name.startsWith("rnn.bias_hh") ? 0 : undefined;
    if (bias === undefined) continue;
    for (const [gate, sum] of Object.entries(initialBias))
      data.fill(bias * sum, Number(gate) * hidden, (Number(gate) + 1) * hidden);
  }
}
