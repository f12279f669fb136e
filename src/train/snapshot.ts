/** The snapshot that a diverged run goes back to: a copy of its tensors, and its path (see position.ts). */
import type { Floats } from "../engine/engine.js";
import { type RunTensors, runTensors } from "./checkpoint.js";
import { pathOf, type RunPath, type RunPosition } from "./position.js";

export class Snapshot {
  readonly #run: RunTensors;
  #path: RunPath | undefined;
  #copies: Floats[] = [];

  constructor(run: RunTensors) {
    this.#run = run;
  }

  take(position: RunPosition): void {
    const { engine } = this.#run.model;
    const live = [...runTensors(this.#run)].map(({ tensor }) => tensor);
    if (this.#path) live.forEach((tensor, i) => engine.read(tensor, this.#copies[i]));
    else this.#copies = live.map((tensor) => engine.read(tensor).slice());
    this.#path = pathOf(position);
  }

  /** Puts the tensors back. @returns the path, the caller's own */
  restore(): RunPath {
    const { model, optimizer } = this.#run;
    if (!this.#path) throw new Error("no snapshot was taken");
    let i = 0;
    for (const { tensor } of runTensors(this.#run)) model.engine.write(this.#copies[i++]!, tensor);
    model.weightsChanged();
    optimizer.updates = this.#path.updates;
    return { ...this.#path };
  }
}
