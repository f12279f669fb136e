/** The weights of a model, as optimizers and files see them. */
export { setQuantized } from "../layers/layer.js";
export type { Parameter, QuantizedWeight } from "../layers/layer.js";
export type { TouchedRows } from "../layers/touched-rows.js";
