/** A channel for messages between whoever asks and whoever answers. */

/** One end of a channel: a `Worker`, a `MessagePort`, or what a worker sees of its owner. */
export interface Port {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
}
