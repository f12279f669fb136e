/** The model that a run is to begin with, from the bytes of its files; loaded with the first such run. */
import { refuseArgument } from "../argument-checks.js";
import { FILE_NAMES, type ModelFiles } from "../format/model-files.js";
import { parseFiles } from "../format/parse-files.js";
import { checkTrainable } from "../model/config.js";
import { parseModelTokenizer } from "../text/tokenizers/model-tokenizer.js";
import type { TrainOptions } from "./options.js";
import type { Origin } from "./origin.js";

/** @throws UserError where they are no whole model, or a quantized one */
export async function originOfFiles(files: ModelFiles): Promise<Origin> {
  const { config, tokenizerJson, weights } = parseFiles(files);
  checkTrainable(config);
  return {
    name: "",
    config,
    tokenizer: await parseModelTokenizer(tokenizerJson, config, FILE_NAMES),
    weights,
  };
}

/** In a page, which has no folders. @throws as `originOfFiles`, and UserError where it is no files */
export async function originInPage(from: TrainOptions["from"]): Promise<Origin> {
  if (typeof from !== "object" || "tokenizer" in from)
    refuseArgument("from", from, "give the files of a model by name, such as its files() gives");
  return originOfFiles(from as ModelFiles);
}
