/** The snapshot that a diverged run goes back to: a copy of its tensors, and its path (see position.ts). */
import type { Floats } from "../engine/engine.js";
import { type RunTensors, runTensors } from "./checkpoint.js";
import { trainedChanged } from "./trained-parameters.js";
import { pathOf, putUpdates, type RunPath, type RunPosition } from "./position.js";

export class Snapshot {
  readonly #run: RunTensors;
  #path: RunPath | undefined;
  /** By name, since an average's tensors come with the first average. */
  readonly #copies = new Map<string, Floats>();

  constructor(run: RunTensors) {
    this.#run = run;
  }

  take(position: RunPosition): void {
    const { engine } = this.#run.model;
    for (const { name, tensor } of runTensors(this.#run)) {
      const copy = this.#copies.get(name);
      if (copy) engine.read(tensor, copy);
      else this.#copies.set(name, engine.read(tensor).slice());
    }
    this.#path = pathOf(position);
  }

  /** Puts the tensors back. @returns the path, the caller's own */
  restore(): RunPath {
    const { model, optimizer, average } = this.#run;
    if (!this.#path) throw new Error("no snapshot was taken");
    if (average) average.record = this.#path.average!;
    for (const { name, tensor } of runTensors(this.#run)) model.engine.write(this.#copies.get(name)!, tensor);
    trainedChanged(this.#run);
    putUpdates(optimizer, this.#path);
    return { ...this.#path };
  }
}
