/** Typed arrays that grow as numbers are added: what a file claims to hold is not trusted with memory. */

const FIRST_ROOM = 1024;

type Numbers = Int32Array | Float32Array | Float64Array;

class Growing<Values extends Numbers> {
  readonly #make: new (length: number) => Values;
  #values: Values;
  #length = 0;

  constructor(make: new (length: number) => Values) {
    this.#make = make;
    this.#values = new make(FIRST_ROOM);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new this.#make(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Adds to the number at a place; what lies before it and was not added is 0. */
  add(at: number, value: number): void {
    while (this.#length <= at) this.push(0);
    this.#values[at]! += value;
  }

  /** What was added; valid until more is. */
  view(): Values {
    return this.#values.subarray(0, this.#length) as Values;
  }
}

export class GrowingInts extends Growing<Int32Array> {
  constructor() {
    super(Int32Array);
  }
}

export class GrowingFloats extends Growing<Float32Array> {
  constructor() {
    super(Float32Array);
  }
}

export class GrowingDoubles extends Growing<Float64Array> {
  constructor() {
    super(Float64Array);
  }
}
