/** A small model with large random weights, and a random text for it. */
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig, type ModelConfigInput } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import type { LanguageModel } from "../../src/model/language-model.js";
import type { Predictor } from "../../src/model/predictor.js";

/** In float64 unless another engine is given. */
export function smallModel(
  sizes: Partial<ModelConfigInput> = {},
  engine: Engine = new ReferenceEngine("f64"),
  scale = 4,
): LanguageModel {
  const config = modelConfig({ vocabulary: 13, cell: "lstm", hidden: 9, embedding: 9, layers: 2, ...sizes });
  const model = createModel(engine, config, 3);
  for (const { value } of model.parameters)
    engine.write(
      engine.read(value).map((x) => x * scale),
      value,
    );
  model.weightsChanged();
  return model;
}

export function randomText(length: number, vocabulary = 13, seed = 5): Int32Array {
  const random = new Random(seed);
  return new Int32Array(length).map(() => random.below(vocabulary));
}

/** ln p of each token after the first, read in windows of these lengths, the last one repeated. */
export function logsOf(predictor: Predictor, text: Int32Array, lengths: readonly number[] = [16]): number[] {
  const state = predictor.zeroState(1);
  const logs: number[] = [];
  for (let from = 0, i = 0; from < text.length - 1; i++) {
    const T = Math.min(lengths[i] ?? lengths.at(-1)!, text.length - 1 - from);
    const out = new Float64Array(T);
    const inputs = text.subarray(from, from + T);
    const targets = text.subarray(from + 1, from + 1 + T);
    predictor.evaluate({ T, B: 1, inputs, targets }, state, out);
    logs.push(...out);
    from += T;
  }
  return logs;
}
