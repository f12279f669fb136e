/** A part that may be placed in a model's body: after the embedding, or after a layer. */
import type { Engine, Tensor } from "../engine/engine.js";
import { type WeightMatrix, Workspace } from "../layers/layer.js";
import type { Pass } from "../layers/pass.js";

export interface BodyPart {
  /** In the order of the file; of parts that have any. */
  readonly weights: readonly WeightMatrix[];

  /** Whether the pass changes rows; where no part of a place does, equal rows can be shared. */
  changes(pass: Pass): boolean;

  /** Y from X, row by row; X itself where nothing changes. X is not changed; Y is valid until the next call. */
  forward(x: Tensor, pass: Pass): Tensor;

  /** The gradient by X of the last `forward`, from dY, which may be overwritten. Adds to its weights' gradients. */
  backward(dY: Tensor): Tensor;

  /** To be called after the weights were changed. */
  weightsChanged(): void;
}

/** Inverted dropout (Srivastava et al., 2014), with a mask for every element, drawn anew in each step. */
export class Dropout implements BodyPart {
  readonly weights: readonly WeightMatrix[] = [];
  readonly #engine: Engine;
  readonly #p: number;
  readonly #place: number;
  readonly #places: number;
  readonly #y: Workspace;
  #pass: Pass | undefined;

  /**
   * @param p probability of a zero
   * @param place its number among the model's `places`: each has masks of its own
   */
  constructor(engine: Engine, p: number, place: number, places: number) {
    this.#engine = engine;
    this.#p = p;
    this.#place = place;
    this.#places = places;
    this.#y = new Workspace(engine);
  }

  changes(pass: Pass): boolean {
    return pass.draw !== undefined;
  }

  forward(x: Tensor, pass: Pass): Tensor {
    this.#pass = pass;
    if (!this.changes(pass)) return x;
    // A copy: the layer still needs its own output.
    const y = this.#y.take(x.length);
    this.#drop(x, y, pass);
    return y;
  }

  backward(dY: Tensor): Tensor {
    if (this.#pass) this.#drop(dY, dY, this.#pass);
    return dY;
  }

  weightsChanged(): void {}

  #drop(x: Tensor, y: Tensor, { draw }: Pass): void {
    if (!draw) return;
    const stream = draw.step * this.#places + this.#place;
    this.#engine.dropout(x, y, { p: this.#p, seed: draw.seed, stream });
  }
}
