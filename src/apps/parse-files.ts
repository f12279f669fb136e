/** Parses the three files of a model that are there as bytes. */
import { parseJson } from "../format/json.js";
import { FILE_NAMES, fileOf, type ModelFiles, textOf } from "../format/model-files.js";
import { checkWeights, expectedWeights, usableWeights } from "../format/model-weights.js";
import { decodeSafetensors } from "../format/safetensors.js";
import { parseModelConfig } from "../model/config.js";
import type { ModelContent } from "./assemble-model.js";

/** The content of a model's three files. @throws UserError */
export function parseFiles(files: ModelFiles): ModelContent {
  const { config, tokenizer, weights } = FILE_NAMES;
  const architecture = parseModelConfig(parseJson(textOf(files, config), config), config);
  const { tensors } = decodeSafetensors(fileOf(files, weights), weights, (stored) =>
    checkWeights(stored, expectedWeights(architecture), weights),
  );
  return {
    config: architecture,
    tokenizerJson: parseJson(textOf(files, tokenizer), tokenizer),
    weights: usableWeights(tensors, weights),
  };
}
