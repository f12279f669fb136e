/** Options of engines: where it is computed, in what, and by how many threads. */
import type { OptionTable } from "./description.js";
import { ENGINE_PRECISIONS, ENGINES } from "./words.js";

/** Most threads of an engine. */
const MOST_THREADS = 256;

/** Where it is computed. */
export const ENGINE_OPTIONS = {
  threads: {
    value: { kind: "number", whole: true, min: 1, max: MOST_THREADS },
    defaultNote: "one a core",
    help: "threads to compute with",
    offered: ["library", "command line"],
  },
  engine: {
    value: { kind: "word", words: ENGINES },
    defaultNote: "RECURRA_ENGINE, else native",
    help: "native, wasm (portable), or the slow reference",
    offered: ["library", "command line"],
  },
} as const satisfies OptionTable;

/** As `ENGINE_OPTIONS`, where code may also give an engine that is there. */
export const ENGINE_CHOICE = {
  ...ENGINE_OPTIONS,
  engine: {
    ...ENGINE_OPTIONS.engine,
    value: { ...ENGINE_OPTIONS.engine.value, thing: { noun: "an engine", method: "tensor" } },
  },
} as const satisfies OptionTable;

/** All that `createEngine` takes. */
export const CREATE_ENGINE_OPTIONS = {
  ...ENGINE_OPTIONS,
  precision: {
    value: { kind: "word", words: ENGINE_PRECISIONS },
    default: "f32",
    help: "f64 on the reference only; bf16: the products of training",
    offered: ["library"],
  },
  isa: {
    value: { kind: "text" },
    defaultNote: "RECURRA_ISA, else the best that runs here",
    help: "instruction set of the native engine or of wasm",
    offered: ["library"],
  },
} as const satisfies OptionTable;

/** All that `load` takes. */
export const LOAD_OPTIONS = {
  ...ENGINE_CHOICE,
  precision: CREATE_ENGINE_OPTIONS.precision,
} as const satisfies OptionTable;
