/** Measures a model on files. */
import { refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { checkOptions, checkValue } from "../options/check.js";
import { EVALUATE_OPTIONS } from "../options/command-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { type Evaluation, evaluateText, type Measuring } from "../train/evaluate.js";
import { type ReadingInputs, withEncodedInputs } from "./encode-inputs.js";
import { TextModel } from "./text-model.js";

/** Ranges and defaults are those of options/command-options.ts. */
export interface EvaluateOptions extends ReadingInputs, Measuring {
  /**
   * Streams that running text is cut into and read side by side. With one the measure is exact: the state is carried
   * over the whole text. More are faster, and each begins without context; a model that follows what it reads takes one.
   */
  readonly batchSize?: number;
}

/**
 * Measures a model on files, folders, patterns, or "-" for standard input. A model of lines takes every line on its own.
 * @param model loaded, adapted, or an ensemble
 * @throws UserError where the text cannot be read or is too short; the signal's reason where that ended it
 */
export async function evaluateInputs(
  model: TextModel,
  inputs: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  return (await evaluateEach([model], inputs, options))[0]!;
}

/** The same for several models, which read one text one after the other. @param models with the same tokenizer */
export async function evaluateEach(
  models: readonly TextModel[],
  inputs: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation[]> {
  for (const model of models)
    if (!(model instanceof TextModel))
      refuseArgument("The model to evaluate", model, "give one that load, train, adapt or ensemble returned");
  checkOptions("evaluateInputs", options, EVALUATE_OPTIONS);
  checkValue("inputs", inputs, TRAIN_OPTIONS.inputs);
  const { batchSize = EVALUATE_OPTIONS.batchSize.default, onProgress, signal, ...reading } = options;
  const { tokenizer } = models[0]!;
  if (models.some(({ model }) => model.follows) && batchSize > 1) {
    throw new UserError({
      option: "batchSize",
      problem: sentence`${option("batchSize", batchSize)} cuts the text into streams, and a model with ${option("cache")} or ${option("dynamic")} follows one`,
      advice: sentence`leave ${option("batchSize")} out`,
    });
  }
  const measuring = { unknownId: tokenizer.unknownId, streams: batchSize, onProgress, signal };
  return withEncodedInputs(tokenizer, inputs, reading, async (text) => {
    const measured: Evaluation[] = [];
    for (const { model } of models) measured.push(await evaluateText(model, text, measuring));
    return measured;
  });
}
