/**
 * How a worker begins: with a first script that loads the body and keeps the messages that come meanwhile.
 *
 * The two are apart because bundlers let a part that is loaded later import the script which holds what they share. In
 * WebKit a worker's own script is not among its modules, so that it would run a second time, with a second copy of
 * everything. For the same reason the first script shares nothing with the body.
 */
import type { Port } from "../service/port.js";
import { NO_BODY } from "./no-body.js";

/** @param body `import("…")` of the script that sets `onmessage` */
export async function beginWorker(body: Promise<unknown>): Promise<void> {
  const port = globalThis as unknown as Port;
  const early: { readonly data: unknown }[] = [];
  port.onmessage = (event) => early.push(event);
  try {
    await body;
  } catch (error) {
    return fail(new Error(`${NO_BODY}: ${String(error)}`, { cause: error }));
  }
  try {
    for (const event of early) port.onmessage(event);
  } catch (error) {
    fail(error);
  }
}

/** Thrown outside of a promise, an error reaches the page as the worker's. */
function fail(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
