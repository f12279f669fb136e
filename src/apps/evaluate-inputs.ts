/** Measures a model on files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refuseArgument } from "../argument-checks.js";
import { checkOptions, checkValue } from "../options/check.js";
import { EVALUATE_OPTIONS } from "../options/command-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { LONGEST_LINE } from "../text/limits.js";
import { type EncodedText, encodeToMemory } from "../text/windows/encode.js";
import { encodeToFile } from "../text/windows/id-file.js";
import { type Evaluation, evaluateText, type Measuring } from "../train/evaluate.js";
import { LoadedModel } from "./loaded-model.js";

/** A text of more bytes than this is encoded into a temporary file rather than into memory. */
const LARGE_TEXT = 50e6;

/** Ranges and defaults are those of options/command-options.ts. */
export interface EvaluateOptions extends Omit<CorpusOptions, "longestLine">, Measuring {
  /**
   * Streams that running text is cut into and read side by side. With one the measure is exact: the state is carried
   * over the whole text. More are faster, and each begins without context.
   */
  readonly batchSize?: number;
  /**
   * Called with notices about the text: files that were skipped, or that are read as they are although they look like
   * records.
   */
  readonly onNotice?: (message: string) => void;
}

/**
 * Measures a model on files, folders, patterns, or "-" for standard input. A model of lines takes every line on its own.
 * @throws UserError where the text cannot be read or is too short; the signal's reason where that ended it
 */
export async function evaluateInputs(
  loaded: LoadedModel,
  inputs: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  if (!(loaded instanceof LoadedModel))
    refuseArgument("The model to evaluate", loaded, "give one that load or train returned");
  const { model, tokenizer } = loaded;
  checkOptions("evaluateInputs", options, EVALUATE_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const {
    batchSize = EVALUATE_OPTIONS.batchSize.default,
    onProgress,
    onNotice,
    signal,
    ...reading
  } = options;
  const lines = tokenizer.bosId !== undefined;
  const corpus = await openCorpus(inputs, { ...reading, ...(lines && { longestLine: LONGEST_LINE }) });
  let folder: string | undefined;
  let text: EncodedText | undefined;
  try {
    for (const message of corpus.notices) onNotice?.(message);
    if (corpus.bytes > LARGE_TEXT) {
      folder = mkdtempSync(join(tmpdir(), "recurra-eval-"));
      text = await encodeToFile(corpus.chunks(), tokenizer, lines, join(folder, "text.ids"), "");
    } else {
      text = await encodeToMemory(corpus.chunks(), tokenizer, lines);
    }
    const { unknownId } = tokenizer;
    return await evaluateText(model, text, { unknownId, streams: batchSize, onProgress, signal });
  } finally {
    text?.tokens.close();
    corpus.dispose();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}
