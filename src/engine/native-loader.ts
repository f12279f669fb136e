/** Loads the native addon: the one file of this room that touches the file system. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { UserError } from "../errors.js";
import { type Kernels, LinearEngine, type LinearMemory, type ThreadPool } from "./linear-engine.js";

/** What native/src/addon.c exports. */
interface Addon {
  readonly instructionSets: readonly { readonly name: string; readonly runs: boolean }[];
  address(buffer: ArrayBuffer): number;
  /** In a sanitized build only. */
  guard?(buffer: ArrayBuffer, from: number, length: number): void;
  pool(threads: number): ThreadPool & { readonly handle: unknown };
  kernels(instructionSet: string): Kernels;
}

const ALIGNMENT = 64;
const MAX_THREADS = 256;

/** What became of loading the addon. */
export type NativeStatus = { readonly addon: Addon } | { readonly reason: string };

let status: NativeStatus | undefined;

/** Loads the addon once; the reason where that fails. `RECURRA_ADDON` names another file. */
export function nativeStatus(): NativeStatus {
  if (status) return status;
  const require = createRequire(import.meta.url);
  const file = process.env["RECURRA_ADDON"] ?? "../../build/Release/recurra.node";
  try {
    status = { addon: require(file) as Addon };
  } catch (error) {
    status = { reason: loadFailure(error as NodeJS.ErrnoException) };
  }
  return status;
}

function loadFailure(error: NodeJS.ErrnoException): string {
  if (error.code === "MODULE_NOT_FOUND") return "it has not been built";
  return error.message.split("\n")[0]!;
}

/** The instruction sets the addon was built with, best first, and whether this processor runs them. */
export function instructionSets(): readonly { readonly name: string; readonly runs: boolean }[] {
  const loaded = nativeStatus();
  return "addon" in loaded ? loaded.addon.instructionSets : [];
}

/**
 * The native engine.
 * @param threads 0: one a core
 * @param isa forces an instruction set; by default the best there is
 * @throws UserError where the addon does not load or the processor does not run `isa`
 */
export function nativeEngine(threads = 0, isa?: string): LinearEngine {
  const loaded = nativeStatus();
  if ("reason" in loaded) {
    throw new UserError(
      `The native engine did not load: ${loaded.reason}. Build it with "npm run build:native" (it needs a C compiler, make and python3), or set RECURRA_ENGINE=wasm to compute with WebAssembly.`,
    );
  }
  const { addon } = loaded;
  const running = addon.instructionSets.filter((set) => set.runs).map((set) => set.name);
  const chosen = isa ?? running[0]!;
  if (!running.includes(chosen)) {
    throw new UserError(
      `RECURRA_ISA=${chosen} cannot be used: this processor and build run ${running.join(", ")}; choose one of these.`,
    );
  }
  const count = threads || Math.min(MAX_THREADS, availableParallelism());
  return new LinearEngine("native", chosen, addon.kernels(chosen), nativeMemory(addon), addon.pool(count));
}

/** Tensors as ArrayBuffers of their own; an ArrayBuffer's memory does not move. */
function nativeMemory(addon: Addon): LinearMemory {
  return {
    allocate(bytes) {
      const buffer = new ArrayBuffer(bytes + ALIGNMENT);
      const start = addon.address(buffer);
      const offset = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
      addon.guard?.(buffer, offset, bytes);
      return { address: start + offset, buffer, offset };
    },
  };
}
