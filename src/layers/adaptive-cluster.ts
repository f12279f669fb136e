/** One cluster of rare tokens of an adaptive softmax: softmax(W P h), without a bias, over tokens start … start + size − 1. */
import type { Engine, Floats, PackedKind, PackedMatrix, Sums, Tensor } from "../engine/engine.js";
import { KnownIds } from "./known-ids.js";
import {
  type WeightMatrix,
  Workspace,
  rowsTimes,
  isQuantized,
  operandOf,
  trained,
  weightMatrix,
} from "./layer.js";

export interface ClusterSize {
  /** The first token. */
  readonly start: number;
  /** Tokens. */
  readonly size: number;
  /** H */
  readonly hidden: number;
  /** d */
  readonly width: number;
}

/** Rows of a window that go through a cluster. */
export interface ClusterRows {
  readonly count: number;
  /** (count): which rows of the window. */
  readonly rows: KnownIds;
  /** (count): their targets, as places in the cluster; 0 where the target lies elsewhere. */
  readonly targets: KnownIds;
  /** (count, H) */
  readonly h: Tensor;
}

export class Cluster {
  readonly start: number;
  readonly size: number;
  /** P (d, H) */
  readonly projection: WeightMatrix;
  /** W (size, d) */
  readonly weight: WeightMatrix;
  readonly #engine: Engine;
  readonly #H: number;
  readonly #d: number;
  /** Right-hand operands: Pᵀ (H, d) forward, P backward. */
  readonly #forward: PackedMatrix;
  readonly #backward: PackedMatrix | undefined;
  #fresh = false;
  readonly #rows: KnownIds;
  readonly #targets: KnownIds;
  readonly #sums: Sums;
  readonly #h: Workspace;
  readonly #dH: Workspace;
  readonly #y: Workspace;
  readonly #dY: Workspace;
  readonly #logits: Workspace;
  readonly #own: Workspace;
  readonly #greatest: Workspace;

  /** @param index names the weights as PyTorch does */
  constructor(
    engine: Engine,
    index: number,
    { start, size, hidden, width }: ClusterSize,
    kind: PackedKind = "float",
  ) {
    this.#engine = engine;
    this.start = start;
    this.size = size;
    this.#H = hidden;
    this.#d = width;
    this.projection = weightMatrix(engine, kind, `decoder.tail.${index}.0.weight`, [width, hidden]);
    this.weight = weightMatrix(engine, kind, `decoder.tail.${index}.1.weight`, [size, width]);
    const { projection } = this;
    this.#forward = isQuantized(projection) ? projection.packed[0]! : engine.packed(hidden, width);
    this.#backward = isQuantized(projection) ? undefined : engine.packed(width, hidden);
    this.#rows = new KnownIds(engine);
    this.#targets = new KnownIds(engine);
    this.#sums = engine.sums();
    const room = () => new Workspace(engine);
    this.#h = room();
    this.#dH = room();
    this.#y = room();
    this.#dY = room();
    this.#logits = room();
    this.#own = room();
    this.#greatest = room();
  }

  get weights(): readonly WeightMatrix[] {
    return [this.projection, this.weight];
  }

  weightsChanged(): void {
    this.#fresh = false;
  }

  /** Whether it is one of this cluster's tokens. */
  holds(token: number): boolean {
    return token >= this.start && token < this.start + this.size;
  }

  /** The rows of h (N, H) that are wanted; undefined where none is. Valid until the next call. */
  gather(h: Tensor, wanted: (n: number) => boolean, targets: Int32Array, N: number): ClusterRows | undefined {
    const rows = this.#rows.reserve(N);
    const places = this.#targets.reserve(N);
    let count = 0;
    for (let n = 0; n < N; n++) {
      if (!wanted(n)) continue;
      rows[count] = n;
      places[count++] = this.holds(targets[n]!) ? targets[n]! - this.start : 0;
    }
    if (count === 0) return undefined;
    const x = this.#h.take(count * this.#H);
    this.#engine.embeddingForward(h, this.#rows.send(count), x, count, this.#H);
    this.#targets.send(count);
    return { count, rows: this.#rows, targets: this.#targets, h: x };
  }

  /** (N, size) for a few rows h (N, H). Valid until the engine's next operation. */
  logits(h: Tensor, N: number, many = false): Floats {
    const y = this.#project(h, N);
    const l = this.#logits.take(N * this.size);
    rowsTimes(this.#engine, y, this.weight, l, N, undefined, many);
    return this.#engine.read(l);
  }

  /**
   * Of each row ln p of its target and the greatest ln p, both within the cluster: read back from the engine, as which
   * rows the next cluster takes depends on them. Valid until the engine's next operation.
   */
  loss({ h, count, targets }: ClusterRows): { own: Floats; greatest: Floats } {
    const own = this.#own.take(count);
    const greatest = this.#greatest.take(count);
    this.#engine.softmaxLoss({
      N: count,
      H: this.#d,
      V: this.size,
      h: this.#project(h, count),
      weight: operandOf(this.weight),
      targets: targets.tensor,
      logProbabilities: own,
      bestLogProbabilities: greatest,
      sums: this.#sums,
    });
    return { own: this.#engine.read(own), greatest: this.#engine.read(greatest) };
  }

  /** Adds the gradients to the weights' and to rows of dH (N, H), and the rows' −ln p to the sums. */
  lossAndGradient({ h, count, rows, targets }: ClusterRows, scale: number, dH: Tensor, sums: Sums): void {
    const engine = this.#engine;
    const H = this.#H;
    const d = this.#d;
    const weight = trained(this.weight);
    const projection = trained(this.projection);
    const y = this.#project(h, count);
    const dY = this.#dY.take(count * d);
    const dX = this.#dH.take(count * H);
    engine.softmaxLoss({
      N: count,
      H: d,
      V: this.size,
      h: y,
      weight: weight.value,
      targets: targets.tensor,
      sums,
      backward: { scale, dH: dY, dWeight: weight.grad },
    });
    // y = P h:  dP += dyᵀ h,  dh = dy P
    engine.weightGradient(dY, h, projection.grad, count, d, H);
    engine.matmul(dY, this.#backward!, dX, count);
    engine.embeddingBackward(dX, rows.tensor, dH, count, H);
  }

  /** y (N, d) = h (N, H) · Pᵀ */
  #project(h: Tensor, N: number): Tensor {
    this.#pack();
    const y = this.#y.take(N * this.#d);
    this.#engine.matmul(h, this.#forward, y, N);
    return y;
  }

  #pack(): void {
    if (this.#fresh) return;
    this.#fresh = true;
    if (isQuantized(this.projection)) return;
    this.#engine.pack(this.projection.value, this.#forward, true);
    this.#engine.pack(this.projection.value, this.#backward!, false);
  }
}
