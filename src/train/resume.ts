/** Goes on with a run from its checkpoint; the same on Node and in a page. */
import { option, sentence, UserError } from "../errors.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { Batches } from "../text/windows/batches.js";
import type { EncodedText } from "../text/windows/encode.js";
import type { StoredCheckpoint } from "./checkpoint.js";
import { restoreTensors } from "./read-checkpoint.js";
import type { TrainEvent } from "./events.js";
import type { MetricsSink } from "./metric-line.js";
import { putUpdates } from "./position.js";
import type { TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";
import { resumedPosition } from "./resume-position.js";
import { changesLimit, changesWindows, type RunChange } from "./run-changes.js";
import type { RunParts } from "./run-parts.js";
import type { StoredRun } from "./run-store.js";
import type { Trainer } from "./trainer.js";
import { trainingBatches } from "./windows.js";

export { changesWindows };

/** Whether the text of a resumed run is lines. @throws UserError where the opposite is said */
export function linesOfRun(options: TrainOptions, checkpoint: StoredCheckpoint): boolean {
  const { lines } = checkpoint.header;
  if (options.lines !== undefined && options.lines !== lines) {
    throw new UserError({
      option: "lines",
      problem: sentence`This run was begun ${lines ? "with" : "without"} ${option("lines")}`,
      advice: "go on with it the same way",
    });
  }
  return lines;
}

/** @throws UserError where a prepared text has another tokenizer than the run */
export function checkStoredTokenizer(tokenizer: Tokenizer, stored: StoredRun): void {
  if (JSON.stringify(tokenizer.toJSON()) === JSON.stringify(stored.tokenizer.toJSON())) return;
  throw new UserError(
    "The text was prepared with another vocabulary than the one that this run was begun with; prepare it with the run's own tokenizer.",
  );
}

/** What a run goes on with. */
export interface Resumed {
  readonly checkpoint: StoredCheckpoint;
  /** The settings as they were, and what is changed of them now. */
  readonly saved: TrainSettings;
  readonly changes: readonly RunChange[];
}

/**
 * Puts a trainer where the checkpoint stands. Where the text is cut into other windows now, the recurrent state is zero.
 * @throws UserError where their shapes differ
 */
export function resumeTrainer(
  { checkpoint, saved, changes }: Resumed,
  trainer: Trainer,
  { model, pastDecode, optimizer, average, batches }: RunParts,
  text: EncodedText,
  emit: (event: TrainEvent) => void,
): void {
  const otherWindows = changesWindows(changes);
  const averaged = checkpoint.header.position.average;
  if (average && averaged) average.record = averaged;
  const state = otherWindows ? undefined : trainer.state;
  restoreTensors(checkpoint, { model, pastDecode, optimizer, average, state });
  const before = otherWindows ? trainingBatches(text, saved) : batches;
  checkPlace(checkpoint, before);
  trainer.position = resumedPosition(checkpoint.header.position, changes, before, batches);
  const { position } = trainer;
  position.average = average?.record;
  putUpdates(optimizer, position);
  // A finished run stays finished, unless it is to train otherwise, or longer.
  position.finished &&= changes.every(({ setting }) => setting === "validateEvery");
  if (changesLimit(changes)) {
    position.tenths = Math.min(position.tenths, Math.floor(trainer.progress * 10));
    // The same place is another part of the way.
    if (average) position.average = average.record = { ...average.record, progress: trainer.progress };
  }
  const message = "This run had reached its end already; give it more epochs, steps or minutes to go on.";
  if (position.finished || trainer.progress >= 1) emit({ type: "notice", message });
}

/** What was changed from this step on. */
export function tellChanges(
  changes: readonly RunChange[],
  step: number,
  metrics: MetricsSink,
  emit: (event: TrainEvent) => void,
): void {
  if (changes.length === 0) return;
  for (const { setting, from, to } of changes) metrics.add({ step, changed: setting, from, to });
  emit({ type: "changed", step, changes });
}

/** @throws UserError where there is no such window in the text */
function checkPlace({ header, path }: StoredCheckpoint, batches: Batches): void {
  const { epoch, index } = header.position;
  const windows = batches.windows(epoch);
  if (index < windows) return;
  throw new UserError(
    `${path} is damaged: it goes on at window ${index + 1} of an epoch of ${windows}; restore the file from a copy, or begin a new run.`,
  );
}
