/** The gates of each cell as they are recorded, and what part of a state they keep. */
import type { Cell } from "../../cells.js";
import type { Floats } from "../../engine/engine.js";

export interface GateOf {
  /** "forget", and its letter in the cell's equations. */
  readonly name: string;
  readonly letter: string;
  /** Its value from 0 to 1 by the blocks of a recorded row: of unit u of H, gate g stands at `at + g·H + u`. */
  readonly value: (gates: Floats, at: number, H: number) => number;
}

export interface CellGates {
  readonly gates: readonly GateOf[];
  /** k_t: the part of a unit's state that the next step has of it. */
  readonly kept: (gates: Floats, at: number, H: number) => number;
}

const block =
  (g: number) =>
  (gates: Floats, at: number, H: number): number =>
    gates[at + g * H]!;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Of minimal cells, whose gates are recorded before σ. */
const opened =
  (g: number) =>
  (gates: Floats, at: number, H: number): number =>
    sigmoid(gates[at + g * H]!);
/** f′ = f / (f + i) */
const share = (gates: Floats, at: number, H: number): number => {
  const f = sigmoid(gates[at]!);
  return f / (f + sigmoid(gates[at + H]!));
};

const LSTM: CellGates = {
  gates: [
    { name: "input", letter: "i", value: block(0) },
    { name: "forget", letter: "f", value: block(1) },
    { name: "output", letter: "o", value: block(3) },
  ],
  kept: block(1),
};

/** Undefined for a cell without gates. The blocks stand in the order of the cell's own file under src/layers/. */
export const CELL_GATES: Readonly<Record<Cell, CellGates | undefined>> = {
  rnn: undefined,
  lstm: LSTM,
  mogrifier: LSTM,
  gru: {
    gates: [
      { name: "reset", letter: "r", value: block(0) },
      { name: "update", letter: "z", value: block(1) },
    ],
    // h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
    kept: block(1),
  },
  minlstm: {
    gates: [
      { name: "forget", letter: "f", value: opened(0) },
      { name: "input", letter: "i", value: opened(1) },
    ],
    kept: share,
  },
  mingru: {
    gates: [{ name: "update", letter: "z", value: opened(0) }],
    // h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t
    kept: (gates, at) => 1 - sigmoid(gates[at]!),
  },
};
