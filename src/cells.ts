/**
 * The recurrent cells, each described once: sizes, messages, forms and checks take what they need of a cell from here.
 * Plain data, so that a command's help and a page's form may have it without a layer or an engine; the layers that
 * compute the cells stand in layers/cell-layers.ts.
 */

/** The tensors that a cell may keep from one time step to the next: h, its output, and c, the cell state of an LSTM. */
export type StatePart = "h" | "c";

/** Keys of a model's config that mean something for some cells only. */
export type CellOption = "nonlinearity" | "inputGate" | "mogrify";

/** How x and h gate each other in a Mogrifier LSTM: see layers/mogrifier.ts. */
export interface Mogrification {
  /** r, from 1 to MOST_ROUNDS. */
  readonly rounds: number;
  /** k of Q = left (I, k) · right (k, H), and of R alike; 0: Q and R are full. */
  readonly rank: number;
}

/** Most rounds of a Mogrifier LSTM. */
export const MOST_ROUNDS = 16;
/** The paper found five or six rounds best. */
export const DEFAULT_MOGRIFY: Mogrification = { rounds: 5, rank: 0 };

export interface CellDescription {
  /** As its paper writes it. */
  readonly label: string;
  /** A longer label for lists of cells, where there is one. */
  readonly title?: string;
  /** G: blocks of H rows that the weights have. */
  readonly gates: number;
  /** The tensors of its state, h first. */
  readonly state: readonly StatePart[];
  /** Whether its gates read h_{t−1}: then it has weights on it, W_hh (G·H, H) and b_hh (G·H). */
  readonly readsState: boolean;
  /** The number of the gate that forgets the cell state, of cells that have one. */
  readonly forgetGate?: number;
  /** By gate: the initial value of its bias (b_ih + b_hh); the biases of other gates are drawn like weights. */
  readonly initialBias: Readonly<Record<number, number>>;
  /** Keys of a model's config that mean something for this cell, and not for all. */
  readonly options: readonly CellOption[];
  /** The engine's operations for its recurrence. */
  readonly operations: { readonly forward: string; readonly backward: string };
}

const descriptions = {
  rnn: {
    label: "RNN",
    title: "RNN (Elman)",
    gates: 1,
    state: ["h"],
    readsState: true,
    initialBias: {},
    options: ["nonlinearity"],
    operations: { forward: "rnnForward", backward: "rnnBackward" },
  },
  lstm: {
    label: "LSTM",
    gates: 4,
    state: ["h", "c"],
    readsState: true,
    forgetGate: 1,
    // The forget gate starts open (Gers et al., 2000; Jozefowicz et al., 2015).
    initialBias: { 1: 1 },
    options: ["inputGate"],
    operations: { forward: "lstmForward", backward: "lstmBackward" },
  },
  mogrifier: {
    label: "Mogrifier LSTM",
    gates: 4,
    state: ["h", "c"],
    readsState: true,
    forgetGate: 1,
    initialBias: { 1: 1 },
    options: ["mogrify", "inputGate"],
    operations: { forward: "mogrifierForward", backward: "mogrifierBackward" },
  },
  gru: {
    label: "GRU",
    gates: 3,
    state: ["h"],
    readsState: true,
    initialBias: {},
    options: [],
    operations: { forward: "gruForward", backward: "gruBackward" },
  },
  minlstm: {
    label: "minLSTM",
    gates: 3,
    state: ["h"],
    readsState: false,
    forgetGate: 0,
    // Gates that start at about a half: biases that make them keep more learn more slowly at first.
    initialBias: {},
    options: [],
    operations: { forward: "minimalForward", backward: "minimalBackward" },
  },
  mingru: {
    label: "minGRU",
    gates: 2,
    state: ["h"],
    readsState: false,
    initialBias: {},
    options: [],
    operations: { forward: "minimalForward", backward: "minimalBackward" },
  },
} as const satisfies Record<string, CellDescription>;

/** The name of a cell, as config.json and `--cell` have it. */
export type Cell = keyof typeof descriptions;

/** Every cell's description, by its name. */
export const CELL_TABLE: Readonly<Record<Cell, CellDescription>> = descriptions;

/** The names of all cells. */
export const CELLS = /* @__PURE__ */ Object.keys(descriptions) as readonly Cell[];

/** How a list of cells names each. */
export const CELL_TITLES = /* @__PURE__ */ Object.fromEntries(
  CELLS.map((cell) => [cell, CELL_TABLE[cell].title ?? CELL_TABLE[cell].label]),
) as Readonly<Record<Cell, string>>;

/** The cell that is taken where none is named. */
export const DEFAULT_CELL = "lstm" satisfies Cell;

/** The cells for which a key of a model's config means something. */
export function cellsWith(option: CellOption): readonly Cell[] {
  return CELLS.filter((cell) => CELL_TABLE[cell].options.includes(option));
}

/** The cells that have recurrent weights, W_hh. */
export function cellsThatReadState(): readonly Cell[] {
  return CELLS.filter((cell) => CELL_TABLE[cell].readsState);
}

/** Whether a key of a model's config means something for its cell. */
export function hasOption(cell: Cell, option: CellOption): boolean {
  return cellsWith(option).includes(cell);
}

/** The cells that have a forget gate. */
export function cellsWithForgetGate(): readonly Cell[] {
  return CELLS.filter((cell) => CELL_TABLE[cell].forgetGate !== undefined);
}

/** The initial biases of forget gates, by cell, where they are not drawn. */
export const FORGET_BIASES = /* @__PURE__ */ Object.fromEntries(
  cellsWithForgetGate().flatMap((cell) => {
    const { forgetGate, initialBias } = CELL_TABLE[cell];
    const bias = initialBias[forgetGate!];
    return bias === undefined ? [] : [[cell, bias]];
  }),
) as Readonly<Partial<Record<Cell, number>>>;

/** The keys of a model's config that describe its cell. */
interface ChosenCell {
  readonly cell: Cell;
  readonly nonlinearity: string;
  readonly inputGate?: "capped" | undefined;
  readonly mogrify?: Mogrification | undefined;
}

/** The values of the options that not every cell has, in words; undefined for what need not be said. */
const OPTION_WORDS: Readonly<Record<CellOption, (config: ChosenCell) => string | undefined>> = {
  nonlinearity: ({ nonlinearity }) => nonlinearity,
  inputGate: ({ inputGate }) => inputGate && `${inputGate} input gate`,
  mogrify: ({ mogrify }) => mogrify && roundWords(mogrify),
};

function roundWords({ rounds, rank }: Mogrification): string {
  return `${rounds} ${rounds === 1 ? "round" : "rounds"}${rank === 0 ? "" : ` of rank ${rank}`}`;
}

/** A cell's label, with the values of the options that not every cell has: "LSTM", "RNN (tanh)". */
export function cellLabel(config: ChosenCell): string {
  return CELL_TABLE[config.cell].label + optionsOf(config);
}

/** The same with its name: "lstm", "rnn (tanh)". */
export function cellName(config: ChosenCell): string {
  return config.cell + optionsOf(config);
}

function optionsOf(config: ChosenCell): string {
  const words = CELL_TABLE[config.cell].options.flatMap((key) => OPTION_WORDS[key](config) ?? []);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}
