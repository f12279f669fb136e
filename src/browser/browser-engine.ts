/** The engine of a browser: WebAssembly, in the worker that calls this. */
import type { Engine } from "../engine/engine.js";
import { createWasmEngine, type WasmWorker } from "../engine/wasm-engine.js";
import { wasmFeatures } from "../engine/wasm-features.js";
import type { WasmWorkerStart } from "../engine/wasm-worker.js";
import { UserError } from "../errors.js";
import { type Fetched, globals } from "./platform.js";
import type { EngineSource } from "../service/protocol.js";

/** More threads than this wait more than they work, at the sizes of models that a browser trains. */
const MOST_THREADS = 8;

/** @throws UserError where there is no SIMD, or the module cannot be fetched */
export async function createBrowserEngine({
  modules,
  threads,
  inference = false,
}: EngineSource): Promise<Engine> {
  const { isas, threads: mayShare } = wasmFeatures();
  if (isas.length === 0) {
    throw new UserError(
      "This browser's WebAssembly has no SIMD, which recurra computes with; use a newer one (Chrome 91, Firefox 89, Safari 16.4 or later).",
    );
  }
  const cores = globals.navigator?.hardwareConcurrency ?? 1;
  const chosen = threads ?? (!inference && mayShare && globals.Worker ? Math.min(cores, MOST_THREADS) : 1);
  // A page that brings one module only, as an exported one does, computes with that.
  const isa = isas.find((name) => Object.keys(modules).some((file) => file.startsWith(`recurra-${name}`)));
  try {
    return await createWasmEngine({
      threads: chosen,
      inference,
      ...(isa && { isa }),
      module: (name) => fetchModule(name, modules[name]),
      spawn,
    });
  } catch (error) {
    if (!(error instanceof Error && error.name === "CompileError")) throw error;
    throw new UserError(
      `The WebAssembly module could not be compiled (${error.message}); a Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src.`,
      { cause: error },
    );
  }
}

async function fetchModule(
  name: string,
  source: string | Uint8Array | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source === undefined) throw new UserError(`The page does not say where ${name} is.`);
  if (typeof source !== "string") return source as Uint8Array<ArrayBuffer>;
  let response: Fetched;
  try {
    response = await fetch(source);
  } catch (error) {
    throw new UserError(`${name} could not be fetched from ${source}; check the connection and reload.`, {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new UserError(
      `${name} could not be fetched from ${source} (HTTP ${response.status}); the server has to serve it.`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

/** Starts a worker of the pool: from the file that runs here, which learns its role from the first message. */
function spawn(start: WasmWorkerStart): WasmWorker {
  const worker = new globals.Worker!(globals.location!.href, { type: "module" });
  const ready = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) =>
      reject(
        new UserError(
          `A thread could not be started (${event.message ?? "no reason given"}); take threads: 1.`,
        ),
      );
  });
  worker.postMessage({ pool: start });
  return { ready, terminate: () => worker.terminate() };
}
