/**
 * What a neural cache remembers of one text: for each of the last places i the hidden state h_i and the token that came
 * after it. A ring: place i stands in slot i mod C.
 */
import type { Engine, Tensor } from "../engine/engine.js";

/** Places that there is room for at first; a short text needs no more. */
const FIRST_ROOM = 128;

export class CachedText {
  /** Places read so far. */
  count = 0;
  readonly #engine: Engine;
  readonly #capacity: number;
  /** (C, H) */
  #keys: Tensor | undefined;
  /** By slot the token after the place; −1 where none is known. */
  #next = new Int32Array(0);

  /** @param capacity C at most */
  constructor(engine: Engine, capacity: number) {
    this.#engine = engine;
    this.#capacity = capacity;
  }

  /** Slots that hold a place. */
  get slots(): number {
    return Math.min(this.count, this.#next.length);
  }

  /** (slots, H) */
  get keys(): Tensor {
    const keys = this.#keys!;
    return keys.slice(0, this.slots * (keys.length / this.#next.length));
  }

  /** By slot, for as many as hold a place. */
  get next(): Int32Array {
    return this.#next;
  }

  slotOf(place: number): number {
    return place % this.#next.length;
  }

  /** The place after the last one. @param h (H) @param next the token after it, −1 where it is not known yet */
  add(h: Tensor, next: number): void {
    if (this.count === this.#next.length && this.count < this.#capacity) this.#grow(h.length, 2 * this.count);
    const slot = this.slotOf(this.count++);
    this.#engine.copy(h, this.#keys!.slice(slot * h.length, h.length));
    this.#next[slot] = next;
  }

  /** The token after the last place, where it was not known. */
  follow(token: number): void {
    if (this.count === 0) return;
    const slot = this.slotOf(this.count - 1);
    if (this.#next[slot]! < 0) this.#next[slot] = token;
  }

  clear(): void {
    this.count = 0;
  }

  /** Becomes a copy of another of the same capacity. */
  copyFrom(other: CachedText): void {
    this.count = other.count;
    if (other.count === 0) return;
    const keys = other.keys;
    const H = keys.length / other.slots;
    if (this.#next.length !== other.#next.length || this.#keys === undefined)
      this.#make(H, other.#next.length);
    this.#engine.copy(keys, this.#keys!);
    this.#next.set(other.#next);
  }

  #grow(H: number, room: number): void {
    const keys = this.#keys;
    const next = this.#next;
    this.#make(H, Math.min(this.#capacity, Math.max(room, FIRST_ROOM)));
    if (keys) this.#engine.copy(keys, this.#keys!);
    this.#next.set(next);
  }

  #make(H: number, room: number): void {
    this.#keys = this.#engine.tensor(room * H);
    this.#next = new Int32Array(room);
  }
}
