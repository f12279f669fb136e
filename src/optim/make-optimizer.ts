/** Makes an optimizer by name. */
import type { Engine } from "../engine/engine.js";
import type { Parameter } from "../model/parameter.js";
import { Adam } from "./adam.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";
import { Sgd } from "./sgd.js";

/** An optimizer over some parameters, its moments zero. */
export function makeOptimizer(
  engine: Engine,
  parameters: readonly Parameter[],
  settings: OptimizerSettings,
): Optimizer {
  return settings.name === "sgd"
    ? new Sgd(engine, parameters, settings)
    : new Adam(engine, parameters, settings);
}
