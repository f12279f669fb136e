/**
 * The handlers of requests: functions by method, which do not depend on how requests reach them. A transport (serve.ts,
 * over messages) calls them; so may an HTTP server, or a test.
 */
import type { MethodName, Methods } from "./protocol.js";

/** One request, while it is being answered. */
export interface Call<Event> {
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  /**
   * Sends an event to the sender of the request, before the answer. Bytes in it are transferred, as those in the answer
   * are: the handler must not use them afterwards.
   */
  emit(event: Event): void;
}

/** Answers by method. */
export type Handlers = {
  [Name in MethodName]?: (
    params: Methods[Name]["params"],
    call: Call<Methods[Name]["event"]>,
  ) => Promise<Methods[Name]["result"]>;
};
