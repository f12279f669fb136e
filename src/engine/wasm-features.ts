/** The features of the runtime's WebAssembly, and the module to choose by them. */
import { type WasmBytes, webAssembly } from "./wasm-types.js";

/** "simd128", or "relaxed-simd": that with fused multiply-adds where the processor has them. */
export type WasmIsa = "simd128" | "relaxed-simd";

/** Every instruction set there is a module of, best first. */
export const WASM_ISAS: readonly WasmIsa[] = ["relaxed-simd", "simd128"];

export interface WasmFeatures {
  /** Best first; empty where there is no SIMD: then there is no engine. */
  readonly isas: readonly WasmIsa[];
  /** Shared memory can be had (a page: it is cross-origin isolated) and this thread may block. */
  readonly threads: boolean;
}

/**
 * A module with one function () → v128 of this body: magic, version, type section, function section, code section.
 */
function moduleOf(body: readonly number[]): WasmBytes {
  const types = [1, 5, 1, 0x60, 0, 1, 0x7b];
  const functions = [3, 2, 1, 0];
  const code = [10, body.length + 4, 1, body.length + 2, 0, ...body, 0x0b];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, ...functions, ...code]);
}

// v128.const takes 16 bytes; the opcodes of relaxed SIMD begin at 0x100.
const zeros = [0xfd, 0x0c, ...new Uint8Array(16)];
const PROBES: Readonly<Record<WasmIsa, WasmBytes>> = {
  simd128: moduleOf(zeros),
  /** f32x4.relaxed_madd */
  "relaxed-simd": moduleOf([...zeros, ...zeros, ...zeros, 0xfd, 0x85, 0x02]),
};

/** The features of this runtime, found without compiling anything. */
export function wasmFeatures(): WasmFeatures {
  const api = webAssembly;
  if (!api) return { isas: [], threads: false };
  return { isas: WASM_ISAS.filter((isa) => api.validate(PROBES[isa])), threads: mayShare() && mayBlock() };
}

/** Whether memory can be shared with a worker: a page may make it only when it is cross-origin isolated. */
function mayShare(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === "function" && crossOriginIsolated !== false;
}

/** A page's own thread throws where it would block. */
function mayBlock(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** The file name of the module for an instruction set: with threads, for inference alone, or neither. */
export function wasmModuleName(isa: WasmIsa, threaded: boolean, inference = false): string {
  return `recurra-${isa}${threaded ? "-threads" : inference ? "-inference" : ""}.wasm`;
}
