/** The kernels of a WebAssembly instance as functions of numbers. */
import { UserError } from "../errors.js";
import { type Kernels, MOST_ARGUMENTS, SOFTMAX_LOSS_DH } from "./kernels.js";
import type { WasmMemory } from "./wasm-types.js";

/** Bytes that the arguments of a call stand in. */
export const ARGUMENT_BYTES = 8 * MOST_ARGUMENTS;

/** A kernel, whichever it is. */
type Kernel = (...numbers: readonly number[]) => number;

/**
 * A kernel takes the address of its arguments, which are doubles.
 * @param address of ARGUMENT_BYTES bytes
 */
export function wasmKernels(
  instance: Readonly<Record<string, unknown>>,
  memory: WasmMemory,
  address: number,
): Kernels {
  let view = new Float64Array(memory.buffer, address, MOST_ARGUMENTS);
  const kernels: Record<string, Kernel> = {};
  for (const [name, value] of Object.entries(instance)) {
    if (typeof value !== "function") continue;
    const kernel = value as (address: number) => number;
    kernels[name] = (...numbers) => {
      if (view.buffer !== memory.buffer) view = new Float64Array(memory.buffer, address, MOST_ARGUMENTS);
      for (let i = 0; i < numbers.length; i++) view[i] = numbers[i]!;
      return kernel(address);
    };
  }
  return (kernels["rnn_backward"] ? kernels : forwardOnly(kernels)) as unknown as Kernels;
}

/** The kernels of a module for inference: calls of others, or for gradients, throw an error that says so. */
function forwardOnly(kernels: Readonly<Record<string, Kernel>>): Readonly<Record<string, Kernel>> {
  const refuse = (): never => {
    throw new UserError(
      "This engine only reads models: it was made for inference; make one without `inference` to train.",
    );
  };
  const softmax_loss: Kernel = (...numbers) =>
    numbers[SOFTMAX_LOSS_DH] ? refuse() : kernels["softmax_loss"]!(...numbers);
  const known: Record<string, Kernel> = { ...kernels, softmax_loss };
  return new Proxy(known, { get: (all, name) => all[name as string] ?? refuse });
}
