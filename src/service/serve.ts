/** The worker's side: answers requests. It runs as well on a page's own thread, over a MessageChannel. */
import { UserError, type UserErrorParts } from "../errors.js";
import type { Port } from "./port.js";
import type { MethodName, Methods, Reply, Request } from "./protocol.js";

/** One request, while it is being answered. */
export interface Call<Event> {
  /** Aborted when the page no longer wants the answer. */
  readonly signal: AbortSignal;
  /** Tells the page something; it hears of it within EVENT_MILLISECONDS, or, when `now`, at once. */
  emit(event: Event, now?: { readonly transfer: readonly ArrayBuffer[] }): void;
}

/** Answers by method. */
export type Handlers = {
  [Name in MethodName]?: (
    params: Methods[Name]["params"],
    call: Call<Methods[Name]["event"]>,
  ) => Promise<Methods[Name]["result"]>;
};

/** What is told in less time than this goes in one message, so that a page is not flooded. */
const EVENT_MILLISECONDS = 16;

/** Answers what comes over a port, until it is closed. */
export function serve(port: Port, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  const post = (reply: Reply, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(reply, transfer);
  port.onmessage = ({ data }) => {
    const request = data as Request;
    if ("cancel" in request) running.get(request.id)?.abort();
    else void answer(request);
  };

  const answer = async ({ id, method, params }: Exclude<Request, { cancel: true }>): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    const events = new EventBatch((batch, transfer) => post({ id, events: batch }, transfer));
    const call: Call<unknown> = {
      signal: controller.signal,
      emit: (event, now) => events.push(event, now?.transfer),
    };
    try {
      const handler = handlers[method] as
        | ((params: unknown, call: Call<unknown>) => Promise<unknown>)
        | undefined;
      if (!handler) throw new UserError(`This worker cannot ${method}; take the whole one.`);
      const result = await handler(params, call);
      events.flush();
      post({ id, result }, transferable(result));
    } catch (error) {
      events.flush();
      post({ id, error: error instanceof UserError ? partsOf(error) : { message: messageOf(error) } });
    } finally {
      running.delete(id);
    }
  };
}

/** A `UserError` as plain data. */
function partsOf({ option, problem, advice }: UserError): UserErrorParts {
  return { option, problem, advice };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Buffers of an answer that are given away rather than copied: bytes made for it. */
function transferable(result: unknown): ArrayBuffer[] {
  const arrays: unknown[] =
    result instanceof Uint8Array
      ? [result]
      : typeof result === "object" && result
        ? Object.values(result)
        : [];
  const buffers = arrays.flatMap((value) =>
    ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [],
  );
  return [...new Set(buffers)];
}

/** Collects events and posts them together. */
class EventBatch {
  readonly #post: (events: readonly unknown[], transfer: readonly ArrayBuffer[]) => void;
  #events: unknown[] = [];
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (events: readonly unknown[], transfer: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  push(event: unknown, transfer?: readonly ArrayBuffer[]): void {
    this.#events.push(event);
    if (transfer || performance.now() - this.#last >= EVENT_MILLISECONDS) this.flush(transfer);
    else this.#timer ??= setTimeout(() => this.flush(), EVENT_MILLISECONDS);
  }

  flush(transfer: readonly ArrayBuffer[] = []): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events.length > 0) this.#post(this.#events, transfer);
    this.#events = [];
    this.#last = performance.now();
  }
}
