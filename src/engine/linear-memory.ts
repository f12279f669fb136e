/** Tensors in the linear memory of an engine over compiled kernels, and where they stand in it. */
import { checkSlice } from "./check-arguments.js";
import type { IdTensor, PackedKind, PackedMatrix, Tensor } from "./engine.js";
import type { Address } from "./kernels.js";

/** Where tensors live. */
export interface LinearMemory {
  /** Whether a new allocation may detach every view of those before. */
  readonly moves?: boolean;
  /** `bytes` zero bytes, 64-byte aligned. `buffer` is read anew each time: a memory that grows may move. */
  allocate(bytes: number): {
    readonly address: Address;
    readonly buffer: ArrayBufferLike;
    readonly offset: number;
  };
  /** Takes back what is certainly not used any more; without it that is the garbage collector's business. */
  release?(allocation: Allocation, bytes: number): void;
}

/** The threads that kernels run on. */
export interface ThreadPool {
  /** Argument `pool` of the kernels that use threads. */
  readonly address: Address;
  readonly threads: number;
}

export type Allocation = ReturnType<LinearMemory["allocate"]>;

/** A view holds the memory that it shows, as long as somebody holds the view. */
const shown = new WeakMap<object, Allocation>();

export class LinearTensor implements Tensor {
  declare readonly holds?: "floats";
  readonly length: number;
  readonly address: Address;
  readonly #allocation: Allocation;
  /** The tensor that it is a slice of; a whole one is its own. */
  readonly #whole: LinearTensor;
  #view: Float32Array | undefined;

  constructor(allocation: Allocation, address: Address, length: number, whole?: LinearTensor) {
    this.#allocation = allocation;
    this.address = address;
    this.length = length;
    this.#whole = whole ?? this;
  }

  /** For the engine alone: a view, made anew where the memory has moved. */
  get data(): Float32Array {
    if (this.#view?.buffer !== this.#allocation.buffer) this.#view = this.#makeView();
    return this.#view;
  }

  slice(start: number, length: number): LinearTensor {
    checkSlice(this, start, length);
    return new LinearTensor(this.#allocation, addressAfter(this.address, 4 * start), length, this.#whole);
  }

  /**
   * Copies it to a tensor as long. No view of either is made that lasts: a search copies thousands of slices, rows of
   * states, once each.
   */
  copyTo(y: LinearTensor): void {
    const from = this.#start;
    y.#whole.data.set(this.#whole.data.subarray(from, from + this.length), y.#start);
  }

  /** In the whole tensor. */
  get #start(): number {
    return (this.address - this.#whole.address) / 4;
  }

  /** Gives a whole tensor's memory back; it must not be used any more. */
  release(memory: LinearMemory): void {
    memory.release?.(this.#allocation, 4 * this.length);
  }

  #makeView(): Float32Array {
    const { buffer, offset, address } = this.#allocation;
    const view = new Float32Array(buffer, offset + this.address - address, this.length);
    shown.set(view, this.#allocation);
    return view;
  }
}

export class LinearIds implements IdTensor {
  declare readonly holds?: "ids";
  readonly length: number;
  readonly address: Address;
  readonly #allocation: Allocation;
  #view: Int32Array | undefined;

  constructor(allocation: Allocation, address: Address, length: number) {
    this.#allocation = allocation;
    this.address = address;
    this.length = length;
  }

  /** For the engine alone. */
  get data(): Int32Array {
    if (this.#view?.buffer !== this.#allocation.buffer) this.#view = this.#makeView();
    return this.#view;
  }

  slice(start: number, length: number): LinearIds {
    checkSlice(this, start, length);
    return new LinearIds(this.#allocation, addressAfter(this.address, 4 * start), length);
  }

  #makeView(): Int32Array {
    const { buffer, offset, address } = this.#allocation;
    const view = new Int32Array(buffer, offset + this.address - address, this.length);
    shown.set(view, this.#allocation);
    return view;
  }
}

export interface LinearPacked extends PackedMatrix {
  readonly storage: LinearTensor;
}

/** The address of a tensor's first element. @throws TypeError where the tensor is not of an engine over kernels */
export function at(x: Tensor | IdTensor): Address {
  const { address } = x as LinearTensor | LinearIds;
  if (address === undefined) throw new TypeError("the tensor belongs to another engine");
  return address;
}
export const atOptional = (x: Tensor | undefined): Address | 0 => (x ? at(x) : 0);

/** So many bytes further. */
export const addressAfter = (address: Address, bytes: number): Address => (address + bytes) as Address;

/** The address of packed weights, which have to be of this kind. */
export function atPacked(p: PackedMatrix, kind: PackedKind): Address {
  if (p.kind !== kind) throw new TypeError(`a packed matrix of kind ${kind} is needed here, not ${p.kind}`);
  return (p as LinearPacked).storage.address;
}

/** Where packed weights stand that are floats or bfloat16. */
export function atTrained(p: PackedMatrix): Address {
  return atPacked(p, p.kind === "bf16" ? "bf16" : "float");
}
