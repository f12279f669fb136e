/** What the methods of the browser's library take beside their texts. */
import type { OptionTable } from "./description.js";
import { GENERATE_OPTIONS } from "./generate-options.js";
import { ENGINE_OPTIONS } from "./shared-options.js";

const IN_PAGES = ["browser"] as const;

const SIGNAL = {
  value: { kind: "code", noun: "the signal of an AbortController", method: "addEventListener" },
  help: "ends the work early",
  offered: IN_PAGES,
} as const;

/** All that `startRecurra` takes but for `modules`, which are no value of a kind. */
export const START_OPTIONS = {
  training: {
    value: { kind: "flag" },
    default: true,
    help: "false takes the smaller worker, which uses models and does not train",
    offered: IN_PAGES,
  },
  worker: {
    value: { kind: "code", noun: "a function that starts a worker" },
    help: "starts the worker",
    offered: IN_PAGES,
  },
  threads: { ...ENGINE_OPTIONS.threads, offered: IN_PAGES },
} as const satisfies OptionTable;

/** All that `next` takes. */
export const NEXT_OPTIONS = {
  count: {
    value: { kind: "number", whole: true, min: 1 },
    default: 10,
    help: "tokens that are told",
    offered: IN_PAGES,
  },
  temperature: { ...GENERATE_OPTIONS.temperature, default: 1, offered: IN_PAGES },
} as const satisfies OptionTable;

/** All that `inspect` takes. */
export const INSPECT_OPTIONS = { signal: SIGNAL } as const satisfies OptionTable;

/** All that `zip` takes. */
export const ZIP_OPTIONS = {
  folder: {
    value: { kind: "text", empty: true },
    default: "",
    help: "the folder that it unpacks to",
    offered: IN_PAGES,
  },
} as const satisfies OptionTable;

/** How a run in a page is followed. */
export const TRAINING_HOOKS = {
  onEvent: {
    value: { kind: "code", noun: "a function" },
    help: "hears of every event of the run",
    offered: IN_PAGES,
  },
  signal: SIGNAL,
} as const satisfies OptionTable;
