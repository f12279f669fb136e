/** Loads a model from its folder. */
import { createEngine, type EngineOptions } from "../engine/create.js";
import { UserError } from "../errors.js";
import { checkWeights, modelPaths, quantizedTensors, readModelFolder } from "../format/model-folder.js";
import { LanguageModel } from "../model/language-model.js";
import { setQuantized } from "../model/parameter.js";
import { parseTokenizer } from "../text/parse-tokenizer.js";
import { LoadedModel } from "./loaded-model.js";

/** Where a loaded model computes. */
export type LoadOptions = Pick<EngineOptions, "engine" | "threads" | "precision">;

/**
 * Loads what `train` or `quantize` wrote.
 * @param folder with config.json, tokenizer.json and model.safetensors
 * @throws UserError when it is not a model's folder, is newer or torn, or the engine cannot be had
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const { config, tokenizerJson, weights } = await readModelFolder(folder);
  const paths = modelPaths(folder);
  const tokenizer = parseTokenizer(tokenizerJson, paths.tokenizer);
  if (tokenizer.size !== config.vocabulary) {
    throw new UserError(
      `${paths.tokenizer} has ${tokenizer.size} tokens, but ${paths.config} says ${config.vocabulary}; the folder is torn, restore it from a copy or train again.`,
    );
  }
  const model = new LanguageModel(await createEngine(options), config);
  const quantized = model.quantized.flatMap(({ name, shape }) => quantizedTensors(name, shape));
  checkWeights(weights, [...model.parameters, ...quantized], paths.weights);
  for (const { name, value } of model.parameters) {
    const { data } = weights.get(name)!;
    if (data instanceof Float32Array || data instanceof Float64Array) value.data.set(data);
  }
  for (const weight of model.quantized) {
    const [q, scale] = quantizedTensors(weight.name, weight.shape).map(({ name }) => weights.get(name)!.data);
    checkScales(scale as Float32Array, `${paths.weights}: ${weight.name}.scale`);
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
