/** The surroundings of a run: its store, control, events and engine. What it does is in its options. */
import type { Engine } from "../engine/engine.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { TrainEvent } from "./events.js";
import type { Origin } from "./origin.js";
import type { RunControl } from "./run-control.js";
import type { TrainPrecision } from "./run-settings.js";
import type { RunStore } from "./run-store.js";

export interface RunContext {
  readonly store: RunStore;
  readonly control: RunControl;
  /** Creates or returns the engine. @throws UserError where it cannot compute in this precision */
  readonly engine: (precision: TrainPrecision | undefined) => Promise<Engine>;
  /** Reads the model that the option `from` names. @throws UserError where it cannot be read */
  readonly origin?: (() => Promise<Origin>) | undefined;
  /** Bytes of memory that the run may take. */
  readonly memory: number;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Called with the model before its first step. The model changes with every step. */
  readonly onModel?: (model: LanguageModel, tokenizer: Tokenizer) => void;
  /** What the model writes, for an event; undefined where its weights are broken. Must not touch the run's draws. */
  readonly writeSample: (
    model: LanguageModel,
    tokenizer: Tokenizer,
    seed: number,
  ) => Promise<string | undefined>;
  /** Seconds between checkpoints where the options do not say. */
  readonly checkpointSeconds: number;
}
