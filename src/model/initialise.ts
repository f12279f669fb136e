/**
 * Initial weights. Cells: uniform in ±1/√H, as PyTorch does; the LSTM's forget gate starts with a bias of 1 in sum
 * (Gers et al., 2000; Jozefowicz et al., 2015), minLSTM's with one of 1 and minGRU's update gate with one of −1, which
 * keep as much. Embedding and decoder: uniform in ±0.1; the decoder's bias is zero.
 */
import { Random } from "../engine/random.js";
import type { Cell } from "./config.js";
import type { Parameter } from "./parameter.js";

const EMBEDDING_RANGE = 0.1;

/** The gate that decides what is kept: its place in the gate order, its bias in bias_ih and in bias_hh. */
const GATE_BIAS: Partial<Record<Cell, readonly [number, number, number]>> = {
  lstm: [1, 1, 0],
  minlstm: [0, 1, 0],
  mingru: [0, -1, 0],
};

/** Fills every parameter, in order, from one sequence of random numbers. */
export function initialise(parameters: readonly Parameter[], hidden: number, cell: Cell, seed: number): void {
  const random = new Random(seed);
  for (const { name, value } of parameters) {
    if (name === "decoder.bias") {
      value.data.fill(0);
      continue;
    }
    const range = name.startsWith("rnn.") ? 1 / Math.sqrt(hidden) : EMBEDDING_RANGE;
    const data = value.data;
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * range;
    const [row, ih, hh] = GATE_BIAS[cell] ?? [];
    if (row !== undefined && name.startsWith("rnn.bias_ih")) data.fill(ih!, row * hidden, (row + 1) * hidden);
    if (row !== undefined && name.startsWith("rnn.bias_hh")) data.fill(hh!, row * hidden, (row + 1) * hidden);
  }
}
