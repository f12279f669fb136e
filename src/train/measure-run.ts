/** Measures a finished model on its texts. */
import type { LanguageModel } from "../model/language-model.js";
import { type Evaluation, evaluateText } from "./evaluate.js";
import type { TrainEvent } from "./events.js";
import type { Measures } from "./origin.js";
import type { PreparedText } from "./prepare.js";
import type { RunControl } from "./run-control.js";
import type { RunStore } from "./run-store.js";
import { measuringBatches } from "./windows.js";

/** The texts: field of the result, and name in messages. */
const MEASURED = [
  ["valid", "held-out"],
  ["test", "test"],
] as const;

/** @throws UserError where the test text is too short to be measured on; a run is not made of such a held-out one */
export function checkMeasurable({ test }: PreparedText): void {
  if (test) measuringBatches(test, 1, "test");
}

export interface RunMeasures {
  readonly valid: Evaluation | undefined;
  readonly test: Evaluation | undefined;
}

/**
 * Measures the model on all of the held-out text, and on the test text.
 * @returns the results, and whether they are complete: a stop ends the measurement
 */
export async function measureRun(
  model: LanguageModel,
  text: PreparedText,
  { signal }: RunControl,
  emit: (event: TrainEvent) => void,
): Promise<{ readonly measures: RunMeasures; readonly whole: boolean }> {
  const measures: { -readonly [Field in keyof RunMeasures]: RunMeasures[Field] } = {
    valid: undefined,
    test: undefined,
  };
  try {
    for (const [field, name] of MEASURED) {
      const measured = text[field];
      if (!measured) continue;
      signal.throwIfAborted();
      measures[field] = await evaluateText(model, measured, {
        unknownId: text.tokenizer.unknownId,
        name,
        signal,
        onProgress: (done, total) =>
          emit({ type: "reading", what: `measuring on the ${name} text`, done, total }),
      });
    }
    return { measures, whole: true };
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const message =
      "Stopped while the finished model was measured: it is trained and saved, and its measure is left out.";
    emit({ type: "notice", message });
    return { measures, whole: false };
  }
}

/** Adds the measures on the whole held-out text to the metrics, besides the validations on a part of it. */
export function noteMeasure(
  { metrics }: RunStore,
  step: number,
  { natsPerToken, perplexity, bitsPerChar }: Measures,
): void {
  metrics.add({
    step,
    heldOutLoss: natsPerToken,
    heldOutPerplexity: perplexity,
    heldOutBitsPerChar: bitsPerChar,
  });
}
