/** The language model of a classifier learns the labelled texts without their labels, before the labels are looked at. */
import type { Engine } from "../engine/engine.js";
import type { LabelledText } from "../text/labelled-text.js";
import type { LoadedModel } from "./loaded-model.js";
import { train } from "./train.js";

/** What a model that begins from scratch reads in: byte pairs, which write every text. */
const TOKENIZER = "bpe";
const VOCABULARY = 4096;

export interface LearnTextsOptions {
  readonly epochs: number;
  readonly seed: number;
  readonly engine: Engine;
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Called with updates made, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param from the model to begin with; undefined: from scratch
 * @returns another model; that one stays as it is
 * @throws UserError as `train`; the signal's reason where that ended it
 */
export async function learnTexts(
  from: LoadedModel | undefined,
  texts: readonly LabelledText[],
  { epochs, seed, engine, onNotice, onProgress, signal }: LearnTextsOptions,
): Promise<LoadedModel> {
  const { model } = await train({
    text: texts.map(({ text }) => (text.endsWith("\n") ? text : `${text}\n`)).join(""),
    ...(from === undefined ? { tokenizer: TOKENIZER, vocabSize: VOCABULARY } : { from }),
    epochs,
    seed,
    engine,
    ...(signal && { signal }),
    onEvent(event) {
      if (event.type === "notice") onNotice?.(event.message);
      if (event.type === "step" && event.steps !== undefined) onProgress?.(event.step, event.steps);
    },
  });
  signal?.throwIfAborted();
  return model;
}
