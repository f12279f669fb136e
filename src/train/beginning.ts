/** What is decided before a run begins, step by step. */
import type { Engine } from "../engine/engine.js";
import type { ModelConfig } from "../model/config.js";
import type { Origin } from "./origin.js";
import type { TrainOptions } from "./options.js";
import type { RunRecipe } from "./recipe.js";
import type { Resumed } from "./resume.js";
import type { TrainSettings } from "./run-settings.js";
import type { StoredRun } from "./run-store.js";

/** Decided before the text is read. */
export interface Beginning {
  readonly engine: Engine;
  readonly stored: StoredRun | undefined;
  readonly resumed: Resumed | undefined;
  /** Those that a resumed run goes on with. */
  readonly settings: TrainSettings | undefined;
  /** The options in force: those that were given, and for a new run those of its recipe below them. */
  readonly options: TrainOptions;
  readonly recipe: RunRecipe | undefined;
  /** That a new run begins with, in place of random weights. */
  readonly origin: Origin | undefined;
  /** When it was begun, by `performance.now()`. */
  readonly begunAt: number;
  /** Of a resumed run. @throws UserError where the text with this key is not the one that it was begun on */
  readonly checkText?: (key: string) => void;
}

/** Decided once the vocabulary is known. */
export interface Choice {
  /** Cut-offs of an adaptive softmax are open until the tokens are counted. */
  readonly config: ModelConfig;
  readonly settings: TrainSettings;
  readonly memoryBytes: number;
}
