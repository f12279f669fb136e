/** Node's side of the WebAssembly engine: reads the modules and starts worker threads. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { UserError } from "../errors.js";
import { chooseWasmIsa, placeWasmEngine, type SpawnWasmWorker, type WasmEngine } from "./wasm-engine.js";
import { WASM_ISAS, wasmFeatures, wasmModuleName } from "./wasm-features.js";
import { type WasmModule, webAssembly } from "./wasm-types.js";

const MAX_THREADS = 256;
const compiled = new Map<string, WasmModule>();

/** The instruction sets there are modules of, best first, and whether this Node runs them. */
export function wasmInstructionSets(): readonly { readonly name: string; readonly runs: boolean }[] {
  const { isas } = wasmFeatures();
  return WASM_ISAS.map((name) => ({ name, runs: isas.includes(name) }));
}

/**
 * The WebAssembly engine, at once; its workers join in when they have started.
 * @param threads 0: one a core
 * @param isa forces an instruction set; by default the best that this Node runs
 * @throws UserError where the module cannot be read or this Node does not run it
 */
export function wasmEngine(threads = 0, isa?: string): WasmEngine {
  const chosen = chooseWasmIsa(isa);
  const count = threads || Math.min(MAX_THREADS, availableParallelism());
  return placeWasmEngine(moduleOf(wasmModuleName(chosen, count > 1)), chosen, { threads: count, spawn });
}

function moduleOf(name: string): WasmModule {
  const known = compiled.get(name);
  if (known) return known;
  const file = new URL(`../../wasm/${name}`, import.meta.url);
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError(
      `The WebAssembly engine's module cannot be read (${(error as Error).message}); install recurra again, or run "npm run build:wasm" where you build it.`,
    );
  }
  const module = new webAssembly!.Module(bytes);
  compiled.set(name, module);
  return module;
}

/** runWasmWorker as a script that needs neither a file nor a loader. */
const BODY = `
const { parentPort, workerData: { module, memory, pool, worker, stack } } = require("node:worker_threads");
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
exports.set_stack(stack);
parentPort.postMessage("ready");
exports.pool_work(pool, worker);
`;

/** A worker thread that keeps no process alive. */
const spawn: SpawnWasmWorker = (start) => {
  const worker = new Worker(BODY, { eval: true, workerData: start, execArgv: [], stdin: false });
  worker.unref();
  return {
    ready: new Promise((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject);
    }),
    terminate: () => void worker.terminate(),
  };
};
