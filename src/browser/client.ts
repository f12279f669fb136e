/** The page's side: sends requests to a worker and receives its answers. */
import { UserError } from "../errors.js";
import type { Port } from "../service/port.js";
import type { MethodName, Methods, Reply, Request } from "../service/protocol.js";
import { errorOf } from "../service/reply-error.js";

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
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
    port.onmessage = ({ data }) => this.#receive(data as Reply);
  }

  /**
   * An `onEvent` that throws ends the work early, and the request fails with its error.
   * @throws UserError that the worker answers with, or where the parameters cannot be sent; Error where the worker
   * failed
   */
  async ask<Name extends MethodName>(
    method: Name,
    params: Methods[Name]["params"],
    { signal, onEvent }: Ask<Name> = {},
  ): Promise<Methods[Name]["result"]> {
    if (this.#broken) throw this.#broken;
    const id = ++this.#last;
    const cancel = (): void => this.#send({ id, cancel: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, {
          resolve: resolve as (result: unknown) => void,
          reject,
          onEvent: onEvent as ((event: unknown) => void) | undefined,
        });
        this.#send({ id, method, params });
        if (signal?.aborted) cancel();
        else signal?.addEventListener("abort", cancel, { once: true });
      });
    } finally {
      this.#pending.delete(id);
      signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * As `ask`, with the events as an iterator; leaving it early, or the signal, ends the work and the iterator at once.
   */
  async *stream<Name extends MethodName>(
    method: Name,
    params: Methods[Name]["params"],
    signal?: AbortSignal,
  ): AsyncGenerator<Methods[Name]["event"], void, undefined> {
    const left = new AbortController();
    const waiting: Methods[Name]["event"][] = [];
    let wake = (): void => {};
    let ended: { readonly error?: unknown } | undefined;
    const onEvent = (event: Methods[Name]["event"]): void => {
      waiting.push(event);
      wake();
    };
    const leave = (): void => {
      left.abort();
      wake();
    };
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    const end = (result: { readonly error?: unknown }): void => {
      ended = result;
      wake();
    };
    this.ask(method, params, { signal: left.signal, onEvent }).then(
      () => end({}),
      (error: unknown) => end({ error }),
    );
    try {
      for (;;) {
        // Events that were not consumed yet are dropped: the caller has stopped iterating.
        while (waiting.length > 0 && !left.signal.aborted) yield waiting.shift()!;
        if (ended || left.signal.aborted) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (ended && "error" in ended) throw ended.error;
    } finally {
      signal?.removeEventListener("abort", leave);
      leave();
    }
  }

  /** The worker is gone: pending and later requests fail. */
  break(error: Error): void {
    this.#broken ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #send(request: Request): void {
    if (this.#broken) return;
    try {
      this.#port.postMessage(request);
    } catch (error) {
      if (!(error instanceof Error && error.name === "DataCloneError")) throw error;
      throw new UserError(
        `The parameters hold something that cannot be sent to the worker (${error.message}); give plain data.`,
        { cause: error },
      );
    }
  }

  #receive(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    if ("events" in reply) {
      try {
        for (const event of reply.events) pending.onEvent?.(event);
      } catch (error) {
        this.#pending.delete(reply.id);
        this.#send({ id: reply.id, cancel: true });
        pending.reject(error);
      }
      return;
    }
    if ("error" in reply) pending.reject(errorOf(reply.error));
    else pending.resolve(reply.result);
  }
}
