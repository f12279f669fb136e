/**
 * The requests of a page that its worker answers: the first creates the engine; from then on it is a service like any
 * other.
 */
import { ModelHost } from "../service/model-host.js";
import type { Handlers } from "../service/handlers.js";
import { inferenceHandlers } from "../service/inference-handlers.js";
import { createBrowserEngine } from "./browser-engine.js";

/** Bytes that WebAssembly reaches. */
const MOST_MEMORY = 2 ** 32;

/** Requests on loaded models, and those that `more` adds for the same host. */
export function workerHandlers(more: (host: ModelHost) => Handlers = () => ({})): Handlers {
  const host = new ModelHost();
  return {
    start: async (source) => host.use(await createBrowserEngine(source), MOST_MEMORY),
    ...inferenceHandlers(host),
    ...more(host),
  };
}
