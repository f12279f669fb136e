/** The page's side: asks a worker and hears its answers. */
import { UserError } from "../errors.js";
import type { Port } from "../service/port.js";
import type { MethodName, Methods, Reply, ReplyError, Request } from "../service/protocol.js";

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onEvent: ((event: unknown) => void) | undefined;
}

/** How a request is followed. */
export interface Ask<Name extends MethodName> {
  /** Ends the work early. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: Methods[Name]["event"]) => void;
}

export class Client {
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #broken: Error | undefined;

  constructor(port: Port) {
    this.#port = port;
    port.onmessage = ({ data }) => this.#hear(data as Reply);
  }

  /** @throws UserError that the worker says, or Error where it failed */
  ask<Name extends MethodName>(
    method: Name,
    params: Methods[Name]["params"],
    { signal, onEvent }: Ask<Name> = {},
  ): Promise<Methods[Name]["result"]> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        onEvent: onEvent as ((event: unknown) => void) | undefined,
      });
      this.#send({ id, method, params });
      const cancel = (): void => this.#send({ id, cancel: true });
      if (signal?.aborted) cancel();
      else signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** As `ask`, with what it tells as an iterator; leaving it early, or the signal, ends the work and the iterator at once. */
  async *stream<Name extends MethodName>(
    method: Name,
    params: Methods[Name]["params"],
    signal?: AbortSignal,
  ): AsyncGenerator<Methods[Name]["event"], void, undefined> {
    const left = new AbortController();
    const heard: Methods[Name]["event"][] = [];
    let wake = (): void => {};
    let ended: { readonly error?: unknown } | undefined;
    const onEvent = (event: Methods[Name]["event"]): void => {
      heard.push(event);
      wake();
    };
    const leave = (): void => {
      left.abort();
      wake();
    };
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    const end = (how: { readonly error?: unknown }): void => {
      ended = how;
      wake();
    };
    this.ask(method, params, { signal: left.signal, onEvent }).then(
      () => end({}),
      (error: unknown) => end({ error }),
    );
    try {
      for (;;) {
        // What was told faster than it was taken is of no use to whoever has had enough.
        while (heard.length > 0 && !left.signal.aborted) yield heard.shift()!;
        if (ended || left.signal.aborted) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (ended && "error" in ended) throw ended.error;
    } finally {
      signal?.removeEventListener("abort", leave);
      leave();
    }
  }

  /** The worker is gone: everything that waits fails, and everything asked from now on. */
  break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #send(request: Request): void {
    if (!this.#broken) this.#port.postMessage(request);
  }

  #hear(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if ("events" in reply) {
      for (const event of reply.events) pending.onEvent?.(event);
      return;
    }
    this.#pending.delete(reply.id);
    if ("error" in reply) pending.reject(errorOf(reply.error));
    else pending.resolve(reply.result);
  }
}

function errorOf(error: ReplyError): Error {
  return "problem" in error ? new UserError(error) : new Error(error.message);
}
