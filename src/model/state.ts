/** The recurrent state of a model, kept between windows and between generated tokens. */
import type { StatePart } from "../cells.js";
import type { Engine, Floats, Tensor } from "../engine/engine.js";
import type { LayerState } from "../layers/recurrent.js";
import type { ModelConfig } from "./config.js";
import type { PredictorState } from "./predictor.js";
import { hiddenSize } from "./widths.js";

export type { LayerState };

/** The owner of a state, such as a LanguageModel. */
interface StateOwner {
  readonly engine: Engine;
  readonly config: ModelConfig;
}

/** @throws RangeError where a state has another number of sequences, or is of another model */
export function checkState(state: RecurrentState, B: number, model: StateOwner): void {
  if (state.batch !== B)
    throw new RangeError(`the state is for ${state.batch} sequences, the window has ${B}`);
  if (!state.fits(model)) throw new RangeError("the state is of another model");
}

/** A value: copy it, save it, hand it back. State in, state out. Its tensors are the engine's. */
export class RecurrentState implements PredictorState {
  readonly engine: Engine;
  readonly batch: number;
  readonly layers: readonly LayerState[];

  constructor(engine: Engine, batch: number, layers: readonly LayerState[]) {
    this.engine = engine;
    this.batch = batch;
    this.layers = layers;
  }

  /**
   * Zeros for `batch` sequences.
   * @param sizes H of each layer
   */
  static zero(
    engine: Engine,
    batch: number,
    sizes: readonly number[],
    parts: readonly StatePart[],
  ): RecurrentState {
    const layer = (hidden: number): LayerState => {
      const zeros = (): Tensor => engine.tensor(batch * hidden);
      return parts.includes("c") ? { h: zeros(), c: zeros() } : { h: zeros() };
    };
    return new RecurrentState(engine, batch, sizes.map(layer));
  }

  /** A copy that shares nothing. */
  copy(): RecurrentState {
    const { engine } = this;
    const copied = (x: Tensor): Tensor => {
      const y = engine.tensor(x.length);
      engine.copy(x, y);
      return y;
    };
    return new RecurrentState(
      engine,
      this.batch,
      this.layers.map(({ h, c }) => (c ? { h: copied(h), c: copied(c) } : { h: copied(h) })),
    );
  }

  /** Back to zero, in place. */
  reset(): void {
    for (const { h, c } of this.layers) {
      this.engine.fill(h, 0);
      if (c) this.engine.fill(c, 0);
    }
  }

  /** Row `from` of `source`, a state of the same model, into row `to` of this one. */
  copyRow(source: RecurrentState, from: number, to: number): void {
    for (const [l, { h, c }] of this.layers.entries()) {
      const other = source.layers[l]!;
      const H = h.length / this.batch;
      this.engine.copy(other.h.slice(from * H, H), h.slice(to * H, H));
      if (c && other.c) this.engine.copy(other.c.slice(from * H, H), c.slice(to * H, H));
    }
  }

  /** Whether it belongs to that model, or to one with the same sizes on the same engine. */
  fits({ engine, config }: StateOwner): boolean {
    return (
      this.engine === engine &&
      this.layers.length === config.layers &&
      this.layers.every(({ h }, l) => h.length === this.batch * hiddenSize(config, l))
    );
  }

  /** Numbers of h of all layers together. */
  get units(): number {
    return this.layers.reduce((sum, { h }) => sum + h.length, 0);
  }

  /** Writes h of every layer, one after the other, to `into` (`units`). */
  readUnits(into: Floats): void {
    let at = 0;
    for (const { h } of this.layers) {
      this.engine.read(h, into.subarray(at, at + h.length));
      at += h.length;
    }
  }
}
