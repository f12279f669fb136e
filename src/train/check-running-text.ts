/** Options that only running text has. */
import { option, sentence, UserError } from "../errors.js";
import type { TrainOptions } from "./options.js";

/** Options that have no effect on lines. */
export const OF_RUNNING_TEXT = [
  "varySeqLen",
  "rotateStreams",
] as const satisfies readonly (keyof TrainOptions)[];

/** @throws UserError where an option of running text is given for lines */
export function checkRunningText(options: TrainOptions, lines: boolean): void {
  if (!lines) return;
  for (const name of OF_RUNNING_TEXT) {
    if (!options[name]) continue;
    throw new UserError({
      option: name,
      problem: sentence`${option(name)} is for running text, and with ${option("lines")} every line is a sequence of its own, in a drawn order already`,
      advice: sentence`leave ${option(name)} out`,
    });
  }
}
