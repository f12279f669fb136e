/** The checks and choices before a run begins. */
import type { Engine } from "../engine/engine.js";
import { loadPart } from "../load-part.js";
import { checkBelonging } from "../options/check.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { checkMemory } from "./memory-check.js";
import { estimateMemory } from "./memory-estimate.js";
import type { Beginning, Choice } from "./beginning.js";
import type { UnencodedText } from "./prepare.js";
import { checkRunningText } from "./check-running-text.js";
import type { Origin } from "./origin.js";
import type { TrainOptions } from "./options.js";
import type { GivenOptions } from "./recipe.js";
import type { RunContext } from "./run-context.js";

/** @throws UserError where an option differs from the settings of the resumed run, or has no effect on it */
export async function beginRun(given: GivenOptions, context: RunContext): Promise<Beginning> {
  const { store, engine } = context;
  const begunAt = performance.now();
  const stored = await store.find();
  const origin = given.from === undefined ? undefined : await context.origin!();
  if (!stored) {
    const options = await optionsOfNewRun(given.recipe?.inForce ?? given, origin);
    // Also where there was no run to resume.
    checkBelonging(options, TRAIN_OPTIONS);
    checkRunningText(options, options.lines ?? false);
    const rest = { resumed: undefined, settings: undefined, options, recipe: given.recipe, origin, begunAt };
    return { stored, ...rest, engine: await engineOfNewRun(options, engine) };
  }
  const { checkSameText, goingOn } = await loadPart(import("./going-on.js"));
  const { settings, ...resumed } = goingOn(stored, given, origin);
  const { recipe } = stored.checkpoint.header;
  const checkText = (key: string) => checkSameText(key, stored, store.name);
  const rest = { resumed, settings, options: given, recipe, origin: undefined, begunAt, checkText };
  return { stored, ...rest, engine: await engine(settings.precision) };
}

/** With those that follow from the model to begin with. */
async function optionsOfNewRun(options: TrainOptions, origin: Origin | undefined): Promise<TrainOptions> {
  if (!origin) return options;
  const { optionsFrom } = await loadPart(import("./begin-from.js"));
  return optionsFrom(origin, options);
}

/** The engine in the precision that was asked for; where none was and time is short, in the faster one. */
async function engineOfNewRun(
  { precision, maxMinutes }: TrainOptions,
  engine: RunContext["engine"],
): Promise<Engine> {
  const asked = await engine(precision);
  if (precision !== undefined || maxMinutes === undefined) return asked;
  const { fasterEngine } = await loadPart(import("./choose-precision.js"));
  return fasterEngine(asked, () => engine("bf16"));
}

/** @throws UserError where the run does not fit into memory */
export async function chooseRun(
  { memory }: RunContext,
  { engine, stored, settings: saved, options, origin }: Beginning,
  { size }: UnencodedText,
): Promise<Choice> {
  checkRunningText(options, size.lines);
  const { config, settings } =
    stored && saved
      ? { config: stored.config, settings: saved }
      : (await loadPart(import("./new-run.js"))).firstChoice(options, engine, size, origin?.config);
  const memoryBytes = estimateMemory(config, settings);
  checkMemory(memoryBytes, config, memory);
  return { config, settings, memoryBytes };
}
