/** Goes on with a run from its checkpoint; the same on Node and in a page. */
import { option, sentence, UserError } from "../errors.js";
import type { TokenizerKind } from "../text/tokenizers/tokenizer.js";
import { type RunTensors, type StoredCheckpoint, restoreTensors } from "./checkpoint.js";
import type { TrainEvent } from "./events.js";
import type { TrainOptions } from "./options.js";
import type { TrainSettings } from "./run-settings.js";
import { changed } from "./resume-settings.js";
import type { Trainer } from "./trainer.js";

/** Whether the text is lines: as asked, and on a resumed run as it was. @throws UserError where both are said and differ */
export function linesOfRun(options: TrainOptions, checkpoint: StoredCheckpoint | undefined): boolean {
  if (!checkpoint) return options.lines ?? false;
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

/** @throws UserError where another kind of tokenizer is asked for than the run's own */
export function checkSameTokenizer(kind: TokenizerKind, { tokenizer }: TrainOptions): void {
  if (tokenizer !== undefined && tokenizer !== kind) throw changed("tokenizer", kind, tokenizer);
}

/** Puts a trainer where the checkpoint stands. @throws UserError where their shapes differ */
export function resumeTrainer(
  checkpoint: StoredCheckpoint,
  trainer: Trainer,
  { model, optimizer }: Pick<RunTensors, "model" | "optimizer">,
  settings: TrainSettings,
  emit: (event: TrainEvent) => void,
): void {
  restoreTensors(checkpoint, { model, optimizer, state: trainer.state });
  trainer.position = { ...checkpoint.header.position };
  optimizer.updates = trainer.position.updates;
  if (!trainer.position.finished) return;
  // A finished run stays finished, unless it was given a longer way to go.
  const saved = checkpoint.header.settings;
  const same =
    JSON.stringify([settings.limit, settings.patience]) === JSON.stringify([saved.limit, saved.patience]);
  trainer.position.finished = same;
  const message =
    "This run had reached its end already; give more --epochs, --steps or --max-minutes to go on.";
  if (same) emit({ type: "notice", message });
}
