/** A classifier's head as tensors of a file, and the key of what is told of its training in the file's metadata. */
import type { Floats } from "../engine/engine.js";
import { headShapes } from "../format/model-weights.js";
import type { NamedTensor } from "../format/safetensors.js";
import type { ModelConfig } from "../model/config.js";

/** The metadata of model.safetensors that tell how a classifier was trained, as JSON: see apps/classifier-record.ts. */
export const CLASSIFIER_KEY = "classifier";

/** @param head its weight and bias; none where the config has none */
export function headTensors(config: ModelConfig, head: readonly Floats[]): NamedTensor[] {
  return headShapes(config).map(({ name, shape }, i) => {
    return { name, shape, dtype: "F32" as const, data: Float32Array.from(head[i]!) };
  });
}
