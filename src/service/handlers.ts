/**
 * Who answers requests, and how: functions by method, which know nothing of what carries requests to them. A transport
 * (serve.ts, over messages) calls them; so may an HTTP server, or a test.
 */
import type { MethodName, Methods } from "./protocol.js";

/** One request, while it is being answered. */
export interface Call<Event> {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /**
   * Tells whoever asked something before the answer. Bytes in it belong to whoever hears it, as those in the answer do:
   * the handler keeps no part of them.
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
