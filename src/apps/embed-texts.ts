/** One vector for each of some texts. */
import { isIterable, refuseArgument } from "../argument-checks.js";
import type { LanguageModel } from "../model/language-model.js";
import { outputWidth } from "../model/widths.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type CommonPart, commonPart } from "../vectors/common-part.js";
import { type EmbedOptions, embedSettings, type PoolingSettings } from "../vectors/embed-options.js";
import { Embedder, tokensOf } from "../vectors/embedder.js";
import { pooledWidth, type Pooling, sifWeights } from "../vectors/pooling.js";
import { lengthOf, rowsOf, type VectorBlocks, vectorBlocks } from "../vectors/vector-blocks.js";
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
  const width = pooledWidth(settings.pool, outputWidth(embedding.model.config));
  const chunks: Float32Array[] = [];
  const inMemory: Gathered = {
    vectors: () => vectorBlocks(chunks, width),
    append: (rows) => void chunks.push(rows),
    whole: () => chunks,
    remove() {},
  };
  const rows: Float32Array[] = [];
  for await (const vectors of wantedVectors(embedding, texts, options, () => inMemory))
    for (const row of rowsOf(vectors, width)) rows.push(row);
  return rows;
}

/** Where vectors lie until what they have in common is known. */
export interface Gathered {
  /** @param rows (n, D) that are its own from here on */
  append(rows: Float32Array): void;
  /** All of them. */
  vectors(): VectorBlocks;
  /** All of them, (n, D) each, in order: the caller's own, to be changed and kept. */
  whole(): Iterable<Float32Array>;
  remove(): void;
}

/**
 * The vectors of texts as they are wanted, (n, D) each, in order: as they come, where nothing has to be known of all texts
 * before a vector is whole. They are the caller's own.
 * @param gathered makes the place for D numbers a row, where all have to be seen once
 * @throws UserError as `embedTexts`; the signal's reason
 */
export async function* wantedVectors(
  embedding: Embedding,
  texts: Texts,
  options: EmbedOptions,
  gathered: (width: number) => Gathered,
): AsyncGenerator<Float32Array, void, undefined> {
  const settings = embedSettings(options);
  const { pool, centre, components, unit } = settings;
  const { onNotice, onProgress, signal } = options;
  const { model, tokenizer } = embedding;
  // Of texts that come once only, their tokens could not be counted before they are read.
  const counted = pool === "sif" && !Array.isArray(texts) ? await allOf(texts) : texts;
  const pooling = await poolingFor(embedding, settings, counted, onNotice);
  const embedder = new Embedder(model, tokenizer, outputWidth(model.config), pooling);
  const { width } = embedder;
  async function* read(): AsyncGenerator<Float32Array> {
    let done = 0;
    for await (const group of embedder.groups(counted, (text) => text, signal)) {
      onProgress?.((done += group.texts.length));
      yield group.vectors;
    }
  }
  function finished(vectors: Float32Array, common?: CommonPart): Float32Array {
    for (const row of rowsOf(vectors, width)) finishVector(row, common, unit);
    return vectors;
  }
  if (!centre && components === 0) {
    for await (const vectors of read()) yield finished(vectors);
    return;
  }
  const all = gathered(width);
  try {
    for await (const vectors of read()) all.append(vectors);
    const common = commonPart(model.engine, all.vectors(), settings, "text");
    for (const vectors of all.whole()) yield finished(vectors, common);
  } finally {
    all.remove();
  }
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
async function allOf(texts: Texts): Promise<string[]> {
  const held: string[] = [];
  for await (const text of texts) held.push(text);
  return held;
}
