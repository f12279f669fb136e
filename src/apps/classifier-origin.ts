/** The language model that a classifier is made of: to read texts with, and as it is written into the classifier's folder. */
import { option, sentence, UserError } from "../errors.js";
import { inspectModelFolder, modelPaths, readModelFolder } from "../format/model-folder.js";
import { currentPaths } from "../format/model-stage.js";
import type { NamedTensor } from "../format/safetensors.js";
import { checkTrainable } from "../model/config.js";
import { weightShapes } from "../model/weight-shapes.js";
import type { LabelledText } from "../text/labelled-text.js";
import { weightsOf } from "../train/weights.js";
import { assembleModel } from "./assemble-model.js";
import type { SourceFolder } from "./check-new-model.js";
import { chooseEngine, type EngineChoice } from "./choose-engine.js";
import { learnTexts } from "./learn-texts.js";
import type { LoadedModel } from "./loaded-model.js";
import type { TrainClassifierSettings } from "./train-classifier-options.js";

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

/**
 * The model, once it has learned the texts where it is to.
 * @throws UserError as `readModelFolder` and `train`, and where an engine differs from that of a loaded model
 */
export async function modelOf(
  settings: TrainClassifierSettings,
  texts: readonly LabelledText[],
): Promise<ClassifierOrigin> {
  const { from, engine, threads, textEpochs, seed, signal, onNotice, onProgress } = settings;
  const choice = {
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
  };
  const origin = from === undefined ? undefined : await given(from, choice);
  if (origin && textEpochs === 0) return origin;
  if (origin) checkTrainable(origin.loaded.config, "The model that is to learn the texts");
  const learned = await learnTexts(origin?.loaded, texts, {
    epochs: textEpochs,
    seed,
    engine: origin?.loaded.model.engine ?? (await chooseEngine(choice)),
    onNotice,
    onProgress: (done, total) => onProgress?.({ what: "texts", done, total }),
    signal,
  });
  return { loaded: learned, tensors: weightsOf(learned.model) };
}

async function given(from: string | LoadedModel, choice: EngineChoice): Promise<ClassifierOrigin> {
  if (typeof from !== "string") {
    if (choice.engine !== undefined && choice.engine !== from.model.engine)
      throw new UserError({
        option: "engine",
        problem: sentence`${option("engine")} is given, and the model in ${option("from")} has an engine of its own`,
        advice: sentence`leave ${option("engine")} out`,
      });
    await chooseEngine({ ...choice, engine: from.model.engine });
    checkTrainable(from.config, "The model in from");
    return { loaded: from, tensors: weightsOf(from.model) };
  }
  const { config, tokenizerJson, weights } = await readModelFolder(from);
  const engine = await chooseEngine(choice);
  const loaded = await assembleModel(engine, { config, tokenizerJson, weights }, modelPaths(from));
  const names = new Set([...weightShapes(config)].map(({ name }) => name));
  const tensors = [...weights].flatMap(([name, tensor]) =>
    names.has(name.replace(/\.scale$/, "")) ? [{ name, ...tensor }] : [],
  );
  return { loaded, tensors, metrics: currentPaths(from).metrics };
}
