/** The recurrent state: what a model remembers between windows and between generated tokens. */
import type { LayerState } from "../layers/recurrent.js";

export type { LayerState };

/** A value: copy it, save it, hand it back. State in, state out. */
export class RecurrentState {
  readonly batch: number;
  readonly layers: readonly LayerState[];

  constructor(batch: number, layers: readonly LayerState[]) {
    this.batch = batch;
    this.layers = layers;
  }

  /** A copy that shares nothing. */
  copy(): RecurrentState {
    return new RecurrentState(
      this.batch,
      this.layers.map(({ h, c }) => (c ? { h: h.slice(), c: c.slice() } : { h: h.slice() })),
    );
  }

  /** Back to zero, in place. */
  reset(): void {
    for (const { h, c } of this.layers) {
      h.fill(0);
      c?.fill(0);
    }
  }

  /** Row `from` of `source` into row `to` of this one. */
  copyRow(source: RecurrentState, from: number, to: number): void {
    this.layers.forEach((layer, l) => {
      const other = source.layers[l]!;
      const H = layer.h.length / this.batch;
      layer.h.set(other.h.subarray(from * H, (from + 1) * H), to * H);
      if (layer.c && other.c) layer.c.set(other.c.subarray(from * H, (from + 1) * H), to * H);
    });
  }
}
