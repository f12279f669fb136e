/** The body of a worker of a WebAssembly engine's pool. It knows no Node and no page: either may start it. */
import { instantiate, type WasmExports, type WasmMemory, type WasmModule } from "./wasm-types.js";

/** The message that starts a worker: a plain object that can be posted. */
export interface WasmWorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Address of the pool. */
  readonly pool: number;
  /** Its number, from 1. */
  readonly worker: number;
  /** The top of its stack. */
  readonly stack: number;
}

/** Runs the pool's tasks on this thread. Blocks, and returns only when the engine is disposed of. */
export function runWasmWorker({ module, memory, pool, worker, stack }: WasmWorkerStart): void {
  const exports = instantiate(module, memory) as unknown as WasmExports;
  exports.set_stack!(stack);
  exports.pool_work!(pool, worker);
}
