/** Tells events to whoever listens. What a listener throws ends the run with just that error. */
import type { TrainEvent } from "./events.js";

export class EventTeller {
  #thrown: { readonly error: unknown } | undefined;
  readonly tell: (event: TrainEvent) => void;

  constructor(listener: ((event: TrainEvent) => void) | undefined) {
    this.tell = (event) => {
      try {
        listener?.(event);
      } catch (error) {
        this.#thrown ??= { error };
        throw error;
      }
    };
  }

  /**
   * The error that a run fails with: a listener's own, where there is one, since on its way it may have been taken for
   * the fault of what was done just then.
   */
  failure(error: unknown): unknown {
    return this.#thrown ? this.#thrown.error : error;
  }
}
