/**
 * The engine over WebAssembly: the same kernels as the native one (native/src/wasm.c), in a memory of its own. It runs
 * in Node, in a browser and anywhere else: where a module comes from and how a worker is started is passed in.
 */
import { UserError } from "../errors.js";
import type { Kernels } from "./kernels.js";
import { LinearEngine } from "./linear-engine.js";
import type { ThreadPool } from "./linear-memory.js";
import { wasmFeatures, type WasmIsa, wasmModuleName } from "./wasm-features.js";
import { ARGUMENT_BYTES, wasmKernels } from "./wasm-kernels.js";
import { makeMemory, MAXIMUM_BYTES, WasmHeap } from "./wasm-memory.js";
import { instantiate, type WasmBytes, type WasmExports, type WasmModule, webAssembly } from "./wasm-types.js";
import type { WasmWorkerStart } from "./wasm-worker.js";

/** One started worker. */
export interface WasmWorker {
  /** Resolves when `runWasmWorker` is about to run there; rejects when the worker failed. */
  readonly ready: Promise<void>;
  /** Ends the worker at once. */
  terminate(): void;
}

/** Starts a worker that calls `runWasmWorker(start)`. */
export type SpawnWasmWorker = (start: WasmWorkerStart) => WasmWorker;

interface PlaceOptions {
  /** Default 1. More needs `spawn`, shared memory and a thread that may block (a Web Worker, never a page's own). */
  readonly threads?: number;
  /** Needed when threads > 1. */
  readonly spawn?: SpawnWasmWorker;
  /** At most so many bytes of memory; default 4 GiB, or as much address space as the runtime grants. */
  readonly maximumBytes?: number;
}

export interface WasmEngineOptions extends PlaceOptions {
  /** The module of that name (see `wasmModuleName`), compiled or as bytes: fetched, read, or out of a bundle. */
  readonly module: (name: string) => WasmModule | WasmBytes | Promise<WasmModule | WasmBytes>;
  /** Default: the best that the runtime runs. */
  readonly isa?: WasmIsa;
  /** The small module that only reads models: on one thread, and what needs a gradient is refused. Default: no. */
  readonly inference?: boolean;
}

/** Bytes of a thread's stack; the module's own has as many. */
const STACK = 65536;

/** The parts of an engine that must not keep it from being garbage-collected. */
interface Threads {
  readonly workers: readonly WasmWorker[];
  readonly stop: () => void;
}

/** Ends the workers of engines that were garbage-collected. */
const forgotten = new FinalizationRegistry<Threads>(({ stop }) => stop());

export class WasmEngine extends LinearEngine {
  readonly #heap: WasmHeap;
  readonly #threads: Threads;

  /** Made by `placeWasmEngine` and `createWasmEngine`. */
  constructor(isa: WasmIsa, kernels: Kernels, heap: WasmHeap, pool: ThreadPool, threads: Threads) {
    super("wasm", isa, kernels, heap, pool);
    this.#heap = heap;
    this.#threads = threads;
    if (threads.workers.length > 0) forgotten.register(this, threads, this);
  }

  /** Bytes of linear memory now. */
  get memoryBytes(): number {
    return this.#heap.bytes;
  }

  /** Resolves when every worker runs. An engine may be used before: its own thread does what they do not yet. */
  async ready(): Promise<void> {
    await Promise.all(this.#threads.workers.map((worker) => worker.ready));
  }

  /** Ends the workers; the engine must not be used any more. */
  dispose(): void {
    forgotten.unregister(this);
    this.#threads.stop();
  }
}

/**
 * The engine over WebAssembly, all its workers running.
 * @throws UserError where the runtime lacks SIMD or `isa`, or threads > 1 cannot be had here; and later, from `tensor`,
 *   when the memory is out
 */
export async function createWasmEngine(options: WasmEngineOptions): Promise<WasmEngine> {
  const isa = chooseWasmIsa(options.isa);
  const { threads = 1, inference = false } = options;
  if (inference && threads > 1)
    throw new UserError("The module for inference runs on one thread; leave threads out.");
  refuseThreads(threads, options.spawn);
  const given = await options.module(wasmModuleName(isa, threads > 1, inference));
  const bytes = given instanceof ArrayBuffer || ArrayBuffer.isView(given);
  const module = bytes ? await webAssembly!.compile(given as WasmBytes) : given;
  const engine = placeWasmEngine(module, isa, options);
  try {
    await engine.ready();
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

/**
 * The instruction set to take: the requested one, or the best that the runtime runs.
 * @throws UserError where the runtime does not run it, or no SIMD at all
 */
export function chooseWasmIsa(requested?: string): WasmIsa {
  const { isas } = wasmFeatures();
  if (isas.length === 0)
    throw new UserError("The WebAssembly engine needs SIMD, which this runtime lacks; take a newer one.");
  const isa = requested === undefined ? isas[0] : isas.find((name) => name === requested);
  if (isa === undefined) {
    throw new UserError(
      `The instruction set ${requested} cannot be used: this runtime's WebAssembly runs ${isas.join(", ")}; choose one of these.`,
    );
  }
  return isa;
}

/**
 * An engine from a compiled module, at once; its workers come when they have started.
 * @param module the one that `wasmModuleName(isa, threads > 1)` names
 */
export function placeWasmEngine(module: WasmModule, isa: WasmIsa, options: PlaceOptions): WasmEngine {
  const { threads = 1, spawn, maximumBytes = MAXIMUM_BYTES } = options;
  refuseThreads(threads, spawn);
  const { memory, maximum } = makeMemory(maximumBytes, threads > 1);
  const instance = instantiate(module, memory);
  const exports = instance as unknown as WasmExports;
  const heap = new WasmHeap(memory, maximum, exports.first_free());
  const pool = heap.reserve(exports.pool_bytes(threads));
  const kernels = wasmKernels(instance, memory, heap.reserve(ARGUMENT_BYTES));
  exports.pool_place(pool, threads);
  const workers = Array.from({ length: threads - 1 }, (_, i) =>
    spawn!({ module, memory, pool, worker: i + 1, stack: heap.reserve(STACK) + STACK }),
  );
  const stop = (): void => {
    exports.pool_stop?.(pool);
    for (const worker of workers) worker.terminate();
  };
  return new WasmEngine(isa, kernels, heap, { address: pool, threads }, { workers, stop });
}

function refuseThreads(threads: number, spawn: SpawnWasmWorker | undefined): void {
  if (threads === 1) return;
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new UserError(`threads is ${threads}; give a whole number from 1 to 256.`);
  if (!spawn)
    throw new UserError(`${threads} threads need a way to start workers: give spawn, or threads: 1.`);
  if (!wasmFeatures().threads) {
    throw new UserError(
      `${threads} threads cannot be had here: a page needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, and the engine has to run in a Web Worker; or take threads: 1.`,
    );
  }
}
