/** Makes a model of what its three files hold. Touches no files itself. */
import type { Engine, Floats } from "../engine/engine.js";
import { headShapes, quantizedTensors } from "../format/model-weights.js";
import type { StoredTensor } from "../format/safetensors.js";
import type { ModelConfig } from "../model/config.js";
import { LanguageModel } from "../model/language-model.js";
import { modelMakers } from "../model/model-makers.js";
import type { RegulariserMaker } from "../model/parts/regularisers.js";
import { setQuantized } from "../model/parameter.js";
import { parseModelTokenizer } from "../text/tokenizers/model-tokenizer.js";
import { LoadedModel } from "./loaded-model.js";
import type { Belongings } from "./profile-store.js";

/** The content of a model's files. */
export interface ModelContent {
  readonly config: ModelConfig;
  /** The parsed tokenizer.json, not yet checked. */
  readonly tokenizerJson: unknown;
  /** Exactly those of the config, all finite; see model-weights.ts. */
  readonly weights: ReadonlyMap<string, StoredTensor>;
}

/** How messages name the files. */
export interface ModelNames {
  readonly config: string;
  readonly tokenizer: string;
  readonly weights: string;
}

/**
 * @param makeRegularisers for a model that may be trained further with them
 * @param belongings where what was tuned for it, and its profiles, are kept
 * @throws UserError where the files are damaged or do not belong together
 */
export async function assembleModel(
  engine: Engine,
  content: ModelContent,
  where: ModelNames,
  makeRegularisers?: RegulariserMaker,
  belongings?: Belongings,
): Promise<LoadedModel> {
  const { config, tokenizerJson, weights } = content;
  const tokenizer = await parseModelTokenizer(tokenizerJson, config, where);
  const make = { ...(await modelMakers(config)), regularisers: makeRegularisers };
  const model = new LanguageModel(engine, config, make);
  for (const { name, value } of model.parameters) engine.write(weights.get(name)!.data as Floats, value);
  for (const weight of model.quantized) {
    const [q, scale] = quantizedTensors(weight.name, weight.shape).map(({ name }) => weights.get(name)!.data);
    setQuantized(model.engine, weight, q as Int8Array, scale as Floats);
  }
  model.weightsChanged();
  const head = headShapes(config).map(({ name }) => weights.get(name)!.data as Floats);
  return new LoadedModel(model, tokenizer, { ...belongings, head });
}
