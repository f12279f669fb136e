/** A `Recurra` whose worker is this thread. */
import { readFileSync } from "node:fs";
import { MessageChannel } from "node:worker_threads";
import type { Port } from "../../src/service/port.js";
import { attachRecurra, type Recurra } from "../../src/browser/recurra.js";
import { serve } from "../../src/service/serve.js";
import { workerHandlers } from "../../src/browser/worker-handlers.js";
import { trainingHandlers } from "../../src/service/training-handlers.js";

const wasm = new URL("../../wasm/", import.meta.url);

/** @param inference true: the handlers and modules of a page that does not train */
export function startInProcess(inference = false): Promise<Recurra> {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as unknown as Port, inference ? workerHandlers() : workerHandlers(trainingHandlers));
  const suffix = inference ? "-inference.wasm" : ".wasm";
  const modules = Object.fromEntries(
    ["recurra-simd128", "recurra-relaxed-simd"].map((name) => {
      return [`${name}${suffix}`, new Uint8Array(readFileSync(new URL(`${name}${suffix}`, wasm)))];
    }),
  );
  return attachRecurra(port1 as unknown as Port, { modules, threads: 1, inference }, () => port1.close());
}
