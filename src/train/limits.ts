/** The options that limit a run: epochs, steps or minutes, one of the three. */
import { option, sentence, UserError } from "../errors.js";
import type { TrainOptions } from "./options.js";
import type { RunLimit } from "./run-settings.js";

export const LIMITS = ["epochs", "steps", "maxMinutes"] as const satisfies readonly (keyof TrainOptions)[];

/** @throws UserError where two are given */
export function checkOneLimit(options: TrainOptions): void {
  const [limit, other] = LIMITS.filter((name) => options[name] !== undefined);
  if (limit === undefined || other === undefined) return;
  throw new UserError({
    option: other,
    problem: sentence`${option(limit)} and ${option(other)} both limit the run`,
    advice: "give only one of them",
  });
}

/** The given limit; undefined where none was given. */
export function askedLimit(options: TrainOptions): RunLimit | undefined {
  const name = LIMITS.find((each) => options[each] !== undefined);
  return name === undefined ? undefined : { [name]: options[name] };
}
