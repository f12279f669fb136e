/** Measures a model on files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LanguageModel } from "../model/language-model.js";
import { type CorpusOptions, openCorpus } from "../text/corpus/corpus.js";
import { LONGEST_LINE } from "../text/limits.js";
import { encodeToMemory } from "../text/windows/encode.js";
import { encodeToFile } from "../text/windows/id-file.js";
import { checkOptions, checkValue } from "../options/check.js";
import { EVALUATE_OPTIONS } from "../options/command-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type Evaluation, evaluateBatches } from "./evaluate.js";
import { MEASURED_LINES, MEASURING_STEPS, measuringBatches } from "./windows.js";

/** A text of more bytes than this is encoded into a temporary file rather than into memory. */
const LARGE_TEXT = 50e6;

export interface EvaluateOptions extends Omit<CorpusOptions, "longestLine"> {
  /**
   * Streams that running text is cut into and read side by side. Default 1: exact, the state is carried over the whole
   * text. More are faster, and each begins without context.
   */
  readonly batchSize?: number;
  /** Hears what a person should know of the text: files that were passed over, or learned as they stand. */
  readonly onNotice?: (message: string) => void;
  /** Hears of the tokens measured, of `total`. */
  readonly onProgress?: (tokens: number, total: number) => void;
}

/**
 * Measures a model on a text. A model of lines takes every line on its own; its tokenizer tells.
 * @throws UserError where the text cannot be read or is too short
 */
export async function evaluateInputs(
  model: LanguageModel,
  tokenizer: Tokenizer,
  inputs: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions("evaluateInputs", options, EVALUATE_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const lines = tokenizer.bosId !== undefined;
  const corpus = await openCorpus(inputs, { ...options, ...(lines && { longestLine: LONGEST_LINE }) });
  for (const message of corpus.notices) options.onNotice?.(message);
  const folder = corpus.bytes > LARGE_TEXT ? mkdtempSync(join(tmpdir(), "recurra-eval-")) : undefined;
  try {
    const text = folder
      ? await encodeToFile(corpus.chunks(), tokenizer, lines, join(folder, "text.ids"), "")
      : await encodeToMemory(corpus.chunks(), tokenizer, lines);
    const streams = lines ? MEASURED_LINES : (options.batchSize ?? 1);
    const batches = measuringBatches(text, streams, MEASURING_STEPS, "given");
    const total = batches.targetsPerEpoch;
    return await evaluateBatches(model, batches, text.stats.extent, tokenizer.unknownId, (tokens) =>
      options.onProgress?.(tokens, total),
    );
  } finally {
    corpus.dispose();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}
