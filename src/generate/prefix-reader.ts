/**
 * What a search over texts asks of a predictor: many beginnings of texts, each with its state and ln p of what may come
 * next. Beginnings are extended as rows of one batch: their states are gathered, one token of each is read, and the new
 * states are scattered to rows of their own. Rows that no beginning needs any more are used again.
 */
import type { Floats } from "../engine/engine.js";
import { option, sentence, UserError } from "../errors.js";
import { notFinite } from "../model/not-finite.js";
import type { Predictor, PredictorState } from "../model/predictor.js";
import { READ_STEPS } from "./prompt.js";
import { logSumExp } from "./softmax.js";

/** A beginning of a text that was read. */
export interface Place {
  /** Of the reader's states. */
  readonly row: number;
}

/** A beginning of a text, and what may come next. */
export interface Prefix extends Place {
  /** (V) ln p of the next token is logits[id] − normaliser. */
  readonly logits: Floats;
  readonly normaliser: number;
}

class ReadPrefix implements Prefix {
  readonly row: number;
  readonly logits: Floats;
  readonly #model: Predictor;
  #normaliser: number | undefined;

  constructor(row: number, logits: Floats, model: Predictor) {
    this.row = row;
    this.logits = logits;
    this.#model = model;
  }

  /** Not everybody asks for it. @throws UserError where it is not finite */
  get normaliser(): number {
    if (this.#normaliser !== undefined) return this.#normaliser;
    const found = logSumExp(this.logits);
    if (!Number.isFinite(found)) throw notFinite(this.#model);
    return (this.#normaliser = found);
  }
}

/** Rows of one call, at most. */
const MOST_ROWS = 256;
/** Batches of up to this many rows have a power of two of them, larger ones a multiple: so few sizes are made. */
const STEP = 16;
/** Row of the state before the first token. */
const NOTHING = 0;

export class PrefixReader {
  readonly #model: Predictor;
  /** Row 0 is the zero state. */
  #states: PredictorState;
  #free: number[] = [];
  readonly #used = new Set<number>();
  readonly #batches = new Map<number, PredictorState>();

  /** @throws UserError for a model that follows one text, which has no other beginning beside it */
  constructor(model: Predictor) {
    if (model.follows)
      throw new UserError({
        problem: "A search reads many texts side by side, and this model follows one",
        advice: sentence`give the model without ${option("cache")} and ${option("dynamic")}`,
      });
    this.#model = model;
    this.#states = model.zeroState(1);
  }

  /**
   * Reads a token after each prefix.
   * @param prefixes undefined is the beginning of a text
   * @returns the prefixes that end with these tokens
   */
  extend(prefixes: readonly (Place | undefined)[], ids: readonly number[]): Prefix[] {
    const extended: Prefix[] = [];
    for (let from = 0; from < ids.length; from += MOST_ROWS) {
      const to = Math.min(ids.length, from + MOST_ROWS);
      extended.push(...this.#extend(prefixes.slice(from, to), ids.slice(from, to)));
    }
    return extended;
  }

  /**
   * Reads tokens after a place in windows, without asking what comes next: many times as fast as one by one.
   * @param ids at least one
   */
  read(place: Place | undefined, ids: Int32Array): Place {
    const state = this.#batch(1);
    state.copyRow(this.#states, place?.row ?? NOTHING, 0);
    for (let from = 0; from < ids.length; from += READ_STEPS) {
      const inputs = ids.subarray(from, from + READ_STEPS);
      const T = inputs.length;
      this.#model.evaluate({ T, B: 1, inputs, targets: new Int32Array(T).fill(-1) }, state);
    }
    const row = this.#newRow();
    this.#states.copyRow(state, 0, row);
    return { row };
  }

  /** Forgets one place. */
  forget({ row }: Place): void {
    if (this.#used.delete(row)) this.#free.push(row);
  }

  /** Forgets all places but these. */
  keep(prefixes: Iterable<Place>): void {
    const kept = new Set<number>();
    for (const { row } of prefixes) kept.add(row);
    for (const row of this.#used) {
      if (kept.has(row)) continue;
      this.#used.delete(row);
      this.#free.push(row);
    }
  }

  #extend(prefixes: readonly (Place | undefined)[], ids: readonly number[]): Prefix[] {
    const V = this.#model.vocabulary;
    const B = batchFor(ids.length);
    const state = this.#batch(B);
    const inputs = new Int32Array(B);
    for (let b = 0; b < B; b++) {
      // Rows that only fill the batch repeat the last one.
      const i = Math.min(b, ids.length - 1);
      inputs[b] = ids[i]!;
      state.copyRow(this.#states, prefixes[i]?.row ?? NOTHING, b);
    }
    const logits = this.#model.logits(inputs, state);
    return ids.map((_, i) => {
      const own = logits.slice(i * V, i * V + V);
      const row = this.#newRow();
      this.#states.copyRow(state, i, row);
      return new ReadPrefix(row, own, this.#model);
    });
  }

  #batch(B: number): PredictorState {
    let state = this.#batches.get(B);
    if (!state) this.#batches.set(B, (state = this.#model.zeroState(B)));
    return state;
  }

  #newRow(): number {
    if (this.#free.length === 0) {
      const { batch } = this.#states;
      const larger = this.#model.zeroState(2 * batch);
      for (let row = 0; row < batch; row++) larger.copyRow(this.#states, row, row);
      this.#states = larger;
      for (let row = 2 * batch - 1; row >= batch; row--) this.#free.push(row);
    }
    const row = this.#free.pop()!;
    this.#used.add(row);
    return row;
  }
}

function batchFor(rows: number): number {
  if (rows > STEP) return STEP * Math.ceil(rows / STEP);
  return 2 ** Math.ceil(Math.log2(rows));
}
