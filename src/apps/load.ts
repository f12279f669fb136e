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
import { ProfileFiles } from "./profile-files.js";

/** Where a loaded model computes, and whose it is. */
export interface LoadOptions extends EngineChoice {
  /** What was learned from a person's text: the name of a profile in the model's folder, or the path of its file. */
  readonly profile?: string | undefined;
}

/**
 * Loads what `train` or `quantize` wrote.
 * @param folder with config.json, tokenizer.json and model.safetensors
 * @throws UserError when it is not a model's folder, is newer or torn, or the engine cannot be had; or as
 *   `withProfile`
 */
export async function load(folder: string, options: LoadOptions = {}): Promise<LoadedModel> {
  checkPath("The model's folder", folder);
  checkOptions("load", options, LOAD_OPTIONS);
  const { profile, ...choice } = options;
  const stored = await readModelFolder(folder);
  const tuned = new EvaluationFiles(folder, stored.config, stored.metadata);
  const engine = await chooseEngine(choice);
  const belongings = { tuned, profiles: new ProfileFiles(folder) };
  const model = await assembleModel(engine, stored, modelPaths(folder), makeRegularisers, belongings);
  return profile === undefined ? model : model.withProfile(profile);
}
