/** Layers as they are asked for: numbers and widths that go together. */
import { option, sentence, UserError } from "../errors.js";
import { hiddenOf, hiddenSizes, type ModelWidths } from "../model/widths.js";
import type { TrainOptions } from "./options.js";

/** The number of layers that was asked for, by itself or by a list of widths. @throws UserError where the two differ */
export function askedLayers({ layers, hidden }: TrainOptions): number | undefined {
  if (hidden === undefined || typeof hidden === "number") return layers;
  if (layers === undefined || layers === hidden.length) return hidden.length;
  throw new UserError({
    option: "layers",
    problem: sentence`${option("hidden", hidden.join(","))} is of ${hidden.length} ${hidden.length === 1 ? "layer" : "layers"}, not of ${option("layers", layers)}`,
    advice: sentence`leave out ${option("layers")}, or give a width for each layer`,
  });
}

/** Options of what stands between layers. */
export const BETWEEN_LAYERS = [
  "residual",
  "dropoutBetween",
] as const satisfies readonly (keyof TrainOptions)[];

/** Layers that there have to be, at least. */
export const leastLayers = (options: TrainOptions): number =>
  BETWEEN_LAYERS.some((name) => options[name]) ? 2 : 1;

/** @throws UserError where there is one layer, and an option of what stands between layers */
export function checkBetween(options: TrainOptions, layers: number): void {
  const name = BETWEEN_LAYERS.find((each) => options[each]);
  if (layers > 1 || name === undefined) return;
  throw new UserError({
    option: name,
    problem: sentence`${option(name)} is of what stands between layers, and there is one layer`,
    advice: sentence`give ${option("layers", 2)} or more, or leave out ${option(name)}`,
  });
}

/**
 * @param chosen the model's sizes
 * @throws UserError where residual connections are asked for and the layers are of several widths
 */
export function checkResidual(
  { residual }: TrainOptions,
  chosen: Pick<ModelWidths, "hidden" | "layers">,
): void {
  if (!residual) return;
  if (typeof hiddenOf(hiddenSizes(chosen)) === "number") return;
  throw new UserError({
    option: "residual",
    problem: sentence`${option("residual")} adds the outputs of layers, which need one width, and ${option("hidden", String(chosen.hidden))} are several`,
    advice: sentence`give one width, or leave out ${option("residual")}`,
  });
}
