/** Loads a classifier from its folder. */
import { Classifier } from "./classifier.js";
import { load, type LoadOptions } from "./load.js";

/**
 * Loads what `trainClassifier` wrote, also after `quantize`.
 * @param folder of a model with a classifier's head
 * @throws UserError as `load`, and where the model is no classifier
 */
export async function loadClassifier(folder: string, options: LoadOptions = {}): Promise<Classifier> {
  return new Classifier(await load(folder, options), folder);
}
