/** Makes a model of what its three files hold. Touches no files itself. */
import type { Engine } from "../engine/engine.js";
import { UserError } from "../errors.js";
import { checkWeights, quantizedTensors } from "../format/model-weights.js";
import type { StoredTensor } from "../format/safetensors.js";
import type { ModelConfig } from "../model/config.js";
import { LanguageModel } from "../model/language-model.js";
import { setQuantized } from "../model/parameter.js";
import { parseTokenizer } from "../text/tokenizers/parse-tokenizer.js";
import { LoadedModel } from "./loaded-model.js";

/** The content of a model's files. */
export interface ModelContent {
  readonly config: ModelConfig;
  /** The parsed tokenizer.json, not looked into. */
  readonly tokenizerJson: unknown;
  readonly weights: ReadonlyMap<string, StoredTensor>;
}

/** How messages name the files. */
export interface ModelNames {
  readonly config: string;
  readonly tokenizer: string;
  readonly weights: string;
}

/** @throws UserError where the files are damaged or do not belong together */
export function assembleModel(engine: Engine, content: ModelContent, where: ModelNames): LoadedModel {
  const { config, tokenizerJson, weights: stored } = content;
  const tokenizer = parseTokenizer(tokenizerJson, where.tokenizer);
  if (tokenizer.size !== config.vocabulary) {
    throw new UserError(
      `${where.tokenizer} has ${tokenizer.size} tokens, but ${where.config} says ${config.vocabulary}; the folder is torn, restore it from a copy or train again.`,
    );
  }
  const model = new LanguageModel(engine, config);
  const quantized = model.quantized.flatMap(({ name, shape }) => quantizedTensors(name, shape));
  checkWeights(stored, [...model.parameters, ...quantized], where.weights);
  for (const { name, value } of model.parameters) {
    const { data } = stored.get(name)!;
    if (data instanceof Float32Array || data instanceof Float64Array) value.data.set(data);
  }
  for (const weight of model.quantized) {
    const [q, scale] = quantizedTensors(weight.name, weight.shape).map(({ name }) => stored.get(name)!.data);
    checkScales(scale as Float32Array, `${where.weights}: ${weight.name}.scale`);
    setQuantized(model.engine, weight, q as Int8Array, scale as Float32Array);
  }
  model.weightsChanged();
  return new LoadedModel(model, tokenizer);
}

function checkScales(scales: Float32Array, what: string): void {
  const row = scales.findIndex((scale) => !(scale >= 0 && scale < Infinity));
  if (row < 0) return;
  throw new UserError(
    `${what} is ${scales[row]} in row ${row}, no finite number from 0 up; the file is damaged, restore it from a copy or quantize again.`,
  );
}
