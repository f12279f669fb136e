/** The body of a worker: it answers its page or, if its first message says so, is a thread of the engine. */
import { runWasmWorker, type WasmWorkerStart } from "../engine/wasm-worker.js";
import type { Port } from "../service/port.js";
import type { Handlers } from "../service/handlers.js";
import { serve } from "../service/serve.js";

export function runWorker(handlers: Handlers): void {
  const port = globalThis as unknown as Port;
  port.onmessage = (event) => {
    const { pool } = event.data as { readonly pool?: WasmWorkerStart };
    if (pool) {
      port.postMessage("ready");
      runWasmWorker(pool);
      return;
    }
    serve(port, handlers);
    port.onmessage!(event);
  };
}
