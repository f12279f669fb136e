/**
 * How wide a model is at each place. `hidden` in a config is one number where all layers are of one width, else a list:
 * whoever needs a width asks here and does not read that key.
 */

/** The keys of a model's config that decide its widths. */
export interface ModelWidths {
  readonly layers: number;
  /** H of every layer; or of each, first layer first. */
  readonly hidden: number | readonly number[];
  /** E */
  readonly embedding: number;
  readonly tie: boolean;
  /** A mixture of softmaxes: its latent states have the decoder's width themselves. */
  readonly mixture?: object | undefined;
}

/** H of layer `index`, from 0. */
export function hiddenSize({ hidden }: Pick<ModelWidths, "hidden">, index: number): number {
  return typeof hidden === "number" ? hidden : hidden[index]!;
}

/** H of every layer. */
export function hiddenSizes(config: Pick<ModelWidths, "hidden" | "layers">): readonly number[] {
  return Array.from({ length: config.layers }, (_, index) => hiddenSize(config, index));
}

/** I of layer `index`: the embedding's width, then that of the layer below. */
export function inputSize(config: ModelWidths, index: number): number {
  return index === 0 ? config.embedding : hiddenSize(config, index - 1);
}

/** H of the last layer. */
export function lastHiddenSize(config: Pick<ModelWidths, "hidden" | "layers">): number {
  return hiddenSize(config, config.layers - 1);
}

/** Whether a projection (H, E) stands between the last layer and a decoder whose weight is the embedding's (V, E). */
export function isProjected(config: ModelWidths): boolean {
  return config.tie && !config.mixture && config.embedding !== lastHiddenSize(config);
}

/** Columns of the rows that the output layer takes: H of the last layer, or E where they are projected. */
export function outputWidth(config: ModelWidths): number {
  return isProjected(config) ? config.embedding : lastHiddenSize(config);
}

/** D: columns of the decoder's weight. */
export function decoderWidth(config: ModelWidths): number {
  return config.tie ? config.embedding : lastHiddenSize(config);
}

/** One number where all widths are equal, else the list: as a config has them. */
export function hiddenOf(sizes: readonly number[]): number | readonly number[] {
  return sizes.every((size) => size === sizes[0]) ? sizes[0]! : sizes;
}

/** "650", "1150, 1150, 400". @param shown how a number is written */
export function widthsText(
  { hidden }: Pick<ModelWidths, "hidden">,
  shown: (size: number) => string = String,
): string {
  return typeof hidden === "number" ? shown(hidden) : hidden.map((size) => shown(size)).join(", ");
}

/** Where a unit stands, of those of all layers one after the other: its layer and its number in it, from 0. */
export function placeOfUnit(
  config: Pick<ModelWidths, "hidden" | "layers">,
  unit: number,
): { readonly layer: number; readonly unit: number } {
  let within = unit;
  let layer = 0;
  for (; layer < config.layers - 1 && within >= hiddenSize(config, layer); layer++)
    within -= hiddenSize(config, layer);
  return { layer, unit: within };
}

/** Numbers of a vector that is pooled of states of H numbers (vectors/pooling.ts). */
export const pooledWidth = (pool: string, hidden: number): number =>
  pool === "concat" ? 3 * hidden : hidden;
