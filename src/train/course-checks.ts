/** Settings that a run's course leaves no room for: they would have no effect, and are refused. */
import { option, sentence, type Sentence, UserError } from "../errors.js";
import type { Batches } from "../text/windows/batches.js";
import type { TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";

/** @throws UserError where the rate would still rise when it has to fall */
export function checkRises({ schedule, warmup, cooldown }: TrainSettings): void {
  if (schedule !== "trapezoid" || cooldown === undefined || warmup + cooldown <= 1) return;
  throw new UserError({
    option: "cooldown",
    problem: sentence`${option("warmup", warmup)} and ${option("cooldown", cooldown)} are parts of the run, and together more than the whole`,
    advice: "give smaller ones, together at most 1",
  });
}

/**
 * Checks that what waits for validations has enough of them before the run ends.
 * @param asked the options that were given, those of a recipe left out: it is not made for every length
 * @throws UserError where it would have no effect
 */
export function checkValidations(asked: TrainOptions, settings: TrainSettings, batches: Batches): void {
  const { schedule, average, averageInterval } = settings;
  const found = validationsBeforeEnd(settings, batches);
  if (found === undefined) return;
  const check = (name: "schedule" | "average", needed: number, why: string): void => {
    if (asked[name] === undefined || found >= needed) return;
    throw new UserError({
      option: name,
      problem: sentence`${option(name, settings[name])} ${why}, and this run has ${counted(found)} before its end, fewer than ${needed}`,
      advice: sentence`let it ${MORE}, or leave ${option(name)} out`,
    });
  };
  // The first is the best so far in any case.
  if (schedule === "plateau") check("schedule", 2, "compares validations");
  // One more than the interval to have a lowest of the earlier ones, and one above it.
  if (average === "nt-asgd")
    check(
      "average",
      averageInterval! + 2,
      `begins once one of ${averageInterval! + 2} validations or more is worse`,
    );
}

const MORE: Sentence = sentence`validate more often with ${option("validateEvery")}`;

const counted = (count: number): string =>
  count === 0 ? "no validation" : count === 1 ? "1 validation" : `${count} validations`;

/** As `ValidationPlan` has them; undefined where the time decides how many there are. */
function validationsBeforeEnd(
  { validateEvery, limit: { steps, epochs, maxMinutes } }: TrainSettings,
  batches: Batches,
): number | undefined {
  const updates = steps ?? (epochs === undefined ? undefined : batches.windowsIn(0, epochs));
  if (validateEvery > 0) return updates === undefined ? undefined : Math.floor((updates - 1) / validateEvery);
  if (epochs !== undefined) return epochs - 1;
  return maxMinutes === undefined ? Math.min(TENTHS, updates! - 1) : TENTHS;
}

/** The end of the last tenth is that of the run. */
const TENTHS = 9;
