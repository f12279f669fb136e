/** One LSTM model in two forms: its weights as floats, and the same as int8. */
import type { Engine } from "../src/engine/engine.js";
import { modelConfig } from "../src/model/config.js";
import { createModel, emptyModel } from "../src/model/create-model.js";
import type { LanguageModel } from "../src/model/language-model.js";
import { setQuantized } from "../src/model/parameter.js";
import { quantizeRows } from "../src/model/quantize.js";

export interface LstmSizes {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
}

/** The same weights as floats and as int8. */
export function bothModels(
  engine: Engine,
  { vocabulary, hidden, layers }: LstmSizes,
): [LanguageModel, LanguageModel] {
  const size = { vocabulary, hidden, embedding: hidden, layers };
  const float = createModel(engine, modelConfig(size), 1);
  const int8 = emptyModel(engine, modelConfig({ ...size, weights: "int8" }));
  for (const weight of int8.quantized) {
    const { value } = float.parameters.find(({ name }) => name === weight.name)!;
    const { q, scales } = quantizeRows(engine.read(value), ...weight.shape);
    setQuantized(engine, weight, q, scales);
  }
  return [float, int8];
}
