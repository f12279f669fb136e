/** A language model's body under a classifier's head, to be trained. */
import type { Engine, Floats } from "../engine/engine.js";
import type { StoredTensor } from "../format/safetensors.js";
import { type ClassifierPool, type ModelConfig, withVocabulary } from "../model/config.js";
import { LanguageModel } from "../model/language-model.js";
import { modelMakers } from "../model/model-makers.js";
import { makeRegularisers } from "../model/parts/regularisers.js";
import { outputWidth } from "../model/widths.js";
import { PooledHead } from "./pooled-head.js";

export interface HeadedModel {
  /** With the head in the place of its output layer. */
  readonly model: LanguageModel;
  readonly head: PooledHead;
}

/**
 * @param config of the language model, whose weights are floats
 * @param weights its weights; those of the output layer are not used
 * @param labels C
 * @throws UserError for weights that are not trained
 */
export async function headedModel(
  engine: Engine,
  config: ModelConfig,
  weights: ReadonlyMap<string, Pick<StoredTensor, "data">>,
  labels: number,
  pool: ClassifierPool,
): Promise<HeadedModel> {
  const head = new PooledHead(engine, outputWidth(config), labels, pool);
  const make = { ...(await modelMakers(config)), regularisers: makeRegularisers, output: () => head };
  const model = new LanguageModel(engine, withVocabulary(config, config.vocabulary), make);
  for (const { name, value } of model.parameters)
    if (!head.weights.some((own) => own.name === name))
      engine.write(weights.get(name)!.data as Floats, value);
  model.weightsChanged();
  return { model, head };
}
