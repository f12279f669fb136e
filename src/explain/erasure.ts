/**
 * Erasure: what a piece did is what is missing without it (Li, Monroe and Jurafsky, 2016, "Understanding neural networks
 * through representation erasure", arXiv 1612.08220). For the tokens x that were read, the target y and a piece s of x,
 *
 *   a_s = ln p(y | x) − ln p(y | x without s)
 *
 * in nats: above 0 where the piece made the target more probable. Texts without a piece are rows of one batch, and what
 * stands before the first piece of a batch is read once for all.
 */
import { Turns } from "../breathe.js";
import type { Predictor, PredictorState } from "../model/predictor.js";
import type { Piece } from "./pieces.js";
import { joined, type Question } from "./question.js";

/** Rows of a batch, and of a window, T · B. */
const ROWS = 64;
const WINDOW = 4096;

export interface Erased {
  /** ln p(y | x), in nats. */
  readonly logProbability: number;
  /** By piece: a_s; null where nothing would be left to predict the target from. */
  readonly effects: readonly (number | null)[];
}

/**
 * @param onProgress called with the pieces that are done
 * @throws RangeError for ids outside the vocabulary; the signal's reason where that ended it
 */
export async function erasure(
  predictor: Predictor,
  { before, ids, target }: Question,
  pieces: readonly Piece[],
  {
    signal,
    onProgress,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number) => void) | undefined;
  } = {},
): Promise<Erased> {
  const reader = new TargetReader(predictor, joined(before, ids, target), target.length);
  const turns = new Turns();
  const [whole] = reader.read([[0, 0]]);
  const effects: (number | null)[] = [];
  for (let first = 0; first < pieces.length; first += ROWS) {
    const gaps = pieces
      .slice(first, first + ROWS)
      .map(({ start, end }): Gap => [before.length + start, before.length + end]);
    for (const log of reader.read(gaps)) effects.push(log === undefined ? null : whole! - log);
    onProgress?.(effects.length);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  return { logProbability: whole!, effects };
}

/** Tokens that are left out: from the first on, up to and without the second. */
type Gap = readonly [number, number];

/** Reads the tokens of a text without some of them. */
class TargetReader {
  readonly #predictor: Predictor;
  readonly #ids: Int32Array;
  readonly #count: number;
  /** After the first tokens, so many: those that no gap has had so far. */
  readonly #prefix: PredictorState;
  #read = 0;

  /** @param count tokens at the end that are predicted */
  constructor(predictor: Predictor, ids: Int32Array, count: number) {
    this.#predictor = predictor;
    this.#ids = ids;
    this.#count = count;
    this.#prefix = predictor.zeroState(1);
  }

  /**
   * Σ ln p of the tokens at the end, without each gap; undefined where nothing stands before the first of them.
   * @param gaps none begins before those of an earlier call
   */
  read(gaps: readonly Gap[]): (number | undefined)[] {
    const ids = this.#ids;
    // The token before the first gap is read by the rows: what follows may be the target already.
    this.#advance(Math.max(0, Math.min(...gaps.map(([start]) => start)) - 1));
    const from = this.#read;
    const rows = gaps.map(([start, end]) =>
      joined(ids.subarray(from, Math.max(from, start)), ids.subarray(Math.max(from, end))),
    );
    const logs = this.#logs(rows);
    return logs.map((log, row) => (rows[row]!.length > this.#count ? log : undefined));
  }

  /** Reads the prefix up to a token. */
  #advance(to: number): void {
    while (this.#read < to) {
      const T = Math.min(WINDOW, to - this.#read);
      const inputs = this.#ids.subarray(this.#read, this.#read + T);
      this.#predictor.evaluate({ T, B: 1, inputs, targets: new Int32Array(T).fill(-1) }, this.#prefix);
      this.#read += T;
    }
  }

  /** Σ ln p of the last tokens of each row, all read from the prefix on. */
  #logs(rows: readonly Int32Array[]): number[] {
    const B = rows.length;
    const sums = new Array<number>(B).fill(0);
    const state = this.#predictor.zeroState(B);
    for (let row = 0; row < B; row++) state.copyRow(this.#prefix, 0, row);
    const steps = Math.max(...rows.map((row) => row.length)) - 1;
    const most = Math.max(1, Math.floor(WINDOW / B));
    for (let from = 0; from < steps; from += most) {
      const T = Math.min(most, steps - from);
      const inputs = new Int32Array(T * B);
      const targets = new Int32Array(T * B).fill(-1);
      // A row that has ended reads on whatever token: nothing of it counts any more.
      for (const [row, own] of rows.entries())
        for (let t = 0; t < T && from + t < own.length - 1; t++) {
          const at = from + t;
          inputs[t * B + row] = own[at]!;
          if (at + 1 >= own.length - this.#count) targets[t * B + row] = own[at + 1]!;
        }
      const logs = new Float64Array(T * B);
      this.#predictor.evaluate({ T, B, inputs, targets }, state, logs);
      for (const [n, log] of logs.entries()) sums[n % B]! += log;
    }
    return sums;
  }
}
