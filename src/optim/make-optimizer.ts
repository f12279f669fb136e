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
  { name, momentum, weightDecay }: OptimizerSettings,
): Optimizer {
  if (name === "sgd") return new Sgd(engine, parameters, momentum, weightDecay);
  return new Adam(engine, parameters, weightDecay, name === "adamw");
}
