/** The language model that a classifier is made of: to read texts with, and as it is written into the classifier's folder. */
import { option, sentence, UserError } from "../errors.js";
import { inspectModelFolder, modelPaths, readModelFolder } from "../format/model-folder.js";
import { currentPaths } from "../format/model-stage.js";
import type { NamedTensor } from "../format/safetensors.js";
import { checkTrainable } from "../model/config.js";
import { weightShapes } from "../model/weight-shapes.js";
import { weightsOf } from "../train/weights.js";
import { assembleModel } from "./assemble-model.js";
import type { SourceFolder } from "./check-new-model.js";
import { chooseEngine, type EngineChoice } from "./choose-engine.js";
import { LoadedModel } from "./loaded-model.js";

export interface ClassifierOrigin {
  readonly loaded: LoadedModel;
  /** Its weights as a file has them: without the head of a classifier. */
  readonly tensors: readonly NamedTensor[];
  /** The record of its training, where there is one. */
  readonly metrics?: string;
}

/** The folder, for the check that it is not written over. */
export async function sourceAt(folder: string): Promise<SourceFolder> {
  return { folder, found: await inspectModelFolder(folder), work: "to be made a classifier of" };
}

/** @throws UserError as `readModelFolder`, and where an engine differs from that of a loaded model */
export async function modelOf({
  from,
  ...choice
}: EngineChoice & { readonly from: string | LoadedModel }): Promise<ClassifierOrigin> {
  const { engine, threads } = choice;
  if (typeof from !== "string") {
    if (engine !== undefined && engine !== from.model.engine)
      throw new UserError({
        option: "engine",
        problem: sentence`${option("engine")} is given, and the model in ${option("from")} has an engine of its own`,
        advice: sentence`leave ${option("engine")} out`,
      });
    await chooseEngine({ engine: from.model.engine, ...(threads !== undefined && { threads }) });
    checkTrainable(from.config, "The model in from");
    return { loaded: from, tensors: weightsOf(from.model) };
  }
  const { config, tokenizerJson, weights } = await readModelFolder(from);
  const own = await chooseEngine({
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
  });
  const loaded = await assembleModel(own, { config, tokenizerJson, weights }, modelPaths(from));
  const names = new Set([...weightShapes(config)].map(({ name }) => name));
  const tensors = [...weights].flatMap(([name, tensor]) =>
    names.has(name.replace(/\.scale$/, "")) ? [{ name, ...tensor }] : [],
  );
  return { loaded, tensors, metrics: currentPaths(from).metrics };
}
