/** Several models as one: the mean of their probabilities. */
import { Ensemble } from "../adapt/ensemble.js";
import { refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { sameJson } from "../text/tokenizers/same-json.js";
import { AdaptedModel } from "./adapt-model.js";
import { LoadedModel } from "./loaded-model.js";
import { TextModel } from "./text-model.js";

/**
 * A model whose probabilities are the mean of others': it measures, scores and writes.
 * @param models loaded or adapted, all with the same tokenizer, on whatever engines
 * @param names as messages have them; default: by number
 * @throws UserError where there is none, or their tokenizers differ
 */
export function ensemble(
  models: readonly (LoadedModel | AdaptedModel)[],
  names: readonly string[] = [],
): TextModel<Ensemble> {
  if (!Array.isArray(models) || models.length === 0)
    refuseArgument("The argument of ensemble", models, "give the models in an array, at least one");
  for (const model of models)
    if (!(model instanceof LoadedModel) && !(model instanceof AdaptedModel))
      refuseArgument("A model of the ensemble", model, "give those that load or adapt returned");
  const [first] = models;
  const tokenizer = first!.tokenizer.toJSON();
  for (const [i, model] of models.entries()) {
    if (model === first || sameJson(model.tokenizer.toJSON(), tokenizer)) continue;
    const [a, b] = [names[0] ?? "model 1", names[i] ?? `model ${i + 1}`];
    throw new UserError(
      `The probabilities of ${a} and ${b} cannot be averaged: their tokenizers differ; give models of one tokenizer, as those trained on the same text with the same options for it.`,
    );
  }
  return new TextModel(new Ensemble(models.map(({ model }) => model)), first!.tokenizer);
}
