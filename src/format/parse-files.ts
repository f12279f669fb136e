/** Parses the three files of a model that are there as bytes. */
import { parseModelConfig } from "../model/config.js";
import { parseJson } from "./json.js";
import { FILE_NAMES, fileOf, type ModelFiles, type StoredModel, textOf } from "./model-files.js";
import { checkWeights, expectedWeights, usableWeights } from "./model-weights.js";
import { decodeSafetensors } from "./safetensors.js";

/** The content of a model's three files. @throws UserError */
export function parseFiles(files: ModelFiles): StoredModel {
  const { config, tokenizer, weights } = FILE_NAMES;
  const architecture = parseModelConfig(parseJson(textOf(files, config), config), config);
  const { tensors, metadata } = decodeSafetensors(fileOf(files, weights), weights, (stored) =>
    checkWeights(stored, expectedWeights(architecture), weights),
  );
  return {
    config: architecture,
    tokenizerJson: parseJson(textOf(files, tokenizer), tokenizer),
    weights: usableWeights(tensors, weights),
    metadata,
  };
}
