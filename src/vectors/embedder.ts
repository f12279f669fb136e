/** Texts into vectors, some thousand at a time, as a model with its tokenizer reads them. */
import { checkText } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { beginningOf } from "../generate/beginning.js";
import type { RowPredictor } from "../model/predictor.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { pooledWidth, type Pooling } from "./pooling.js";
import { readVectors } from "./read-vectors.js";

/** Texts of a group, and UTF-16 units of them together, at most: many, so that texts of like length are read together. */
const TEXTS = 4096;
const UNITS = 1 << 22;

/** Some texts with their vectors, as they were pooled. */
export interface EmbeddedGroup<Text> {
  readonly texts: readonly Text[];
  /** (texts, width) */
  readonly vectors: Float32Array;
}

export class Embedder {
  readonly #model: RowPredictor;
  readonly #tokenizer: Tokenizer;
  readonly #hidden: number;
  readonly #pooling: Pooling;
  #done = 0;

  /** @param hidden H: numbers of the states that the model shows */
  constructor(model: RowPredictor, tokenizer: Tokenizer, hidden: number, pooling: Pooling) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#hidden = hidden;
    this.#pooling = pooling;
  }

  /** D: numbers of a vector. */
  get width(): number {
    return pooledWidth(this.#pooling.pool, this.#hidden);
  }

  /**
   * @param textOf the text of each thing
   * @throws UserError for what is no string, and where a vector has numbers that are not finite; the signal's reason
   */
  async *groups<Text>(
    things: Iterable<Text> | AsyncIterable<Text>,
    textOf: (thing: Text) => unknown,
    signal?: AbortSignal,
  ): AsyncGenerator<EmbeddedGroup<Text>, void, undefined> {
    let group: Text[] = [];
    let ids: Int32Array[] = [];
    let units = 0;
    for await (const thing of things) {
      const text = textOf(thing);
      checkText("A text to embed", text);
      group.push(thing);
      ids.push(tokensOf(this.#tokenizer, text));
      units += text.length;
      if (group.length < TEXTS && units < UNITS) continue;
      yield { texts: group, vectors: await this.#read(ids, signal) };
      [group, ids, units] = [[], [], 0];
    }
    if (group.length > 0) yield { texts: group, vectors: await this.#read(ids, signal) };
  }

  async #read(texts: readonly Int32Array[], signal: AbortSignal | undefined): Promise<Float32Array> {
    signal?.throwIfAborted();
    const beginning = beginningOf(this.#tokenizer);
    const vectors = await readVectors(this.#model, texts, this.#hidden, this.#pooling, { beginning, signal });
    const bad = vectors.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0)
      throw new UserError(
        `The vector of text ${this.#done + Math.floor(bad / this.width) + 1} is not finite: the model's states overflow as they read it; train the model with a smaller rate or with clipping.`,
      );
    this.#done += texts.length;
    return vectors;
  }
}

/** The tokens of a text in the normal form of Unicode that the vocabulary has. */
export const tokensOf = (tokenizer: Tokenizer, text: string): Int32Array =>
  tokenizer.encode(inKnownForm(tokenizer, text));
