/** Shared parts of layers: their weights, and workspace that grows to the largest window seen. */
import type {
  Engine,
  Floats,
  IdTensor,
  Operands,
  PackedKind,
  PackedMatrix,
  Tensor,
} from "../engine/engine.js";
import type { TouchedRows } from "./touched-rows.js";

/** A named weight of a model, with its gradient. Names, shapes and gate order are PyTorch's. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Tensor;
  /** Gradient of the loss: every backward pass since it was set to zero has added its own. */
  readonly grad: Tensor;
  /**
   * Where only some rows of the gradient can be other than zero (an embedding, the weight and bias of a sampled
   * softmax): those rows, each once. An optimizer may then leave the others alone. Undefined: the gradient is dense.
   */
  readonly touched: TouchedRows | undefined;
}

/** How the N rows of a layer's input repeat a few: row n is row `places[n]` of the `count` that are there. */
export interface RepeatedRows {
  readonly count: number;
  /** (N) */
  readonly places: IdTensor;
}

/** A parameter of zeros. */
export function parameter(
  engine: Engine,
  name: string,
  shape: readonly number[],
  touched: () => TouchedRows | undefined = () => undefined,
): Parameter {
  const length = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    shape,
    value: engine.tensor(length),
    grad: engine.tensor(length),
    get touched() {
      return touched();
    },
  };
}

/** A weight matrix W (n, k) of int8 with one scale a row: only read, never trained. Named as its parameter would be. */
export interface QuantizedWeight {
  readonly name: string;
  readonly shape: readonly [n: number, k: number];
  /** Right-hand operands: blocks of W's rows, transposed, one after the other. */
  readonly packed: readonly PackedMatrix[];
}

export type WeightMatrix = Parameter | QuantizedWeight;

/**
 * A weight matrix of zeros.
 * @param blocks numbers of rows that add up to n: an operand of int8 each
 */
export function weightMatrix(
  engine: Engine,
  kind: PackedKind,
  name: string,
  [n, k]: readonly [n: number, k: number],
  { blocks = [n], touched }: { blocks?: readonly number[]; touched?: () => TouchedRows | undefined } = {},
): WeightMatrix {
  if (kind === "float") return parameter(engine, name, [n, k], touched);
  return { name, shape: [n, k], packed: blocks.map((rows) => engine.packed(k, rows, "int8")) };
}

export function isQuantized(weight: WeightMatrix): weight is QuantizedWeight {
  return "packed" in weight;
}

export function isParameter(weight: WeightMatrix): weight is Parameter {
  return !isQuantized(weight);
}

/** W = scales (n) ⊙ Q (n, k), row by row. */
export function setQuantized(
  engine: Engine,
  { packed }: QuantizedWeight,
  q: Int8Array,
  scales: Floats,
): void {
  let row = 0;
  for (const block of packed) {
    const end = row + block.n;
    engine.packQuantized(q.subarray(row * block.k, end * block.k), scales.subarray(row, end), block);
    row = end;
  }
}

/** A weight as an engine's lookup and softmax take it: W (n, k) itself, or the int8 operand that stands for its transpose. */
export function operandOf(weight: WeightMatrix): Tensor | PackedMatrix {
  return isQuantized(weight) ? weight.packed[0]! : weight.value;
}

/** From so many rows of a window on, packing W on the way is the faster product. */
const MANY_ROWS = 6;

/** Y (N, n) = X (N, k) · Wᵀ + bias (n): W (n, k) is read as it lies, or is int8. @param many for rows of a window */
export function rowsTimes(
  engine: Engine,
  x: Tensor,
  weight: WeightMatrix,
  y: Tensor,
  N: number,
  bias?: Tensor,
  many = false,
): void {
  if (isQuantized(weight)) return engine.matmul(x, weight.packed[0]!, y, N, bias);
  const [n, k] = weight.shape as readonly [number, number];
  if (many && N >= MANY_ROWS) engine.linearMany(x, weight.value, y, N, k, n, bias);
  else engine.linear(x, weight.value, y, N, k, n, bias);
}

/** Room in JavaScript for exactly so many floats of an engine: `former`, where it fits. */
export function hostFloats(engine: Engine, former: Floats, length: number): Floats {
  if (former.length === length) return former;
  return engine.precision === "f64" ? new Float64Array(length) : new Float32Array(length);
}

/** The weight as one that is trained. @throws TypeError where it is int8 */
export function trained(weight: WeightMatrix): Parameter {
  if (isQuantized(weight)) throw new TypeError(`${weight.name} is int8 and has no gradient`);
  return weight;
}

/** Right-hand operands of products, by what they are rounded to; each is made on first use. */
export class PackedBlocks {
  readonly #engine: Engine;
  readonly #shapes: readonly (readonly [k: number, n: number])[];
  readonly #made = new Map<Operands, readonly PackedMatrix[]>();

  constructor(engine: Engine, shapes: readonly (readonly [k: number, n: number])[]) {
    this.#engine = engine;
    this.#shapes = shapes;
  }

  of(operands: Operands): readonly PackedMatrix[] {
    let blocks = this.#made.get(operands);
    if (!blocks)
      this.#made.set(operands, (blocks = this.#shapes.map(([k, n]) => this.#engine.packed(k, n, operands))));
    return blocks;
  }
}

/** A tensor that is made anew, larger, when it no longer suffices. */
export class Workspace {
  readonly #engine: Engine;
  #whole: Tensor | undefined;
  /** The slice taken last: windows mostly have one size, and then it is taken again. */
  #taken: Tensor | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** `length` floats, with whatever the last user left in them. */
  take(length: number): Tensor {
    if (this.#taken?.length === length) return this.#taken;
    if (!this.#whole || this.#whole.length < length) this.#whole = this.#engine.tensor(length);
    this.#taken = this.#whole.length === length ? this.#whole : this.#whole.slice(0, length);
    return this.#taken;
  }
}
