/** A list of ids that grows. */
export class IdBuffer {
  #ids: Int32Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#ids = new Int32Array(Math.max(16, capacity));
  }

  push(id: number): void {
    if (this.#length === this.#ids.length) this.#grow(this.#length + 1);
    this.#ids[this.#length++] = id;
  }

  append(ids: Int32Array): void {
    if (this.#length + ids.length > this.#ids.length) this.#grow(this.#length + ids.length);
    this.#ids.set(ids, this.#length);
    this.#length += ids.length;
  }

  /** A copy of what was pushed. */
  toIds(): Int32Array {
    return this.#ids.slice(0, this.#length);
  }

  #grow(least: number): void {
    const larger = new Int32Array(Math.max(least, 2 * this.#ids.length));
    larger.set(this.#ids.subarray(0, this.#length));
    this.#ids = larger;
  }
}
