/** Stops and pauses a run from outside. */
import { UserError } from "../errors.js";

export class RunControl {
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.stop();
  #paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  /** @param signal stops the run when it is aborted */
  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    if (signal?.aborted) this.stop();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** To be called when the run is over: stops listening to the signal. */
  release(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  /** Ends the run after the present step; it can be resumed from the checkpoint saved then. */
  stop(): void {
    this.#stop.abort();
    this.resume();
  }

  /** Stops the steps for a while, with a checkpoint. */
  pause(): void {
    if (this.#paused || this.stopped) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#paused = { over, end };
  }

  resume(): void {
    this.#paused?.end();
    this.#paused = undefined;
  }

  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Aborted once the run is stopped. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** True where no further step is to be made now: stopped or paused. */
  get interrupted(): boolean {
    return this.stopped || this.#paused !== undefined;
  }

  /** Resolves when there is no pause, or when it is over. */
  async untilResumed(): Promise<void> {
    while (this.#paused) await this.#paused.over;
  }

  /** To be called while the text is read. @throws UserError where the run was stopped */
  endIfStopped(): void {
    if (this.stopped) throw new UserError("Stopped while the text was read; nothing was trained yet.");
  }
}
