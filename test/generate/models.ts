/** Small models with random weights, and tokenizers for them. */
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import type { Cell } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import { dataOf } from "../engine/tensor-data.js";

export const TEXT = "the sea was calm,\nand the whale slept.\n“so it ends” — naïve 鯨 🐋\n";

/** A model in float64 whose weights are large enough that its predictions differ from token to token. */
export function randomModel(tokenizer: Tokenizer, cell: Cell = "lstm", seed = 1): LanguageModel {
  const config = modelConfig({ vocabulary: tokenizer.size, cell, hidden: 12, embedding: 8, layers: 2 });
  const model = createModel(new ReferenceEngine("f64"), config, seed);
  for (const { value } of model.parameters) for (let i = 0; i < value.length; i++) dataOf(value)[i]! *= 4;
  model.weightsChanged();
  return model;
}

/** Makes a token more probable, or less, at every step. */
export function addToLogit(model: LanguageModel, id: number, amount: number): void {
  dataOf(model.parameters.find(({ name }) => name === "decoder.bias")!.value)[id]! += amount;
}
