/**
 * Inverted dropout (Srivastava et al., 2014), with a mask for every element, drawn anew in each step:
 *
 *   y = x ⊙ m / (1 − p),   m = 0 with probability p, else 1;   dx = dy ⊙ m / (1 − p)
 */
import type { Engine, Tensor } from "../../engine/engine.js";
import { type WeightMatrix, Workspace } from "../../layers/layer.js";
import type { Pass } from "../../layers/pass.js";
import type { Regularisation } from "../../layers/regularisation.js";
import type { BodyPart } from "./body-part.js";

/** The rate of a place. */
export type DropoutRate = "dropoutEmbedding" | "dropoutBetween" | "dropoutOutput";

export class Dropout implements BodyPart {
  readonly weights: readonly WeightMatrix[] = [];
  readonly #engine: Engine;
  readonly #rate: DropoutRate & keyof Regularisation;
  readonly #place: number;
  readonly #places: number;
  readonly #y: Workspace;
  /** Of the last `forward`, where it dropped something. */
  #pass: Pass | undefined;

  /**
   * @param rate whose probability p of a zero it takes
   * @param place its number among the model's `places`: each has masks of its own
   */
  constructor(engine: Engine, rate: DropoutRate, place: number, places: number) {
    this.#engine = engine;
    this.#rate = rate;
    this.#place = place;
    this.#places = places;
    this.#y = new Workspace(engine);
  }

  changes({ draw, regularisation }: Pass): boolean {
    return draw !== undefined && regularisation !== undefined && regularisation[this.#rate] > 0;
  }

  forward(x: Tensor, _T: number, pass: Pass): Tensor {
    this.#pass = this.changes(pass) ? pass : undefined;
    if (!this.#pass) return x;
    // A copy: the layer still needs its own output.
    const y = this.#y.take(x.length);
    this.#drop(x, y, this.#pass);
    return y;
  }

  backward(dY: Tensor): Tensor {
    if (this.#pass) this.#drop(dY, dY, this.#pass);
    return dY;
  }

  weightsChanged(): void {}

  #drop(x: Tensor, y: Tensor, { draw, regularisation }: Pass): void {
    if (!draw || !regularisation) return;
    const stream = draw.step * this.#places + this.#place;
    this.#engine.dropout(x, y, { p: regularisation[this.#rate], seed: draw.seed, stream });
  }
}
