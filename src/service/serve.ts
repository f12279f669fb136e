/**
 * The transport over messages, by which a worker answers its page. It also runs on a page's own thread, over a
 * MessageChannel.
 */
import { UserError } from "../errors.js";
import type { Call, Handlers } from "./handlers.js";
import type { Port } from "./port.js";
import type { Reply, Request } from "./protocol.js";
import { replyErrorOf } from "./reply-error.js";

/** Events within this time go in one message, so that a page is not flooded. */
const EVENT_MILLISECONDS = 16;

/** Answers requests over a port, until it is closed. */
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
    const call: Call<unknown> = { signal: controller.signal, emit: (event) => events.push(event) };
    try {
      const handler = handlers[method] as
        | ((params: unknown, call: Call<unknown>) => Promise<unknown>)
        | undefined;
      if (!handler) throw new UserError(`This worker cannot ${method}; take the whole one.`);
      const result = await handler(params, call);
      events.flush();
      post({ id, result }, buffersOf(result));
    } catch (error) {
      events.flush();
      post({ id, error: replyErrorOf(error) });
    } finally {
      running.delete(id);
    }
  };
}

/**
 * The buffers of an answer or event that are transferred rather than copied: its own, and those of its fields and of
 * theirs.
 */
function buffersOf(message: unknown, depth = 2): ArrayBuffer[] {
  if (ArrayBuffer.isView(message)) return message.buffer instanceof ArrayBuffer ? [message.buffer] : [];
  if (typeof message !== "object" || message === null || Array.isArray(message) || depth === 0) return [];
  return [...new Set(Object.values(message).flatMap((field) => buffersOf(field, depth - 1)))];
}

/** Collects events and posts them together; one with bytes is posted at once, with those before it. */
class EventBatch {
  readonly #post: (events: readonly unknown[], transfer: readonly ArrayBuffer[]) => void;
  #events: unknown[] = [];
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(post: (events: readonly unknown[], transfer: readonly ArrayBuffer[]) => void) {
    this.#post = post;
  }

  push(event: unknown): void {
    this.#events.push(event);
    const buffers = buffersOf(event);
    if (buffers.length > 0 || performance.now() - this.#last >= EVENT_MILLISECONDS) this.flush(buffers);
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
