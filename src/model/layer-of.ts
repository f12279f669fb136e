/** Where in a model a weight stands, by its name. */
import type { ModelConfig } from "./config.js";

const OF_LAYER = /^rnn\..*_l(\d+)$/;

/** The recurrent layer that a weight is of, from 0; undefined where it is of none. */
export function layerOf(name: string): number | undefined {
  const [, number] = OF_LAYER.exec(name) ?? [];
  return number === undefined ? undefined : Number(number);
}

/**
 * How far below the output a weight stands: 0 for the output layer, with whatever lies between it and the last layer; then 1
 * for that layer, and so on down; one more for the embedding, or 0 where it is the decoder's weight, too.
 */
export function depthOf(name: string, { layers, tie }: Pick<ModelConfig, "layers" | "tie">): number {
  const layer = layerOf(name);
  if (layer !== undefined) return layers - layer;
  return name.startsWith("embedding.") && !tie ? layers + 1 : 0;
}
