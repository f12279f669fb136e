/** A run that begins with another model: its first weights, and what it gained in the end. Loaded with the first one. */
import { UserError } from "../errors.js";
import { loadPart } from "../load-part.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { originKey } from "./begin-from.js";
import type { Beginning } from "./beginning.js";
import { type Evaluation, evaluateText } from "./evaluate.js";
import type { FineTuned } from "./events.js";
import type { ComparedRun, TrainScratch } from "./from-scratch.js";
import type { Measures, Origin, RunOrigin } from "./origin.js";
import { putOriginWeights } from "./origin-weights.js";
import type { PreparedText } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import type { RunControl } from "./run-control.js";
import type { RunEvents } from "./run-events.js";

/**
 * Puts the weights into the run's model, and measures it on the held-out text as it is then: what training gains is told
 * against this.
 * @throws UserError where the text was prepared with another vocabulary, or the run was stopped meanwhile
 */
export async function beginFrom(
  origin: Origin,
  model: LanguageModel,
  text: PreparedText,
  seed: number,
  control: RunControl,
  emit: RunEvents["emit"],
): Promise<RunOrigin> {
  const { tokenizer, counts, valid } = text;
  checkExtends(tokenizer, origin.tokenizer);
  putOriginWeights(model, origin, { seed, counts });
  const { tokensPerSecond: _, ...before } = await evaluateText(model, valid, {
    unknownId: tokenizer.unknownId,
    name: "held-out",
    signal: control.signal,
    onProgress: (done, total) =>
      emit({ type: "reading", what: "reading the held-out text before training", done, total }),
  }).catch((error: unknown) => {
    control.endIfStopped();
    throw error;
  });
  const added = tokenizer.size - origin.tokenizer.size;
  return { name: origin.name, key: originKey(origin), added, before };
}

/** @throws UserError where the first tokens are not those of the other */
function checkExtends(tokenizer: Tokenizer, origin: Tokenizer): void {
  const same =
    tokenizer.kind === origin.kind && tokenizer.bosId === origin.bosId && tokenizer.size >= origin.size;
  let id = 0;
  if (same) while (id < origin.size && tokenizer.spelling(id) === origin.spelling(id)) id++;
  if (id === origin.size) return;
  throw new UserError(
    "The text was prepared with another vocabulary than that of the model to begin with; prepare it with that one.",
  );
}

/**
 * What a run that has ended is better by than what it began with; and, where that was asked for, than a model from scratch,
 * which is trained now.
 * @param valid the measure of the run's model on the whole held-out text; undefined where it was stopped
 * @param train a run on the same text
 */
export async function fineTuned(
  { name, added, before }: RunOrigin,
  valid: Evaluation | undefined,
  text: PreparedText,
  context: RunContext,
  beginning: Beginning,
  run: ComparedRun,
  emit: RunEvents["emit"],
  train: TrainScratch,
): Promise<FineTuned> {
  const over = (other: Measures) =>
    valid && {
      natsPerToken: other.natsPerToken - valid.natsPerToken,
      bitsPerChar: other.bitsPerChar - valid.bitsPerChar,
    };
  const told = { from: name, added, before, gain: over(before) };
  if (!valid || !beginning.options.compareScratch) return told;
  const { measureFromScratch } = await loadPart(import("./from-scratch.js"));
  const scratch = await measureFromScratch(text, context, beginning, run, emit, train);
  if (scratch) return { ...told, scratch, gainOverScratch: over(scratch) };
  const message =
    "Stopped while a model was trained from scratch, to compare: the other one is trained and saved.";
  emit({ type: "notice", message });
  return told;
}
