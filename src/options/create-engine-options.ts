/** The options of making an engine. */
import type { OptionTable } from "./description.js";
import { ENGINE_CHOICE, ENGINE_OPTIONS } from "./engine-options.js";
import { PROFILE_OPTION } from "./profile-options.js";
import { ENGINE_PRECISIONS } from "./words.js";

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
  profile: { ...PROFILE_OPTION, offered: ["library"] },
} as const satisfies OptionTable;
