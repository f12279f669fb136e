/** Long work in turns: timers, signals and messages are heard while it goes on. */

/** Lets everything else of the process, or of the page, have its turn. */
export function breathe(): Promise<void> {
  // A browser makes nested timers wait 4 ms each, which would cost a fifth of the speed; a message comes at once.
  if (typeof setImmediate === "function") return new Promise((resolve) => setTimeout(resolve, 0));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    (port1 as unknown as { onmessage: () => void }).onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Work that gives others their turn every so many milliseconds. */
export class Turns {
  readonly #milliseconds: number;
  #last = performance.now();

  constructor(milliseconds = 50) {
    this.#milliseconds = milliseconds;
  }

  /** It is time to give others their turn. */
  get due(): boolean {
    return performance.now() - this.#last > this.#milliseconds;
  }

  async give(): Promise<void> {
    await breathe();
    this.#last = performance.now();
  }
}
