/**
 * ULMFiT's way to a classifier (Howard and Ruder, 2018): head and recurrent layers learn together, the head first and one
 * more layer below after each pass, each layer with 1 / 2.6 of the rate of the one above. The head begins as the quick way has
 * fitted it, so that the layers are not pulled about by one that knows nothing (Kumar et al., 2022). After each pass the
 * texts that are held out are told; the weights that told them best are kept, those before the first pass among them.
 */
import { Turns } from "../breathe.js";
import type { Floats } from "../engine/engine.js";
import type { Regularisation } from "../layers/regularisation.js";
import { outputWidth } from "../model/widths.js";
import { addSquares, clipScale } from "../optim/clip.js";
import { loadLayered } from "../optim/layered.js";
import { Schedule } from "../optim/schedule.js";
import { readVectors } from "../vectors/read-vectors.js";
import { rowsOf } from "../vectors/vector-blocks.js";
import { ClassifierHead } from "./head.js";
import type { HeadedModel } from "./headed-model.js";
import type { ClassifierPool } from "../model/config.js";
import { nats } from "./temperature.js";
import { textBatches } from "./text-batches.js";
import { windowOfTexts } from "./window-of-texts.js";

/** Rows of a window, T · B, at most. */
const WINDOW = 8192;
/** Part of the run in which the rate rises (the slanted triangle). */
const WARM_UP = 0.1;
const CLIP = 1;
/** Passes in a row that are not better, after which it ends; counted from when all layers learn. */
const PATIENCE = 3;

export interface FineTuneSettings {
  readonly epochs: number;
  /** Highest rate, of the head. */
  readonly lr: number;
  readonly layerDecay: number;
  readonly batchSize: number;
  /** Probability that an element is dropped: of the vector, the embedded input, and between layers. */
  readonly dropout: number;
  /** (C) */
  readonly classWeights: readonly number[];
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the passes made, and what the texts that are held out cost before and after each (nats a text). */
  readonly onProgress?: ((done: number, total: number, heldOutLoss: number) => void) | undefined;
}

/** What is learned from and told. */
export interface LabelledTokens {
  /** Of each text; one without any is told, and not learned from. */
  readonly ids: readonly Int32Array[];
  readonly labels: Int32Array;
  /** Numbers of the texts that are held out; the others are learned from. */
  readonly heldOut: readonly number[];
  /** Read before each text, where there is one. */
  readonly beginning: number | undefined;
}

export interface FineTuned {
  /** (n, C) of the texts that are held out, in their order, by the weights that were kept, which are the model's now. */
  readonly logits: Float64Array;
  /** The pass that they are of; 0: before the first. */
  readonly epoch: number;
  readonly loss: number;
}

/** @throws the signal's reason where that ended it */
export async function fineTune(
  { model, head }: HeadedModel,
  pool: ClassifierPool,
  texts: LabelledTokens,
  settings: FineTuneSettings,
): Promise<FineTuned> {
  const { engine, config } = model;
  const { epochs, lr, layerDecay, batchSize, dropout, classWeights, seed } = settings;
  const held = new Set(texts.heldOut);
  const rows = Array.from(texts.ids.keys()).filter((n) => !held.has(n) && texts.ids[n]!.length > 0);
  const lengths = texts.ids.map(({ length }) => length);
  const steps = Math.max(2, Math.floor(WINDOW / batchSize));
  // Also of tied weights the embedding is the lowest layer here: it decodes nothing.
  const optimizer = await loadLayered(engine, { ...config, tie: false }, model.parameters, {
    name: "adam",
    momentum: 0,
    weightDecay: 0,
    layerDecay,
    unfreezeEvery: 1,
  });
  const schedule = new Schedule({ name: "linear", warmup: WARM_UP });
  const turns = new Turns();
  const sums = engine.sums();
  const regularisation: Partial<Regularisation> = {
    dropoutEmbedding: dropout,
    dropoutBetween: dropout,
    lockedDropout: true,
  };
  head.dropout = dropout;
  const total = epochs * Math.ceil(rows.length / batchSize);
  let best = { ...(await told(model, head, pool, texts, settings)), epoch: 0, weights: copied(model) };
  settings.onProgress?.(0, epochs, best.loss);
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    settings.signal?.throwIfAborted();
    optimizer.begin(epoch - 1);
    for (const batch of textBatches(lengths, rows, batchSize, seed, epoch)) {
      const own = batch.map((n) => {
        const label = texts.labels[n]!;
        return { ids: texts.ids[n]!, label, weight: classWeights[label]! };
      });
      const made = windowOfTexts(model, own, texts.beginning, steps, outputWidth(config));
      head.window = { texts: made.texts };
      model.train(made.window, made.state, { draw: { seed, step }, regularisation }, sums);
      sums.clear();
      addSquares(engine, optimizer.trained, sums);
      const norm = Math.sqrt(sums.readNow().squares);
      optimizer.step(lr * schedule.factor((step + 0.5) / total), clipScale(norm, CLIP));
      model.weightsChanged();
      step++;
      if (!turns.due) continue;
      await turns.give();
      settings.signal?.throwIfAborted();
    }
    const now = await told(model, head, pool, texts, settings);
    settings.onProgress?.(epoch, epochs, now.loss);
    if (now.loss < best.loss) best = { ...now, epoch, weights: copied(model) };
    if (epoch - Math.max(best.epoch, config.layers + 2) >= PATIENCE) break;
  }
  for (const [i, { value }] of model.parameters.entries()) engine.write(best.weights[i]!, value);
  model.weightsChanged();
  return { logits: best.logits, epoch: best.epoch, loss: best.loss };
}

/** The texts that are held out, as they are told now. */
async function told(
  model: HeadedModel["model"],
  head: HeadedModel["head"],
  pool: ClassifierPool,
  { ids, labels, heldOut, beginning }: LabelledTokens,
  { classWeights, signal }: FineTuneSettings,
): Promise<{ readonly logits: Float64Array; readonly loss: number }> {
  const { engine, config } = model;
  const H = outputWidth(config);
  const texts = heldOut.map((n) => ids[n]!);
  const vectors = await readVectors(model, texts, H, { pool }, { beginning, signal });
  const [weight, bias] = head.weights.map(({ value }) => engine.read(value).slice());
  const C = bias!.length;
  const linear = new ClassifierHead([], pool, weight!, bias!);
  const logits = new Float64Array(heldOut.length * C);
  let [loss, all, row] = [0, 0, 0];
  for (const vector of rowsOf(vectors, weight!.length / C)) {
    const z = linear.logits(vector);
    const label = labels[heldOut[row]!]!;
    logits.set(z, row++ * C);
    loss += classWeights[label]! * nats(z, Int32Array.of(label), C);
    all += classWeights[label]!;
  }
  // Weights that are no numbers any more are not kept.
  return { logits, loss: Number.isFinite(loss) ? loss / all : Infinity };
}

const copied = ({ engine, parameters }: HeadedModel["model"]): Floats[] =>
  parameters.map(({ value }) => engine.read(value).slice());
