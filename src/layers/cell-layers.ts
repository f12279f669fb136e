/**
 * The layer that computes each cell. The LSTM is there at once; another one is loaded with the first model that has it,
 * so that a page fetches only what it uses.
 */
import type { Engine, InputGate, Nonlinearity, PackedKind } from "../engine/engine.js";
import type { Cell, Mogrification } from "../cells.js";
import { loadPart } from "../load-part.js";
import type { GruLayer } from "./gru.js";
import { LstmLayer } from "./lstm.js";
import type { MinGruLayer } from "./min-gru.js";
import type { MinLstmLayer } from "./min-lstm.js";
import type { MogrifierLayer } from "./mogrifier.js";
import type { RecurrentLayer } from "./recurrent.js";
import type { RnnLayer } from "./rnn.js";

/** What a layer is constructed with. */
export interface LayerSizes {
  /** Its number, from 0, which is part of its weights' names. */
  readonly index: number;
  /** I and H */
  readonly input: number;
  readonly hidden: number;
  readonly nonlinearity: Nonlinearity;
  readonly inputGate?: InputGate | undefined;
  /** Of a Mogrifier LSTM. */
  readonly mogrify?: Mogrification | undefined;
  /** The format of its matrices. */
  readonly kind: PackedKind;
}

/** Makes a layer of a cell, its weights zero. */
export type CellLayerMaker = (engine: Engine, sizes: LayerSizes) => RecurrentLayer;

/** The classes of all layers but the LSTM's. */
export interface CellLayers {
  readonly RnnLayer: typeof RnnLayer;
  readonly MogrifierLayer: typeof MogrifierLayer;
  readonly GruLayer: typeof GruLayer;
  readonly MinLstmLayer: typeof MinLstmLayer;
  readonly MinGruLayer: typeof MinGruLayer;
}

/** How a cell's layer is made, and its class loaded, where that is not there at once. */
interface CellLayer {
  readonly load?: () => Promise<Partial<CellLayers>>;
  readonly make: (classes: CellLayers, engine: Engine, sizes: LayerSizes) => RecurrentLayer;
}

const LAYERS: Readonly<Record<Cell, CellLayer>> = {
  rnn: {
    load: () => import("./rnn.js"),
    make: (classes, engine, { index, input, hidden, nonlinearity, kind }) =>
      new classes.RnnLayer(engine, index, input, hidden, nonlinearity, kind),
  },
  lstm: {
    make: (_, engine, { index, input, hidden, kind, inputGate }) =>
      new LstmLayer(engine, index, input, hidden, kind, inputGate),
  },
  mogrifier: {
    load: () => import("./mogrifier.js"),
    make: (classes, engine, { index, input, hidden, kind, inputGate, mogrify }) =>
      new classes.MogrifierLayer(engine, index, input, hidden, mogrify!, kind, inputGate),
  },
  gru: {
    load: () => import("./gru.js"),
    make: (classes, engine, { index, input, hidden, kind }) =>
      new classes.GruLayer(engine, index, input, hidden, kind),
  },
  minlstm: {
    load: () => import("./min-lstm.js"),
    make: (classes, engine, { index, input, hidden, kind }) =>
      new classes.MinLstmLayer(engine, index, input, hidden, kind),
  },
  mingru: {
    load: () => import("./min-gru.js"),
    make: (classes, engine, { index, input, hidden, kind }) =>
      new classes.MinGruLayer(engine, index, input, hidden, kind),
  },
};

/** The maker of a cell's layers. @param classes that of this cell's layer, if it is not the LSTM's */
export function layerMakerWith(cell: Cell, classes: Partial<CellLayers>): CellLayerMaker {
  return (engine, sizes) => LAYERS[cell].make(classes as CellLayers, engine, sizes);
}

/** The maker of a cell's layers, whose class is loaded if it is not there. */
export async function layerMaker(cell: Cell): Promise<CellLayerMaker> {
  const { load } = LAYERS[cell];
  return layerMakerWith(cell, load ? await loadPart(load()) : {});
}
