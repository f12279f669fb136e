/**
 * A model and an n-gram model as one, p(v) = (1 − λ) p_model(v) + λ p_ngram(v), over the model's tokens.
 *
 * p_ngram is over words. A token that is no word of the n-gram model has an equal part of p(<unk>); words that are no
 * tokens go to the model's own `<unk>`, where it has one; and what is left of `<s>` and `</s>` is divided by the sum, so that
 * the probabilities of the tokens sum to 1. After a token that ends a line, the n-gram model is at the begin of a sentence.
 */
import type { Floats, Tensor } from "../engine/engine.js";
import type { UserErrorParts } from "../errors.js";
import type { ModelWindow } from "../model/check-window.js";
import { beginLine, type PredictedRows, type PredictorState, type RowPredictor } from "../model/predictor.js";
import type { NgramModel, NgramState } from "../ngram/ngram-model.js";
import { normaliser, RowReader } from "./row-reader.js";

/** What the tokens of a model are to an n-gram model. */
export interface TokenMap {
  /** By token: its word. */
  readonly words: readonly string[];
  /** Tokens after which a sentence begins. */
  readonly ends: ReadonlySet<number>;
  /** The model's `<unk>`. */
  readonly unknownId: number | undefined;
}

class MixtureState implements PredictorState {
  readonly batch: number;
  readonly inner: PredictorState;
  /** By sequence: of the n-gram model. */
  readonly states: Int32Array;
  readonly #begin: NgramState;

  constructor(inner: PredictorState, begin: NgramState) {
    this.batch = inner.batch;
    this.inner = inner;
    this.states = new Int32Array(inner.batch).fill(begin);
    this.#begin = begin;
  }

  copy(): MixtureState {
    const copy = new MixtureState(this.inner.copy(), this.#begin);
    copy.states.set(this.states);
    return copy;
  }

  reset(): void {
    this.inner.reset();
    this.states.fill(this.#begin);
  }

  beginLine(): void {
    beginLine(this.inner);
    this.states.fill(this.#begin);
  }

  copyRow(source: MixtureState, from: number, to: number): void {
    this.inner.copyRow(source.inner, from, to);
    this.states[to] = source.states[from]!;
  }
}

export class NgramMixture extends RowReader {
  readonly weight: number;
  readonly #inner: RowPredictor;
  readonly #ngram: NgramModel;
  readonly #map: TokenMap;
  /** By token: the id of its word, 0 where it is none. */
  readonly #ids: Int32Array;
  /** Tokens that are no word of the n-gram model. */
  readonly #strangers: number;
  /** By word: 1 where it is no token. */
  readonly #uncovered: Uint8Array;
  readonly #logs: Float64Array;
  readonly #p: Float64Array;
  readonly #row: Floats;
  #tokensRead = 0;
  #strangersRead = 0;

  /**
   * @param weight λ, from 0 to 1
   * @throws RangeError for another weight, and where there is not a word for each token
   */
  constructor(inner: RowPredictor, ngram: NgramModel, map: TokenMap, weight: number) {
    super(inner.engine, inner.vocabulary);
    if (!(weight >= 0 && weight <= 1))
      throw new RangeError(`the weight is ${weight}; it has to be from 0 to 1`);
    const V = inner.vocabulary;
    if (map.words.length !== V) throw new RangeError(`there are ${map.words.length} words for ${V} tokens`);
    this.weight = weight;
    this.#inner = inner;
    this.#ngram = ngram;
    this.#map = map;
    this.#ids = Int32Array.from(map.words, (word) => ngram.wordId(word) ?? 0);
    this.#uncovered = new Uint8Array(ngram.words.length).fill(1);
    for (const id of this.#ids) this.#uncovered[id] = 0;
    this.#uncovered[0] = 0;
    this.#strangers = this.#ids.reduce((count, id) => count + (id === 0 ? 1 : 0), 0);
    this.#logs = new Float64Array(ngram.words.length);
    this.#p = new Float64Array(V);
    this.#row = inner.engine.precision === "f64" ? new Float64Array(V) : new Float32Array(V);
  }

  /** Tokens that were read, ends of lines not among them, and how many of them are no words of the n-gram model. */
  get readSoFar(): { readonly tokens: number; readonly unknown: number } {
    return { tokens: this.#tokensRead, unknown: this.#strangersRead };
  }

  get hazard(): UserErrorParts | undefined {
    return this.#inner.hazard;
  }

  get follows(): true | undefined {
    return this.#inner.follows;
  }

  zeroState(batch: number): MixtureState {
    return new MixtureState(this.#inner.zeroState(batch), this.#ngram.emptyState());
  }

  readRows(window: ModelWindow, state: MixtureState, show: (rows: PredictedRows) => void): void {
    const read = this.#read(window.inputs, state);
    this.#inner.readRows(window, state.inner, (rows) => this.#through(rows, read, show));
  }

  stepRows(ids: Int32Array, state: MixtureState, show: (rows: PredictedRows) => void): void {
    const read = this.#read(ids, state);
    this.#inner.stepRows(ids, state.inner, (rows) => this.#through(rows, read, show));
  }

  /** The n-gram model's state after each of the inputs, which are time-major. */
  #read(inputs: Int32Array, { states, batch }: MixtureState): Int32Array {
    const after = new Int32Array(inputs.length);
    for (const [n, id] of inputs.entries()) {
      const b = n % batch;
      const ends = this.#map.ends.has(id);
      if (!ends) {
        this.#tokensRead++;
        if (this.#ids[id] === 0) this.#strangersRead++;
      }
      states[b] = ends ? this.#ngram.beginState() : this.#ngram.score(states[b]!, this.#ids[id]).state;
      after[n] = states[b]!;
    }
    return after;
  }

  #through(rows: PredictedRows, read: Int32Array, show: (rows: PredictedRows) => void): void {
    const V = this.vocabulary;
    const logits = (first: number, n: number): Tensor => {
      const x = rows.logits(first, n);
      for (let r = 0; r < n; r++) this.#mix(x.slice(r * V, V), rows.scale, read[rows.from + first + r]!);
      return x;
    };
    show({ ...rows, logits });
  }

  /** The logits x (V) of the model become those of the mixture, in place: scale · x = ln p. */
  #mix(x: Tensor, scale: number, state: NgramState): void {
    const { engine, weight } = this;
    const { logSum } = normaliser(engine, x, scale);
    const p = this.tokenProbabilities(state);
    const row = engine.read(x, this.#row);
    for (let v = 0; v < row.length; v++) {
      const mixed = (1 - weight) * Math.exp(scale * row[v]! - logSum) + weight * p[v]!;
      row[v] = Math.log(Math.max(mixed, Number.MIN_VALUE)) / scale;
    }
    engine.write(row, x);
  }

  /** p_ngram (V) after a history; valid until the next call. */
  tokenProbabilities(state: NgramState): Float64Array {
    const p = this.#p;
    const logs = this.#logs;
    this.#ngram.logProbabilities(state, logs);
    const share = this.#strangers === 0 ? 0 : Math.exp(logs[0]!) / this.#strangers;
    for (let v = 0; v < p.length; v++) p[v] = this.#ids[v] === 0 ? share : Math.exp(logs[this.#ids[v]!]!);
    const { unknownId } = this.#map;
    if (unknownId !== undefined)
      for (let w = 0; w < logs.length; w++) if (this.#uncovered[w]) p[unknownId]! += Math.exp(logs[w]!);
    let sum = 0;
    for (const each of p) sum += each;
    for (let v = 0; v < p.length; v++) p[v]! /= sum;
    return p;
  }
}

/** The weight of greatest likelihood, by EM: λ ← mean of λ p_ngram / ((1 − λ) p_model + λ p_ngram). */
export function fitWeight(modelLogs: ArrayLike<number>, ngramLogs: ArrayLike<number>): number {
  let weight = 0.5;
  for (let round = 0; round < 200; round++) {
    let sum = 0;
    for (let t = 0; t < modelLogs.length; t++) {
      const own = weight * Math.exp(ngramLogs[t]!);
      const all = own + (1 - weight) * Math.exp(modelLogs[t]!);
      // Where both are 0 in floating point, the text says nothing.
      sum += all > 0 ? own / all : weight;
    }
    const next = sum / modelLogs.length;
    const moved = Math.abs(next - weight);
    weight = next;
    if (moved < 1e-6) break;
  }
  return weight;
}
