/**
 * A model begins with another one's weights. Where its vocabulary has more tokens, these are the last rows of embedding
 * and decoder; of the V rows w that there are, with mean m and deviation σ (of all their elements from m), a new one is
 *
 *   w_new = m + σ / 10 · u,   u uniform in ±1
 *
 * so that a new token is, until it is learned, an average one (Hewitt, 2021, "Initializing new word embeddings for
 * pretrained language models": the logit is the mean of the others, which bounds what the new token takes from them), and
 * no two are the same. Its bias stands to how often it occurs in the new text as those of the other tokens do:
 *
 *   b_new = ln p(new) + Σ_v p(v) (b_v − ln p(v)),   p(v) = (n_v + 1) / Σ_w (n_w + 1)
 *
 * where n_v is how often token v occurs there, and the sum is over the tokens that the model had.
 */
import type { Engine, Floats, Tensor } from "../engine/engine.js";
import { Random, seedOf } from "../engine/random.js";
import type { LanguageModel } from "../model/language-model.js";
import type { Origin } from "./origin.js";

/** Part of the deviation. */
const NOISE = 0.1;
/** Tells these draws from those of initial weights. */
const OWN_STREAM = 0x6e657772;

/**
 * @param model of the same architecture, with as many tokens or more
 * @param counts (V): how often each token occurs in the text to be trained on
 */
export function putOriginWeights(
  model: LanguageModel,
  { weights }: Origin,
  { seed, counts }: { readonly seed: number; readonly counts: () => ArrayLike<number> },
): void {
  const { engine } = model;
  const random = new Random(seedOf(seed, OWN_STREAM));
  for (const { name, shape, value } of model.parameters) {
    const data = weights.get(name)!.data as Floats;
    if (data.length === value.length) engine.write(data, value);
    else if (shape.length === 1) writeBiases(engine, data, counts(), value);
    else writeRows(engine, data, shape[1]!, random, value);
  }
  model.weightsChanged();
}

/** @param width D of the rows (V, D) in `data`; more of them fit into `value` */
function writeRows(engine: Engine, data: Floats, width: number, random: Random, value: Tensor): void {
  const rows = data.length / width;
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]!;
  for (let d = 0; d < width; d++) mean[d]! /= rows;
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i]! - mean[i % width]!) ** 2;
  const range = NOISE * Math.sqrt(squares / data.length);
  engine.write(data, value.slice(0, data.length));
  const added = new Float64Array(value.length - data.length);
  for (let i = 0; i < added.length; i++) added[i] = mean[i % width]! + range * (2 * random.next() - 1);
  engine.write(added, value.slice(data.length, added.length));
}

function writeBiases(engine: Engine, data: Floats, counts: ArrayLike<number>, value: Tensor): void {
  let all = 0;
  for (let v = 0; v < value.length; v++) all += counts[v]! + 1;
  const logP = (v: number): number => Math.log((counts[v]! + 1) / all);
  let known = 0;
  let sum = 0;
  for (let v = 0; v < data.length; v++) {
    const p = counts[v]! + 1;
    known += p;
    sum += p * (data[v]! - logP(v));
  }
  const added = Float64Array.from(
    { length: value.length - data.length },
    (_, i) => logP(data.length + i) + sum / known,
  );
  engine.write(data, value.slice(0, data.length));
  engine.write(added, value.slice(data.length, added.length));
}
