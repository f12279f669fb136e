/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does; the LSTM's forget gate starts with a bias of 1 in sum
 * (Gers et al., 2000; Jozefowicz et al., 2015). Gates of the minimal cells start at about a half: biases that make
 * them keep more learn more slowly at first. Embedding and decoder: uniform in ±0.1, but the projections of an adaptive
 * softmax as a cell's weights; the decoder's bias is zero.
 */
import { Random } from "../engine/random.js";
import type { Parameter } from "./parameter.js";

const EMBEDDING_RANGE = 0.1;
const PROJECTION = /^decoder\.tail\.\d+\.0\.weight$/;

/** Fills every parameter, in order, from one sequence of random numbers. */
export function initialise(
  parameters: readonly Parameter[],
  hidden: number,
  lstm: boolean,
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
    if (lstm && name.startsWith("rnn.bias_ih")) data.fill(1, hidden, 2 * hidden);
    if (lstm && name.startsWith("rnn.bias_hh")) data.fill(0, hidden, 2 * hidden);
  }
}
