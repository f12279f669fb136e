/**
 * The vectors of many texts: texts of like length are rows of one batch, which is read in windows with the state carried
 * over. However long a text is, the states of a window are all that is held at a time.
 */
import { Turns } from "../breathe.js";
import type { Floats } from "../engine/engine.js";
import { hostFloats } from "../layers/layer.js";
import type { PredictedRows, PredictorState, RowPredictor } from "../model/predictor.js";
import { PooledText, pooledWidth, type Pooling } from "./pooling.js";

/** Rows of a batch, a power of two: enough that a passage of the weights serves many of them. */
const ROWS = 128;
/** Rows of a window, T · B: as many as a step of training has, or twice that. */
const WINDOW = 4096;

export interface ReadVectorsOptions {
  /** Read before each text, where there is one; its state is none of the text's. */
  readonly beginning?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param texts tokens of each text; one without any has the vector 0
 * @param hidden H: numbers of the states that the model shows
 * @returns (N, pooledWidth), a row a text
 * @throws RangeError for ids outside the vocabulary; the signal's reason where that ended it
 */
export async function readVectors(
  model: RowPredictor,
  texts: readonly Int32Array[],
  hidden: number,
  pooling: Pooling,
  { beginning, signal }: ReadVectorsOptions = {},
): Promise<Float32Array> {
  const width = pooledWidth(pooling.pool, hidden);
  const vectors = new Float32Array(texts.length * width);
  const order = Array.from(texts.keys()).filter((n) => texts[n]!.length > 0);
  order.sort((a, b) => texts[b]!.length - texts[a]!.length || a - b);
  const reader = new BatchReader(model, hidden, pooling, beginning);
  const turns = new Turns();
  for (let first = 0; first < order.length; first += ROWS) {
    const rows = order.slice(first, first + ROWS);
    const steps = reader.read(
      rows.map((n) => texts[n]!),
      (row) => vectors.subarray(rows[row]! * width, (rows[row]! + 1) * width),
    );
    for (const _ of steps) {
      if (!turns.due) continue;
      await turns.give();
      signal?.throwIfAborted();
    }
  }
  return vectors;
}

/** Reads batches of texts, the longest first in each. */
class BatchReader {
  readonly #model: RowPredictor;
  readonly #hidden: number;
  readonly #beginning: number | undefined;
  readonly #pooled: readonly PooledText[];
  /** States by their number of rows: powers of two, so that they are few. */
  readonly #states = new Map<number, PredictorState>();
  #host: Floats = new Float32Array(0);

  constructor(model: RowPredictor, hidden: number, pooling: Pooling, beginning: number | undefined) {
    this.#model = model;
    this.#hidden = hidden;
    this.#beginning = beginning;
    this.#pooled = Array.from({ length: ROWS }, () => new PooledText(pooling, hidden));
  }

  /** A step a window. @param into where to write the vector of a row */
  *read(texts: readonly Int32Array[], into: (row: number) => Float32Array): Generator<void> {
    const lead = this.#beginning === undefined ? 0 : 1;
    const lengths = texts.map((text) => text.length + lead);
    let active = texts.length;
    for (let row = 0; row < active; row++) this.#pooled[row]!.begin();
    let state = this.#state(active);
    state.reset();
    for (let from = 0; active > 0;) {
      const B = state.batch;
      const T = Math.min(lengths[0]! - from, Math.max(1, Math.floor(WINDOW / B)));
      const inputs = new Int32Array(T * B);
      for (let row = 0; row < active; row++) {
        const text = texts[row]!;
        const end = Math.min(T, lengths[row]! - from);
        for (let t = 0; t < end; t++)
          inputs[t * B + row] = from + t < lead ? this.#beginning! : text[from + t - lead]!;
      }
      const targets = new Int32Array(T * B).fill(-1);
      const begun = texts.slice(0, active);
      this.#model.readRows({ T, B, inputs, targets }, state, (rows) =>
        this.#take(rows, B, begun, from - lead),
      );
      from += T;
      // From the last row up: the shortest texts end first.
      while (active > 0 && lengths[active - 1]! <= from) {
        active--;
        this.#pooled[active]!.end(into(active));
      }
      if (active > 0) state = this.#fewer(state, active);
      yield;
    }
  }

  /**
   * Gives the states of a window's rows to the texts that they are of.
   * @param first number of the token that each text had at the window's first time step; −1 for what is read before it
   */
  #take(
    { from, count, hidden }: PredictedRows,
    B: number,
    texts: readonly Int32Array[],
    first: number,
  ): void {
    const H = this.#hidden;
    const h = (this.#host = hostFloats(this.#model.engine, this.#host, count * H));
    this.#model.engine.read(hidden, h);
    for (let r = 0; r < count; r++) {
      const row = (from + r) % B;
      const text = texts[row];
      const at = first + Math.floor((from + r) / B);
      if (text === undefined || at < 0 || at >= text.length) continue;
      this.#pooled[row]!.add(h, r * H, text[at]!, at === text.length - 1);
    }
  }

  /** A state with room for so many rows. */
  #state(rows: number): PredictorState {
    let batch = 1;
    while (batch < rows) batch *= 2;
    let state = this.#states.get(batch);
    if (!state) this.#states.set(batch, (state = this.#model.zeroState(batch)));
    return state;
  }

  /** The same rows in a smaller state, where that is possible. */
  #fewer(state: PredictorState, active: number): PredictorState {
    const smaller = this.#state(active);
    if (smaller === state) return state;
    for (let row = 0; row < active; row++) smaller.copyRow(state, row, row);
    return smaller;
  }
}
