/**
 * The body of a language model: ids in, rows for the output layer out; their gradient in, gradients of the weights out.
 * Embedding and recurrent layers with a place after each for parts that change rows: dropout, or a projection.
 *
 *   x_1 = parts_0(embedding),   h_l = layer_l(x_l),   y_l = h_l,   x_{l+1} = parts_l(y_l);   out comes x_{L+1}
 *
 * With residual connections (He et al., 2016) y_l = h_l + y_{l−1} from the second layer on: around the layer and around what
 * is dropped before it. So y_L is the sum of all layers' h, as in the skip connections of Melis et al. (2018, 2020), whose
 * layers read h_{l−1} alone: with two layers that is the same. The state keeps h.
 */
import type { StatePart } from "../cells.js";
import type { Engine, IdTensor, Tensor } from "../engine/engine.js";
import type { Embedding } from "../layers/embedding.js";
import { type RepeatedRows, type WeightMatrix, Workspace, isParameter } from "../layers/layer.js";
import { type Pass, READING } from "../layers/pass.js";
import type { InputProduct, RecurrentLayer, StateGradient } from "../layers/recurrent.js";
import type { BodyPart } from "./parts/body-part.js";
import { RecurrentState } from "./state.js";

/** The parts of a body. */
export interface BodyParts {
  readonly embedding: Embedding;
  /** At least one. */
  readonly layers: readonly RecurrentLayer[];
  /** By place: first after the embedding, then after each layer. */
  readonly places: readonly (readonly BodyPart[])[];
  /** E, H of each layer, and the width of the rows that come out. */
  readonly embeddingWidth: number;
  readonly hiddenSizes: readonly number[];
  readonly outputWidth: number;
  /** Residual connections from the second layer on; all layers are of one width. */
  readonly residual: boolean;
  readonly vocabulary: number;
  /** The tensors that each layer's state has. */
  readonly state: readonly StatePart[];
}

/** Floats of a table that takes the place of the first layer's input product in generation (4 MiB). */
const INPUT_TABLE = 1 << 20;

export class Body {
  readonly #engine: Engine;
  readonly #parts: BodyParts;
  /** Distinct rows of the last window, where they were shared. */
  #repeated: RepeatedRows | undefined;
  #pass: Pass = READING;
  #ids: IdTensor;
  #table: Tensor | undefined;
  #tableFresh = false;
  readonly #embedded: Workspace;
  readonly #gradients: readonly [Workspace, Workspace];
  /** By layer: y_l, where it is a sum. */
  readonly #sums: readonly Workspace[];
  #initialGradient: readonly StateGradient[] = [];
  #N = 0;

  constructor(engine: Engine, parts: BodyParts) {
    this.#engine = engine;
    this.#parts = parts;
    this.#ids = engine.ids(1);
    this.#embedded = new Workspace(engine);
    this.#gradients = [new Workspace(engine), new Workspace(engine)];
    this.#sums = parts.layers.map(() => new Workspace(engine));
  }

  /** Embedding, layer by layer, then the parts of the places. */
  get weights(): readonly WeightMatrix[] {
    const { embedding, layers, places } = this.#parts;
    return [
      embedding.weight,
      ...layers.flatMap((layer) => layer.weights),
      ...places.flat().flatMap((part) => part.weights),
    ];
  }

  /** (V, E) */
  get embedding(): Tensor {
    return this.#parts.embedding.floats();
  }

  zeroState(batch: number): RecurrentState {
    const { hiddenSizes, state } = this.#parts;
    return RecurrentState.zero(this.#engine, batch, hiddenSizes, state);
  }

  /** To be called after the weights were changed. */
  weightsChanged(): void {
    const { layers, places } = this.#parts;
    for (const part of [...layers, ...places.flat()]) part.weightsChanged();
    this.#tableFresh = false;
  }

  /** Sets the gradients of all weights to zero. */
  zeroGradients(): void {
    const { embedding, layers, places } = this.#parts;
    embedding.zeroGradient();
    for (const { weights } of [...layers, ...places.flat()])
      for (const weight of weights) if (isParameter(weight)) this.#engine.fill(weight.grad, 0);
  }

  /**
   * A row for the output layer after each of a window's ids, (T·B, output width); `state` is advanced in place.
   * @param ids (T·B), each of the vocabulary
   */
  forward(ids: Int32Array, T: number, B: number, state: RecurrentState, pass: Pass): Tensor {
    this.#pass = pass;
    this.#N = ids.length;
    return this.#upwards(this.#firstLayer(ids, T, B, state, pass), T, B, state, pass);
  }

  /** Where to write the gradient by the output of `forward`: (T·B, output width). */
  gradient(): Tensor {
    return this.#gradients[0].take(this.#N * this.#parts.outputWidth);
  }

  /** Adds the gradients of the weights, from the gradient that was written to `gradient()`. */
  backward(): void {
    const { embedding, layers, places, hiddenSizes, embeddingWidth, residual } = this.#parts;
    const rows = this.#repeated?.count ?? this.#N;
    const initial: StateGradient[] = [];
    let dY = this.gradient();
    let above: Tensor | undefined;
    for (let l = layers.length - 1; l >= 0; l--) {
      dY = back(places[l + 1]!, dY);
      // y_{l+1} = h_{l+1} + y_l:  dy_l += dy_{l+1}
      if (residual && above) this.#engine.add(above, dY);
      above = dY;
      // From the last layer down, the two rooms in turn: dY stands in the other one, or is a part's own.
      const room = this.#gradients[(layers.length - l) % 2]!;
      const dX =
        l === 0 ? this.#embedded.take(rows * embeddingWidth) : room.take(this.#N * hiddenSizes[l - 1]!);
      initial[l] = layers[l]!.backward(dY, dX);
      dY = dX;
    }
    this.#initialGradient = initial;
    if (this.#repeated) return embedding.backwardDistinct(dY);
    dY = back(places[0]!, dY);
    this.#pass.recording?.keepInputGradient(this.#engine, dY);
    embedding.backward(dY);
  }

  /** Gradient of the last `backward`'s loss by the state it began from, layer by layer; valid until the next. */
  get initialGradient(): readonly StateGradient[] {
    return this.#initialGradient;
  }

  /** A row for the output layer after one token for each of B sequences; `state` is advanced in place. */
  step(ids: Int32Array, state: RecurrentState): Tensor {
    const { inputProduct } = this.#parts.layers[0]!;
    const table = inputProduct && this.#inputTable(inputProduct);
    const B = ids.length;
    if (!table) return this.forward(ids, 1, B, state, READING);
    if (this.#ids.length < B) this.#ids = this.#engine.ids(B);
    this.#engine.writeIds(ids, this.#ids);
    const h = inputProduct.forwardFrom(table, this.#ids, 1, B, state.layers[0]!);
    return this.#upwards(h, 1, B, state, READING);
  }

  /** From the first layer's output on. */
  #upwards(first: Tensor, T: number, B: number, state: RecurrentState, pass: Pass): Tensor {
    const { layers, places, residual } = this.#parts;
    let x = first;
    let y = first;
    for (const [l, layer] of layers.entries()) {
      const h = l === 0 ? first : layer.forward(x, T, B, state.layers[l]!, pass);
      pass.recording?.keepLayer(this.#engine, l, h, layer.gates);
      y = residual && l > 0 ? this.#sum(h, y, this.#sums[l]!) : h;
      x = through(places[l + 1]!, y, T, pass);
    }
    return x;
  }

  #sum(a: Tensor, b: Tensor, room: Workspace): Tensor {
    const sum = room.take(a.length);
    this.#engine.copy(a, sum);
    this.#engine.add(b, sum);
    return sum;
  }

  /** The first layer's projection of every token, (V, G·H), where that is small: then a token's is a row of it. */
  #inputTable(product: InputProduct): Tensor | undefined {
    const { embedding, places, vocabulary: V } = this.#parts;
    if (V * product.width > INPUT_TABLE || changes(places[0]!, READING)) return undefined;
    if (!this.#tableFresh) {
      this.#table ??= this.#engine.tensor(V * product.width);
      product.project(embedding.floats(), this.#table, V);
      this.#tableFresh = true;
    }
    return this.#table;
  }

  /** Embedding and first layer: where nothing lies between them, equal rows go through the input product once. */
  #firstLayer(ids: Int32Array, T: number, B: number, state: RecurrentState, pass: Pass): Tensor {
    const { embedding, layers, places, embeddingWidth } = this.#parts;
    const embedded = this.#embedded.take(ids.length * embeddingWidth);
    const first = layers[0]!;
    const own = state.layers[0]!;
    const product = first.inputProduct;
    const shared = product && !changes(places[0]!, pass) && !pass.recording?.wanted.inputGradient;
    this.#repeated = shared ? embedding.forwardDistinct(ids, embedded, pass) : undefined;
    if (shared && this.#repeated) return product.forwardRepeated(embedded, this.#repeated, T, B, own, pass);
    embedding.forward(ids, embedded, pass);
    return first.forward(through(places[0]!, embedded, T, pass), T, B, own, pass);
  }
}

const changes = (parts: readonly BodyPart[], pass: Pass): boolean => parts.some((part) => part.changes(pass));

function through(parts: readonly BodyPart[], x: Tensor, T: number, pass: Pass): Tensor {
  let y = x;
  for (const part of parts) y = part.forward(y, T, pass);
  return y;
}

function back(parts: readonly BodyPart[], dY: Tensor): Tensor {
  let dX = dY;
  for (const part of parts.toReversed()) dX = part.backward(dX);
  return dX;
}
