/** A channel for messages between a client and a service. */

/** One end of a channel: a `Worker`, a `MessagePort`, or a worker's own global scope. */
export interface Port {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
}
