/** Where a resumed run goes on, where its settings were changed. */
import type { Batches } from "../text/windows/batches.js";
import type { RunPosition } from "./position.js";
import { changesTraining, changesWindows, type RunChange } from "./run-changes.js";

/**
 * The position of a run in its new settings; where none was changed, the same.
 * - Another cut of the text: the window of the same epoch that begins nearest to where the run stood.
 * - A learning rate that is given holds as it is: what roll-backs and a plateau made of the former one is forgotten, and
 *   with another schedule what a plateau did.
 * - Weights that are trained otherwise have their patience before them.
 * @param before windows as they were
 * @param batches windows as they are now
 */
export function resumedPosition(
  position: RunPosition,
  changes: readonly RunChange[],
  before: Batches,
  batches: Batches,
): RunPosition {
  const resumed = { ...position };
  if (changesWindows(changes))
    resumed.index = nearestWindow(batches, position.epoch, before.part(position.epoch, position.index));
  const changed = new Set(changes.map(({ setting }) => setting));
  if (changed.has("lr")) resumed.learningRateFactor = 1;
  if (changed.has("lr") || changed.has("schedule")) resumed.plateauFactor = 1;
  if (changesTraining(changes)) resumed.validationsSinceBest = 0;
  return resumed;
}

/** The window of an epoch that begins nearest to where this part of the epoch is read. */
function nearestWindow(batches: Batches, epoch: number, part: number): number {
  let low = 0;
  let high = batches.windows(epoch) - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    // Halfway between two beginnings the later one is the nearest.
    if (batches.part(epoch, middle) + batches.part(epoch, middle + 1) > 2 * part) high = middle;
    else low = middle + 1;
  }
  return low;
}
