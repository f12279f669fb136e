/** What a page's worker answers: its engine is made of what the page says, and then it is a service as any other. */
import { ModelHost } from "../service/model-host.js";
import type { Handlers } from "../service/handlers.js";
import { inferenceHandlers } from "../service/inference-handlers.js";
import { createBrowserEngine } from "./browser-engine.js";

/** Bytes that WebAssembly reaches. */
const MOST_MEMORY = 2 ** 32;

/** For models that are there, and what else `more` answers with the same host. */
export function workerHandlers(more: (host: ModelHost) => Handlers = () => ({})): Handlers {
  const host = new ModelHost();
  return {
    start: async (source) => host.use(await createBrowserEngine(source), MOST_MEMORY),
    ...inferenceHandlers(host),
    ...more(host),
  };
}
