/** One vector for each of some texts. */
import { isIterable, refuseArgument } from "../argument-checks.js";
import type { LanguageModel } from "../model/language-model.js";
import { outputWidth } from "../model/widths.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type CommonPart, commonPart } from "../vectors/common-part.js";
import { type EmbedOptions, embedSettings, type PoolingSettings } from "../vectors/embed-options.js";
import { Embedder, tokensOf } from "../vectors/embedder.js";
import { type Pooling, sifWeights } from "../vectors/pooling.js";
import { lengthOf, rowsOf, vectorBlocks } from "../vectors/vector-blocks.js";
import type { TunedSource } from "./tuned.js";

/** What makes vectors: a loaded model. */
export interface Embedding {
  readonly model: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly tuned?: TunedSource | undefined;
}

/** Texts, which may come as they are made. */
export type Texts = Iterable<string> | AsyncIterable<string>;

/**
 * See `LoadedModel.embed`.
 * @throws UserError for options that make no sense, what is no text, and vectors that are not finite; the signal's reason
 */
export async function embedTexts(
  embedding: Embedding,
  texts: Texts,
  options: EmbedOptions,
): Promise<Float32Array[]> {
  const settings = embedSettings(options);
  if (typeof texts === "string" || !isIterable(texts))
    refuseArgument("The argument of embed", texts, "give the texts in an array");
  const { onNotice, onProgress, signal } = options;
  // Of texts that come once only, their tokens could not be counted before they are read.
  const counted = settings.pool === "sif" && !Array.isArray(texts) ? await allOf(texts) : texts;
  const { model, tokenizer } = embedding;
  const pooling = await poolingFor(embedding, settings, counted, onNotice);
  const embedder = new Embedder(model, tokenizer, outputWidth(model.config), pooling);
  const chunks: Float32Array[] = [];
  let done = 0;
  for await (const { texts: group, vectors } of embedder.groups(counted, (text) => text, signal)) {
    chunks.push(vectors);
    onProgress?.((done += group.length));
  }
  const { width } = embedder;
  const common = commonPart(model.engine, vectorBlocks(chunks, width), settings, "text");
  const rows = chunks.flatMap((chunk) => [...rowsOf(chunk, width)]);
  for (const row of rows) finishVector(row, common, settings.unit);
  return rows;
}

/**
 * How the states of texts become vectors.
 * @param texts whose tokens are counted for "sif" where those of the training text are not known
 * @param weights of "sif", where they are known already
 */
export async function poolingFor(
  { tokenizer, tuned }: Embedding,
  { pool, sifA }: PoolingSettings,
  texts: Texts,
  onNotice: ((message: string) => void) | undefined,
  weights?: Float64Array,
): Promise<Pooling> {
  if (pool !== "sif") return { pool };
  if (weights) return { pool, weights };
  const known = await tuned?.tokenCounts?.();
  if (!known)
    onNotice?.(
      "The encoded training text is not with the model, so the probabilities of tokens are those in the texts themselves.",
    );
  return { pool, weights: sifWeights(known ?? (await countTokensOf(tokenizer, texts)), sifA) };
}

/** Without what all have in common, and of length 1, as wanted; in place. 0 stays 0. */
export function finishVector(vector: Float32Array, common: CommonPart | undefined, unit: boolean): void {
  common?.remove(vector);
  if (!unit) return;
  const length = lengthOf(vector);
  if (length > 0) for (let d = 0; d < vector.length; d++) vector[d]! /= length;
}

async function countTokensOf(tokenizer: Tokenizer, texts: Texts): Promise<Float64Array> {
  const counts = new Float64Array(tokenizer.size);
  for await (const text of texts) for (const id of tokensOf(tokenizer, text)) counts[id]!++;
  return counts;
}

/** The texts, all held. */
export async function allOf(texts: Texts): Promise<string[]> {
  const held: string[] = [];
  for await (const text of texts) held.push(text);
  return held;
}
