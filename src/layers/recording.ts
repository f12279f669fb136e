/** What a pass through a model recorded: copies, in JavaScript's memory. */
import type { Engine, Floats, Tensor } from "../engine/engine.js";

/** What to record. */
export interface RecordingOptions {
  /** h_t of every layer. */
  readonly hidden?: boolean;
  /** The gates of every layer that has any. */
  readonly gates?: boolean;
  /** The gradient of the loss by the embedded input; of a training pass. */
  readonly inputGradient?: boolean;
}

export class Recording {
  readonly wanted: RecordingOptions;
  /** By layer (T·B, H): h_t, before anything is added or dropped. */
  readonly hidden: Floats[] = [];
  /**
   * By layer (T·B, G·H), as the cell stores them: for LSTM and GRU after the activation, for minimal cells before it.
   */
  readonly gates: Floats[] = [];
  /** (T·B, E) */
  inputGradient: Floats | undefined;

  constructor(wanted: RecordingOptions) {
    this.wanted = wanted;
  }

  /** Records a layer after its forward pass. */
  keepLayer(engine: Engine, index: number, y: Tensor, gates: Tensor | undefined): void {
    if (this.wanted.hidden) this.hidden[index] = engine.read(y).slice();
    if (this.wanted.gates && gates) this.gates[index] = engine.read(gates).slice();
  }

  /** Records the gradient by the embedded input, if requested. */
  keepInputGradient(engine: Engine, dX: Tensor): void {
    if (this.wanted.inputGradient) this.inputGradient = engine.read(dX).slice();
  }
}
