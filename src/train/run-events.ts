/** Passes a run's events to its listener. An error that the listener throws ends the run, and is what the run fails with. */
import type { TrainEvent } from "./events.js";

export class RunEvents {
  #thrown: { readonly error: unknown } | undefined;
  readonly emit: (event: TrainEvent) => void;

  constructor(listener: ((event: TrainEvent) => void) | undefined) {
    this.emit = (event) => {
      try {
        listener?.(event);
      } catch (error) {
        this.#thrown ??= { error };
        throw error;
      }
    };
  }

  /**
   * The error that a run fails with: the one that the listener threw, if it threw any, since code between may have
   * replaced it with an error of its own.
   */
  failure(error: unknown): unknown {
    return this.#thrown ? this.#thrown.error : error;
  }
}
