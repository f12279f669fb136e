/** A text predictor: a predictor of tokens with their tokenizer. A loaded model is one. */
import type { Predictor } from "../model/predictor.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";

export interface TextPredictor {
  readonly model: Predictor;
  readonly tokenizer: Tokenizer;
}
