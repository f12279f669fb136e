/** Where it is computed, and by how many threads. */
import type { OptionTable } from "./description.js";
import { ENGINES } from "./words.js";

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

/** As `ENGINE_OPTIONS`, where code may also give an existing engine. */
export const ENGINE_CHOICE = {
  ...ENGINE_OPTIONS,
  engine: {
    ...ENGINE_OPTIONS.engine,
    value: { ...ENGINE_OPTIONS.engine.value, thing: { noun: "an engine", method: "tensor" } },
  },
} as const satisfies OptionTable;
