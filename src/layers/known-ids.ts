/** Ids made in JavaScript and read by an engine: kept on both sides, so that they are never read back. */
import type { Engine, IdTensor } from "../engine/engine.js";

/** The least factor by which an allocation grows, so that slowly rising sizes do not allocate each time. */
const GROWTH = 1.5;

export class KnownIds {
  readonly #engine: Engine;
  #values = new Int32Array(1);
  #tensor: IdTensor;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#tensor = engine.ids(1);
  }

  /** The values in JavaScript: to be written, then sent. */
  get values(): Int32Array {
    return this.#values;
  }

  /** The engine's copy, as last sent. */
  get tensor(): IdTensor {
    return this.#tensor;
  }

  /** Makes room for `length` ids and returns the values in JavaScript; earlier ones are kept. */
  reserve(length: number): Int32Array {
    if (this.#values.length >= length) return this.#values;
    const former = this.#values;
    const room = Math.max(length, Math.ceil(former.length * GROWTH));
    this.#values = new Int32Array(room);
    this.#values.set(former);
    this.#tensor = this.#engine.ids(room);
    return this.#values;
  }

  /** Sends the first `count` ids to the engine. */
  send(count: number): IdTensor {
    this.#engine.writeIds(this.#values, this.#tensor, count);
    return this.#tensor;
  }
}
