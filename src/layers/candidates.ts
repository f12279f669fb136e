/**
 * Chosen tokens in the place of drawn ones, for the gradient of a softmax whose other tokens have next to no probability:
 * it is over these and the window's targets alone, each for itself and not for others like it (sampled-softmax.ts, π = 1).
 */
import type { Engine } from "../engine/engine.js";
import { type CandidateSource, SampledSoftmax } from "./sampled-softmax.js";

export class Candidates implements CandidateSource {
  readonly size: number;
  /** Each token once. */
  readonly tokens: Int32Array;
  samples = 0;
  readonly #listed: Uint8Array;
  #next = 0;

  /** None of a vocabulary of `size`. */
  constructor(size: number) {
    this.size = size;
    this.tokens = new Int32Array(size);
    this.#listed = new Uint8Array(size);
  }

  clear(): void {
    for (let i = 0; i < this.samples; i++) this.#listed[this.tokens[i]!] = 0;
    this.samples = 0;
    this.#next = 0;
  }

  add(token: number): void {
    if (this.#listed[token] === 1) return;
    this.#listed[token] = 1;
    this.tokens[this.samples++] = token;
  }

  softmax(engine: Engine, hidden: number, vocabulary: number): SampledSoftmax {
    return new SampledSoftmax(engine, hidden, vocabulary);
  }

  /** Each in turn. */
  draw(): number {
    return this.tokens[this.#next++ % this.samples]!;
  }

  logInclusion(): number {
    return 0;
  }
}
