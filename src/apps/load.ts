/** Loads a model from its folder. */
import { checkPath } from "../argument-checks.js";
import { modelPaths, readModelFolder } from "../format/model-folder.js";
import { makeRegularisers } from "../model/parts/regularisers.js";
import { checkOptions } from "../options/check.js";
import { LOAD_OPTIONS } from "../options/create-engine-options.js";
import { assembleModel } from "./assemble-model.js";
import { chooseEngine, type EngineChoice } from "./choose-engine.js";
import { EvaluationFiles } from "./evaluation-file.js";
import type { LoadedModel } from "./loaded-model.js";

/** Where a loaded model computes. */
export type LoadOptions = EngineChoice;

/**
 * Loads what `train` or `quantize` wrote.
 * @param folder with config.json, tokenizer.json and model.safetensors
 * @throws UserError when it is not a model's folder, is newer or torn, or the engine cannot be had
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<LoadedModel> {
  checkPath("The model's folder", folder);
  checkOptions("load", options, LOAD_OPTIONS);
  const stored = await readModelFolder(folder);
  const tuned = new EvaluationFiles(folder, stored.config, stored.metadata);
  const engine = await chooseEngine(options);
  return assembleModel(engine, stored, modelPaths(folder), makeRegularisers, tuned);
}
