/** The model that a run begins with, in place of random weights: what it is, and what a checkpoint keeps of it. */
import type { StoredTensor } from "../format/safetensors.js";
import type { ModelConfig } from "../model/config.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Evaluation } from "./evaluate.js";

/** A model in memory, such as `load` gives. */
export interface ModelWithTokenizer {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
}

/** A model as a run begins with it. */
export interface Origin {
  /** Its folder; empty for a model that is in none. */
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Exactly those of the config, as floats; not changed by the run. */
  readonly weights: ReadonlyMap<string, StoredTensor>;
}

/** The measures of a model on a text, without the time that measuring took. */
export type Measures = Omit<Evaluation, "tokensPerSecond">;

/** What a checkpoint keeps of the model that its run began with. */
export interface RunOrigin {
  readonly name: string;
  /** The same only for the same tokenizer and weights; see `originKey`. */
  readonly key: string;
  /** Tokens that its vocabulary lacked, and that were added. */
  readonly added: number;
  /** On the whole held-out text, before the first update. */
  readonly before: Measures;
}
