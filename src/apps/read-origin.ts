/** Reads the model that a run is to begin with. */
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { modelPaths, readModelFolder } from "../format/model-folder.js";
import { checkTrainable } from "../model/config.js";
import { LanguageModel } from "../model/language-model.js";
import { parseModelTokenizer } from "../text/tokenizers/model-tokenizer.js";
import type { TrainOptions } from "../train/options.js";
import type { ModelWithTokenizer, Origin } from "../train/origin.js";
import { originOfFiles } from "../train/origin-files.js";
import { copiedTensors, weightsOf } from "../train/weights.js";

/**
 * @param from a folder, a model in memory, or the bytes of its files
 * @param out the folder of the run, which must be another
 * @throws UserError where it is no model, is quantized, or its folder is the run's own
 */
export async function readOrigin(from: NonNullable<TrainOptions["from"]>, out?: string): Promise<Origin> {
  if (typeof from !== "string")
    return "model" in from ? originInMemory(from as ModelWithTokenizer) : originOfFiles(from);
  if (out !== undefined && placeOf(out) === placeOf(from)) {
    throw new UserError({
      option: "out",
      problem: sentence`${option("out", out)} is the folder of the model to begin with, which stays as it is`,
      advice: sentence`name another with ${option("out")}`,
    });
  }
  const { config, tokenizerJson, weights } = await readModelFolder(from);
  checkTrainable(config, from);
  const tokenizer = await parseModelTokenizer(tokenizerJson, config, modelPaths(from));
  return { name: from, config, tokenizer, weights };
}

function originInMemory({ model, tokenizer }: ModelWithTokenizer): Origin {
  if (!(model instanceof LanguageModel)) {
    refuseArgument("The model in from", model, "give what load returned, or the model that train did");
  }
  checkTrainable(model.config);
  return { name: "", config: model.config, tokenizer, weights: copiedTensors(weightsOf(model)) };
}

/** A folder by where it really lies, if it is there. */
const placeOf = (folder: string): string => (existsSync(folder) ? realpathSync(folder) : resolve(folder));
