/**
 * The words that some flags know. They are written out here, and held to the library's types, so that help need not
 * load the library.
 */
import type { EngineName } from "../engine/create.js";
import type { Cell } from "../model/config.js";
import type { OptimizerName } from "../optim/optimizer.js";
import type { ScheduleName } from "../optim/schedule.js";
import type { SoftmaxName } from "../train/options.js";
import type { TextEncoding } from "../text/corpus/decode-text.js";
import type { TrainPrecision } from "../train/run-settings.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";

/** Every word of a union, no more and no fewer: the compiler checks it. */
const wordsOf = <Word extends string>(words: Record<Word, true>): readonly string[] => Object.keys(words);

export const ENGINE_WORDS = wordsOf<EngineName>({ native: true, wasm: true, reference: true });
export const CELL_WORDS = wordsOf<Cell>({
  rnn: true,
  lstm: true,
  gru: true,
  minlstm: true,
  mingru: true,
});
export const NONLINEARITY_WORDS = wordsOf<"tanh" | "relu">({ tanh: true, relu: true });
export const SOFTMAX_WORDS = wordsOf<SoftmaxName>({ full: true, adaptive: true, sampled: true });
export const OPTIMIZER_WORDS = wordsOf<OptimizerName>({ sgd: true, adam: true, adamw: true });
export const SCHEDULE_WORDS = wordsOf<ScheduleName>({
  constant: true,
  cosine: true,
  "one-cycle": true,
  plateau: true,
});
export const PRECISION_WORDS = wordsOf<TrainPrecision>({ f32: true, bf16: true });
export const ENCODING_WORDS = wordsOf<TextEncoding>({ "utf-8": true, latin1: true });
export const TOKENIZER_WORDS = wordsOf<TokenizerKind>({ char: true, word: true, bpe: true });
export const WORD_MODE_WORDS = wordsOf<"whitespace" | "unicode">({ whitespace: true, unicode: true });
