/**
 * What makes the parts of a model that its config chooses. Those that not every model has are loaded with the first of
 * them.
 */
import { type CellLayerMaker, type CellLayers, layerMaker, layerMakerWith } from "../layers/cell-layers.js";
import { loadPart } from "../load-part.js";
import type { ModelConfig } from "./config.js";
import {
  type OutputLayerMaker,
  type RareOutputLayers,
  makerWith,
  outputLayerMaker,
} from "./output-layers.js";
import type { Projection } from "./parts/projection.js";
import type { RegulariserMaker } from "./parts/regularisers.js";
import { isProjected } from "./widths.js";

/** The class of a part that few models have. */
interface RareParts {
  readonly Projection: typeof Projection;
}

export interface ModelMakers extends Partial<RareParts> {
  readonly layer: CellLayerMaker;
  readonly output: OutputLayerMaker;
  /** Of the parts of training passes that have rates; absent in a model that is only read. */
  readonly regularisers?: RegulariserMaker | undefined;
}

/** The makers for this config, where all classes are there already. */
export function makersWith(
  config: ModelConfig,
  classes: CellLayers & RareOutputLayers & RareParts,
): ModelMakers {
  const { Projection: part } = classes;
  return {
    layer: layerMakerWith(config.cell, classes),
    output: makerWith(config, classes),
    Projection: part,
  };
}

/** The makers for this config. */
export async function modelMakers(config: ModelConfig): Promise<ModelMakers> {
  const [layer, output, part] = await Promise.all([
    layerMaker(config.cell),
    outputLayerMaker(config),
    isProjected(config) ? loadPart(import("./parts/projection.js")) : {},
  ]);
  return { layer, output, ...part };
}
