/** The parameter of a model, as optimizers and files see it. */
export type { Parameter, TouchedRows } from "../layers/layer.js";
