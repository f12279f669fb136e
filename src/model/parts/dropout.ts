/**
 * Inverted dropout (Srivastava et al., 2014), with a mask for every element, drawn anew in each step:
 *
 *   y_t = x_t ⊙ m_t / (1 − p),   m_t = 0 with probability p, else 1;   dx_t = dy_t ⊙ m_t / (1 − p)
 *
 * Locked dropout (variational dropout: Gal and Ghahramani, 2016, arXiv 1512.05287) has one mask (B, ·) for all time steps
 * of a window: m_t = m.
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
  #T = 1;

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
    return draw !== undefined && (regularisation?.[this.#rate] ?? 0) > 0;
  }

  forward(x: Tensor, T: number, pass: Pass): Tensor {
    this.#T = T;
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

  #drop(x: Tensor, y: Tensor, { draw, regularisation = {} }: Pass): void {
    if (!draw) return;
    const { [this.#rate]: p = 0, lockedDropout = false } = regularisation;
    const stream = draw.step * this.#places + this.#place;
    const period = lockedDropout ? x.length / this.#T : x.length;
    this.#engine.dropout(x, y, { p, seed: draw.seed, stream, period });
  }
}
