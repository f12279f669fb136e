/** Typed arrays that grow as numbers are added: what a file claims to hold is not trusted with memory. */

const FIRST_ROOM = 1024;

export class GrowingInts {
  #values = new Int32Array(FIRST_ROOM);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** What was added; valid until more is. */
  view(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }
}

export class GrowingFloats {
  #values = new Float32Array(FIRST_ROOM);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** What was added; valid until more is. */
  view(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }
}
