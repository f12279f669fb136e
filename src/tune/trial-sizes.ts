/** How large a trial's model will be, before it is made. */
import type { TrainOptions } from "../train/options.js";
import { countParameters } from "../train/memory-estimate.js";
import { planBySize } from "../train/plan.js";
import { chooseModel, expectedText, type TextSize } from "../train/settings.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { TrialOptions } from "./trial-runner.js";

const FLOAT_BYTES = 4;
/** Of config.json and of the headers. */
const OTHER_BYTES = 4096;

/** Bytes of a model's files. */
export const modelBytes = (parameters: number, tokenizerBytes: number): number =>
  FLOAT_BYTES * parameters + tokenizerBytes + OTHER_BYTES;

/**
 * @param characters to train on
 * @param known of another trial with the same tokens
 */
export function expectedSizes(
  options: TrialOptions,
  characters: number,
  known: { readonly vocabulary: number; readonly tokenizerBytes: number },
): { readonly parameters: number; readonly bytes: number } {
  const kind = options.tokenizer ?? TRAIN_OPTIONS.tokenizer.default;
  const { vocabulary, tokenizerBytes } = known;
  const size: TextSize = { kind, lines: options.lines ?? false, characters, vocabulary };
  const planned = planBySize({ ...(options as TrainOptions), steps: 1 }, expectedText(size)).options;
  const parameters = countParameters(chooseModel(planned, size));
  return { parameters, bytes: modelBytes(parameters, tokenizerBytes) };
}
