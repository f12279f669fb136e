/** Makes an optimizer by name. */
import type { Engine } from "../engine/engine.js";
import { loadPart } from "../load-part.js";
import type { Parameter } from "../model/parameter.js";
import { Adam } from "./adam.js";
import type { Muon } from "./muon.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";
import type { ScheduleFree } from "./schedule-free.js";
import type { Sgd } from "./sgd.js";

/** The classes of the optimizers that few runs have. */
export interface RareOptimizers {
  readonly Sgd: typeof Sgd;
  readonly Muon: typeof Muon;
  readonly ScheduleFree: typeof ScheduleFree;
}

/**
 * An optimizer over some parameters, its moments zero.
 * @param rare the class of one of these, where that is its name
 */
export function makeOptimizer(
  engine: Engine,
  parameters: readonly Parameter[],
  settings: OptimizerSettings,
  rare: Partial<RareOptimizers> = {},
): Optimizer {
  const { name } = settings;
  const classes = { sgd: rare.Sgd, muon: rare.Muon, "schedule-free": rare.ScheduleFree };
  const Class = name in classes ? classes[name as keyof typeof classes] : Adam;
  if (!Class) throw new Error("the class of this optimizer was not loaded");
  return new Class(engine, parameters, settings);
}

/** The same; an optimizer that few runs have is loaded with the first of them. */
export async function loadOptimizer(
  engine: Engine,
  parameters: readonly Parameter[],
  settings: OptimizerSettings,
): Promise<Optimizer> {
  const { name } = settings;
  let rare: Partial<RareOptimizers> = {};
  if (name === "sgd") rare = await loadPart(import("./sgd.js"));
  else if (name === "muon") rare = await loadPart(import("./muon.js"));
  else if (name === "schedule-free") rare = await loadPart(import("./schedule-free.js"));
  return makeOptimizer(engine, parameters, settings, rare);
}
