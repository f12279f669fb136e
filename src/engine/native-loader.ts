/** Loads the native addon: the one file of this room that touches the file system. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { UserError } from "../errors.js";
import type { Operands } from "./engine.js";
import type { Address, Kernels } from "./kernels.js";
import { LinearEngine } from "./linear-engine.js";
import { type LinearMemory, type ThreadPool, addressAfter } from "./linear-memory.js";

/** The exports of native/src/addon.c. */
interface Addon {
  readonly instructionSets: readonly { readonly name: string; readonly runs: boolean }[];
  address(buffer: ArrayBuffer): Address;
  /** In a sanitized build only. */
  guard?(buffer: ArrayBuffer, from: number, length: number): void;
  pool(threads: number): ThreadPool & { readonly handle: unknown };
  kernels(instructionSet: string): Kernels;
}

const ALIGNMENT = 64;
const MAX_THREADS = 256;

/** The result of loading the addon. */
export type NativeStatus = { readonly addon: Addon } | { readonly reason: string };

let status: NativeStatus | undefined;

/** The addon of a checkout, and the package that brings it where recurra was installed. */
const BUILT = "../../build/Release/recurra.node";
const PACKAGE = `@recurra/native-${process.platform}-${process.arch}`;

/** Loads the addon once; the reason where that fails. `RECURRA_ADDON` names another file. */
export function nativeStatus(): NativeStatus {
  if (status) return status;
  const require = createRequire(import.meta.url);
  const named = process.env["RECURRA_ADDON"];
  for (const place of named ? [named] : [BUILT, PACKAGE]) {
    try {
      return (status = { addon: require(place) as Addon });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "MODULE_NOT_FOUND") return (status = { reason: message.split("\n")[0]! });
    }
  }
  const reason = named ? `there is no ${named}` : `it has not been built, and ${PACKAGE} is not installed`;
  return (status = { reason });
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
export function nativeEngine(threads = 0, isa?: string, trainingOperands?: Operands): LinearEngine {
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
      `The instruction set ${chosen} cannot be used: this processor and build run ${running.join(", ")}; choose one of these.`,
    );
  }
  const count = threads || Math.min(MAX_THREADS, availableParallelism());
  const kernels = addon.kernels(chosen);
  const memory = nativeMemory(addon);
  const pool = addon.pool(count);
  return new LinearEngine("native", chosen, kernels, memory, pool, trainingOperands);
}

/** Tensors as ArrayBuffers of their own; an ArrayBuffer's memory does not move. */
function nativeMemory(addon: Addon): LinearMemory {
  return {
    allocate(bytes) {
      const buffer = new ArrayBuffer(bytes + ALIGNMENT);
      const start = addon.address(buffer);
      const offset = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT;
      addon.guard?.(buffer, offset, bytes);
      return { address: addressAfter(start, offset), buffer, offset };
    },
  };
}
