/** The engines over compiled kernels that run here: every instruction set of the addon and of WebAssembly. */
import { test } from "vitest";
import type { LinearEngine } from "../../src/engine/linear-engine.js";
import { instructionSets, nativeEngine } from "../../src/engine/native-loader.js";
import { wasmEngine, wasmInstructionSets } from "../../src/engine/wasm-loader.js";

export interface CompiledEngine {
  readonly engine: "native" | "wasm";
  readonly isa: string;
  readonly make: (threads: number) => LinearEngine;
  /** The same, once all its threads run. */
  readonly makeReady: (threads: number) => Promise<LinearEngine>;
}

const native = instructionSets().map(({ name, runs }) => ({
  engine: "native" as const,
  isa: name,
  runs,
  make: (threads: number) => nativeEngine(threads, name),
  makeReady: async (threads: number) => nativeEngine(threads, name),
}));
const wasm = wasmInstructionSets().map(({ name, runs }) => ({
  engine: "wasm" as const,
  isa: name,
  runs,
  make: (threads: number) => wasmEngine(threads, name),
  makeReady: async (threads: number) => {
    const engine = wasmEngine(threads, name);
    await engine.ready();
    return engine;
  },
}));

/** By their instruction sets, whose names differ. */
export const compiledEngines: readonly CompiledEngine[] = [...native, ...wasm].filter(({ runs }) => runs);

/** Says which are not run, and why. */
export function skipOthers(): void {
  for (const { engine, isa, runs } of [...native, ...wasm]) {
    const reason = engine === "wasm" ? "this Node" : "this processor";
    if (!runs) test.skip(`${engine}, ${isa}: ${reason} does not run it`, () => {});
  }
}
