/** Makes an optimizer by name. */
import type { Engine } from "../engine/engine.js";
import { loadPart } from "../load-part.js";
import type { Parameter } from "../model/parameter.js";
import { Adam } from "./adam.js";
import type { Muon } from "./muon.js";
import type { Optimizer, OptimizerSettings } from "./optimizer.js";
import type { ScheduleFree } from "./schedule-free.js";
import { Sgd } from "./sgd.js";

/** The classes of the optimizers that few runs have. */
export interface RareOptimizers {
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
  { Muon: MuonClass, ScheduleFree: ScheduleFreeClass }: Partial<RareOptimizers> = {},
): Optimizer {
  const { name } = settings;
  if (name === "sgd") return new Sgd(engine, parameters, settings);
  if (name === "muon" && MuonClass) return new MuonClass(engine, parameters, settings);
  if (name === "schedule-free" && ScheduleFreeClass)
    return new ScheduleFreeClass(engine, parameters, settings);
  if (name === "muon" || name === "schedule-free")
    throw new Error("the class of this optimizer was not loaded");
  return new Adam(engine, parameters, settings);
}

/** The same; an optimizer that few runs have is loaded with the first of them. */
export async function loadOptimizer(
  engine: Engine,
  parameters: readonly Parameter[],
  settings: OptimizerSettings,
): Promise<Optimizer> {
  const { name } = settings;
  const rare =
    name === "muon"
      ? await loadPart(import("./muon.js"))
      : name === "schedule-free"
        ? await loadPart(import("./schedule-free.js"))
        : {};
  return makeOptimizer(engine, parameters, settings, rare);
}
