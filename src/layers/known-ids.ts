/** Ids that JavaScript has made and an engine reads: kept on both sides, so that none has to be read back. */
import type { Engine, IdTensor } from "../engine/engine.js";

/** By what room grows at least, so that sizes that creep up do not make it anew each time. */
const GROWTH = 1.5;

export class KnownIds {
  readonly #engine: Engine;
  #values = new Int32Array(1);
  #tensor: IdTensor;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#tensor = engine.ids(1);
  }

  /** JavaScript's side: to be written, then sent. */
  get values(): Int32Array {
    return this.#values;
  }

  /** The engine's side, as it was last sent. */
  get tensor(): IdTensor {
    return this.#tensor;
  }

  /** Makes room for `length` ids and returns JavaScript's side; those that were there stay. */
  reserve(length: number): Int32Array {
    if (this.#values.length >= length) return this.#values;
    const former = this.#values;
    const room = Math.max(length, Math.ceil(former.length * GROWTH));
    this.#values = new Int32Array(room);
    this.#values.set(former);
    this.#tensor = this.#engine.ids(room);
    return this.#values;
  }

  /** Hands the first `count` ids to the engine. */
  send(count: number): IdTensor {
    this.#engine.writeIds(this.#values, this.#tensor, count);
    return this.#tensor;
  }
}
