/** What a profile gains on a text, and what the model has forgotten by it of what it was trained for. */
import { join } from "node:path";
import { modelPaths } from "../format/model-paths.js";
import { type EncodedText } from "../text/windows/encode.js";
import { openIdFile } from "../text/windows/id-file.js";
import { type Evaluation, evaluateText, type Measuring } from "../train/evaluate.js";
import { type ReadingInputs, withEncodedInputs } from "./encode-inputs.js";
import type { LoadedModel } from "./loaded-model.js";

/** Streams side by side: the held-out text may have a million characters. */
const STREAMS = 32;

export interface HeldOutMeasure {
  readonly tokens: number;
  readonly bitsPerChar: number;
  /** By the model as it was trained. */
  readonly plainBitsPerChar: number;
}

export interface ProfileMeasure {
  /** Of the text, by the model as it was trained. */
  readonly plain: Evaluation;
  /** Undefined where the held-out text of the model's training is not there any more, and no other was given. */
  readonly heldOut: HeldOutMeasure | undefined;
}

/**
 * @param model with a profile
 * @param folder of the model: the held-out text of its training, encoded, may still lie there
 * @param inputs files in place of that
 * @throws UserError where the text cannot be read; the signal's reason where that ended it
 */
export async function measureForgetting(
  model: LoadedModel,
  folder: string,
  inputs: readonly string[] | undefined,
  { onProgress, signal, ...reading }: ReadingInputs & Measuring,
): Promise<HeldOutMeasure | undefined> {
  const measure = async (text: EncodedText): Promise<HeldOutMeasure> => {
    const { unknownId } = model.tokenizer;
    const measuring = { unknownId, streams: STREAMS, name: "held-out", onProgress, signal };
    const { tokens, bitsPerChar } = await evaluateText(model.model, text, measuring);
    const plain = await evaluateText(model.untouched.model, text, measuring);
    return { tokens, bitsPerChar, plainBitsPerChar: plain.bitsPerChar };
  };
  if (inputs) return withEncodedInputs(model.tokenizer, inputs, reading, measure);
  const { ids } = modelPaths(folder);
  const kept = openIdFile(join(ids, "validation.ids"), undefined, model.config.vocabulary);
  if (!kept) return undefined;
  try {
    return await measure(kept);
  } finally {
    kept.tokens.close();
  }
}
