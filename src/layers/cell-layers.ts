/** The layer that computes each cell. */
import type { Engine, Nonlinearity, PackedKind } from "../engine/engine.js";
import type { Cell } from "../cells.js";
import { GruLayer } from "./gru.js";
import { LstmLayer } from "./lstm.js";
import { MinGruLayer } from "./min-gru.js";
import { MinLstmLayer } from "./min-lstm.js";
import type { RecurrentLayer } from "./recurrent.js";
import { RnnLayer } from "./rnn.js";

/** What a layer is constructed with. */
export interface LayerSizes {
  /** Its number, from 0, which is part of its weights' names. */
  readonly index: number;
  /** I and H */
  readonly input: number;
  readonly hidden: number;
  readonly nonlinearity: Nonlinearity;
  /** The format of its matrices. */
  readonly kind: PackedKind;
}

const LAYERS: Readonly<Record<Cell, (engine: Engine, sizes: LayerSizes) => RecurrentLayer>> = {
  rnn: (engine, { index, input, hidden, nonlinearity, kind }) =>
    new RnnLayer(engine, index, input, hidden, nonlinearity, kind),
  lstm: (engine, { index, input, hidden, kind }) => new LstmLayer(engine, index, input, hidden, kind),
  gru: (engine, { index, input, hidden, kind }) => new GruLayer(engine, index, input, hidden, kind),
  minlstm: (engine, { index, input, hidden, kind }) => new MinLstmLayer(engine, index, input, hidden, kind),
  mingru: (engine, { index, input, hidden, kind }) => new MinGruLayer(engine, index, input, hidden, kind),
};

/** A layer of a cell, its weights zero. */
export function makeCellLayer(engine: Engine, cell: Cell, sizes: LayerSizes): RecurrentLayer {
  return LAYERS[cell](engine, sizes);
}
