/** A copy of a model in which the output of some units stands still: what reads it, above and at the next step, sees one value. */
import type { Engine, Tensor } from "../../engine/engine.js";
import { type WeightMatrix, Workspace } from "../../layers/layer.js";
import type { Pass } from "../../layers/pass.js";
import type { LayerState, RecurrentLayer, StateGradient } from "../../layers/recurrent.js";
import { copyWithLayers } from "../../model/copy-with-layers.js";
import type { LanguageModel } from "../../model/language-model.js";

/** A unit of a layer, both from 0 on. */
export interface UnitPlace {
  readonly layer: number;
  readonly unit: number;
}

export interface HeldModel {
  readonly model: LanguageModel;
  /** Which units stand still from now on, and at which value; none: it is as the model that it was made from. */
  hold(units: readonly (UnitPlace & { readonly value: number })[]): void;
}

/** @param model of weights in floats; it is left as it is */
export async function heldModel(model: LanguageModel): Promise<HeldModel> {
  const layers: HeldLayer[] = [];
  const copy = await copyWithLayers(model, (layer, { index, input, hidden }, engine) => {
    layers[index] = new HeldLayer(engine, layer, input, hidden);
    return layers[index];
  });
  return {
    model: copy,
    hold(units) {
      for (const [l, layer] of layers.entries())
        layer.held = new Map(
          units.flatMap(({ layer: of, unit, value }) => (of === l ? [[unit, value]] : [])),
        );
    },
  };
}

/** A layer that goes step by step, so that the next one reads what was held. It is not trained. */
class HeldLayer implements RecurrentLayer {
  held: ReadonlyMap<number, number> = new Map();
  readonly #engine: Engine;
  readonly #layer: RecurrentLayer;
  readonly #I: number;
  readonly #H: number;
  readonly #y: Workspace;

  constructor(engine: Engine, layer: RecurrentLayer, I: number, H: number) {
    this.#engine = engine;
    this.#layer = layer;
    this.#I = I;
    this.#H = H;
    this.#y = new Workspace(engine);
  }

  get weights(): readonly WeightMatrix[] {
    return this.#layer.weights;
  }

  weightsChanged(): void {
    this.#layer.weightsChanged();
  }

  forward(x: Tensor, T: number, B: number, state: LayerState, pass: Pass): Tensor {
    if (this.held.size === 0) return this.#layer.forward(x, T, B, state, pass);
    const [I, H] = [this.#I, this.#H];
    const y = this.#y.take(T * B * H);
    for (let t = 0; t < T; t++) {
      const step = y.slice(t * B * H, B * H);
      this.#engine.copy(this.#layer.forward(x.slice(t * B * I, B * I), 1, B, state, pass), step);
      this.#holdIn(step, B);
      this.#holdIn(state.h, B);
    }
    return y;
  }

  #holdIn(h: Tensor, B: number): void {
    const values = this.#engine.read(h).slice();
    for (const [unit, value] of this.held) for (let b = 0; b < B; b++) values[b * this.#H + unit] = value;
    this.#engine.write(values, h);
  }

  backward(): StateGradient {
    throw new TypeError("a model whose units are held is not trained");
  }
}
