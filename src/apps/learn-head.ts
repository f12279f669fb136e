/** The head of a classifier, learned of labelled texts: alone, or with the recurrent layers. */
import { fineTune } from "../classify/fine-tune.js";
import { fitHead } from "../classify/fit-head.js";
import { headedModel } from "../classify/headed-model.js";
import type { Floats } from "../engine/engine.js";
import type { NamedTensor } from "../format/safetensors.js";
import { beginningOf } from "../generate/beginning.js";
import { checkTrainable } from "../model/config.js";
import { outputWidth } from "../model/widths.js";
import type { LabelledText } from "../text/labelled-text.js";
import { fileTensor } from "../train/weights.js";
import { Embedder, tokensOf } from "../vectors/embedder.js";
import type { ClassifierOrigin } from "./classifier-origin.js";
import type { TrainClassifierSettings } from "./train-classifier-options.js";

/** A layer's rate beside that of the one above (Howard and Ruder, 2018). */
const LAYER_DECAY = 1 / 2.6;

/** Fewer texts that are held out are told. */
const FEW = 50;

export interface LearnedHead {
  /** (C, D) and (C). */
  readonly weight: Floats;
  readonly bias: Floats;
  readonly penalty: number;
  /** The weights of the language model, as a file has them. */
  readonly tensors: readonly NamedTensor[];
  /** Numbers of the texts that were held out, and their logits (n, C) while they were. */
  readonly heldOut: readonly number[];
  readonly logits: Float64Array;
  /** Of fine-tuning: passes after which the weights were kept. */
  readonly epochs?: number;
}

/**
 * @param numbers (N): the number of each text's label
 * @param classWeights (C)
 * @throws UserError for int8 weights that would have to learn; the signal's reason
 */
export async function learnHead(
  { loaded, tensors }: ClassifierOrigin,
  held: readonly LabelledText[],
  numbers: Int32Array,
  classWeights: readonly number[],
  settings: TrainClassifierSettings,
): Promise<LearnedHead> {
  const { pool, seed, signal, onProgress } = settings;
  const { model, tokenizer, config } = loaded;
  if (settings.fineTune) checkTrainable(config, "The model to be fine-tuned");
  const C = classWeights.length;
  const embedder = new Embedder(model, tokenizer, outputWidth(config), { pool });
  const blocks: Float32Array[] = [];
  let read = 0;
  for await (const { texts, vectors } of embedder.groups(held, ({ text }) => text, signal)) {
    blocks.push(vectors);
    onProgress?.({ what: "reading", done: (read += texts.length), total: held.length });
  }
  const fitted = await fitHead(model.engine, blocks, embedder.width, numbers, C, {
    classWeights,
    seed,
    keepOut: settings.fineTune,
    signal,
    onProgress: (done, total) => onProgress?.({ what: "fitting", done, total }),
  });
  if (!settings.fineTune) return { ...fitted, tensors };
  if (fitted.heldOut.length < FEW)
    settings.onNotice?.(
      `${fitted.heldOut.length} texts are held out: the passes are chosen and the probabilities calibrated by few. The head alone, without fine-tuning, uses all texts for both.`,
    );
  const weights = new Map(tensors.map(({ name, data }) => [name, { data }]));
  const made = await headedModel(model.engine, config, weights, C, pool);
  const { engine } = made.model;
  for (const [i, { value }] of made.head.weights.entries())
    engine.write([fitted.weight, fitted.bias][i]!, value);
  const texts = {
    ids: held.map(({ text }) => tokensOf(tokenizer, text)),
    labels: numbers,
    heldOut: fitted.heldOut,
    beginning: beginningOf(tokenizer),
  };
  const { logits, epoch } = await fineTune(made, pool, texts, {
    ...settings,
    layerDecay: LAYER_DECAY,
    classWeights,
    onProgress: (done, total, heldOutLoss) => onProgress?.({ what: "fine-tuning", done, total, heldOutLoss }),
  });
  const learned = new Map(made.model.parameters.map((one) => [one.name, one]));
  const [weight, bias] = made.head.weights.map(({ value }) => engine.read(value).slice());
  return {
    weight: weight!,
    bias: bias!,
    penalty: fitted.penalty,
    heldOut: fitted.heldOut,
    logits,
    epochs: epoch,
    tensors: tensors.map((tensor) => {
      const own = learned.get(tensor.name);
      if (!own) return tensor;
      const now = fileTensor(engine, own.name, own.shape, own.value);
      return { ...now, data: now.data.slice() };
    }),
  };
}
