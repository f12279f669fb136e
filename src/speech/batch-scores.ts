/**
 * ln p of many lines at once. Every row of the batch reads one line, a token a step, and takes the next line as soon as
 * its own has ended. Lines of one list that share a beginning are one row until they part: then the state before the
 * token in which they differ is kept for the others, which are read from there. The last line parted is read next, so
 * that few states are kept. Lists of long lines come first, so that at the end no row is left alone with one for long.
 */
import { Turns } from "../breathe.js";
import type { Predictor, PredictorState } from "../model/predictor.js";
import { type RowScorer, rowScorer } from "./row-scorer.js";

/** Rows of a batch at most: enough that a passage of the weights serves many of them. */
const ROWS = 128;

/** Lines of one list as ids; the first id of each is read and not scored. */
export type LineIds = readonly Int32Array[];

export interface BatchScores {
  /** Σ ln p of each line, list by list. */
  readonly logProbabilities: readonly Float64Array[];
  /** Tokens that were to be predicted, and rows that were read for them. */
  readonly tokens: number;
  readonly rows: number;
}

export interface BatchScoring {
  /** Rows at most; default 128. */
  readonly rows?: number;
  /** Called now and then with the number of lists that were begun. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Lines of one list that are the same up to a place. */
interface Reading {
  readonly sums: Float64Array;
  readonly lines: LineIds;
  /** Numbers of lines in the list. */
  members: number[];
  /** Of the id that is read next. */
  at: number;
  /** Of one sequence, after all ids before; undefined at the beginning. */
  state: PredictorState | undefined;
}

/**
 * @throws the signal's reason where that ended it
 */
export async function scoreLists(
  model: Predictor,
  lists: readonly LineIds[],
  { rows: most = ROWS, onProgress, signal }: BatchScoring = {},
): Promise<BatchScores> {
  const scores = lists.map((lines) => new Float64Array(lines.length));
  const tokens = lists.reduce(
    (sum, lines) => sum + lines.reduce((n, ids) => n + Math.max(0, ids.length - 1), 0),
    0,
  );
  const batch = new Batch(model, Math.max(1, Math.min(most, lists.length * 2)));
  const parted: Reading[] = [];
  const turns = new Turns();
  const longest = lists.map((lines) => Math.max(0, ...lines.map((ids) => ids.length)));
  const order = [...lists.keys()].toSorted((a, b) => longest[b]! - longest[a]!);
  let begun = 0;
  let read = 0;
  const next = (): Reading | undefined => {
    while (parted.length === 0 && begun < lists.length) {
      const list = order[begun++]!;
      parted.push(...readingsOf(lists[list]!, scores[list]!));
    }
    return parted.pop();
  };
  for (;;) {
    while (batch.hasRoom) {
      const reading = next();
      if (!reading) break;
      batch.add(reading);
    }
    if (batch.size === 0) break;
    batch.part((rest) => parted.push(rest));
    read += batch.size;
    batch.step();
    if (turns.due) {
      onProgress?.(begun, lists.length);
      await turns.give();
      signal?.throwIfAborted();
    }
  }
  batch.settle();
  onProgress?.(lists.length, lists.length);
  return { logProbabilities: scores, tokens, rows: read };
}

/** One for each first id. */
function readingsOf(lines: LineIds, sums: Float64Array): Reading[] {
  const readings = new Map<number, Reading>();
  for (const [i, ids] of lines.entries()) {
    if (ids.length < 2) continue;
    const first = ids[0]!;
    const known = readings.get(first);
    if (known) known.members.push(i);
    else readings.set(first, { sums, lines, members: [i], at: 0, state: undefined });
  }
  return [...readings.values()];
}

/** The rows that are being read. */
class Batch {
  readonly #model: Predictor;
  readonly #zero: PredictorState;
  readonly #readings: Reading[] = [];
  /** States of one sequence that nobody needs any more. */
  readonly #free: PredictorState[] = [];
  readonly #scorer: RowScorer;
  /** Lines that the rows belong to whose ln p is still to come, and their sums. */
  readonly #waiting: { readonly sums: Float64Array; readonly members: readonly number[] }[] = [];
  #state: PredictorState;

  constructor(model: Predictor, rows: number) {
    this.#model = model;
    this.#zero = model.zeroState(1);
    this.#state = model.zeroState(rows);
    this.#scorer = rowScorer(model);
  }

  get size(): number {
    return this.#readings.length;
  }

  get hasRoom(): boolean {
    return this.size < this.#state.batch;
  }

  add(reading: Reading): void {
    this.#state.copyRow(reading.state ?? this.#zero, 0, this.size);
    if (reading.state) this.#free.push(reading.state);
    reading.state = undefined;
    this.#readings.push(reading);
  }

  /** Lines that differ in what is to be predicted next go on each by themselves. @param wait takes those that have no row */
  part(wait: (rest: Reading) => void): void {
    for (let row = 0; row < this.size; row++) {
      const reading = this.#readings[row]!;
      const { lines, members, at } = reading;
      const target = lines[members[0]!]![at + 1];
      const others = members.filter((i) => lines[i]![at + 1] !== target);
      if (others.length === 0) continue;
      reading.members = members.filter((i) => lines[i]![at + 1] === target);
      const rest: Reading = { ...reading, members: others, state: this.#kept(row) };
      if (this.hasRoom) this.add(rest);
      else wait(rest);
    }
  }

  /** All rows read one id and predict the next. */
  step(): void {
    this.#shrink();
    const B = this.#state.batch;
    const inputs = new Int32Array(B);
    const targets = new Int32Array(B).fill(-1);
    for (const [row, { lines, members, at }] of this.#readings.entries()) {
      const line = lines[members[0]!]!;
      inputs[row] = line[at]!;
      targets[row] = line[at + 1]!;
    }
    if (this.#scorer.isFull(B)) this.settle();
    this.#scorer.read(inputs, targets, this.size, this.#state);
    for (const { sums, members } of this.#readings) this.#waiting.push({ sums, members });
    // From the last row down, since the last one takes the place of one that has ended.
    for (let row = this.size - 1; row >= 0; row--) {
      const reading = this.#readings[row]!;
      const { lines } = reading;
      reading.at++;
      reading.members = reading.members.filter((i) => lines[i]!.length > reading.at + 1);
      if (reading.members.length === 0) this.#remove(row);
    }
  }

  /** Adds ln p of all that was read to the sums of its lines. */
  settle(): void {
    const logs = this.#scorer.take();
    for (const [row, { sums, members }] of this.#waiting.entries())
      for (const i of members) sums[i]! += logs[row]!;
    this.#waiting.length = 0;
  }

  #remove(row: number): void {
    const last = this.#readings.pop()!;
    if (row === this.size) return;
    this.#readings[row] = last;
    this.#state.copyRow(this.#state, this.size, row);
  }

  /** A copy of a row's state. */
  #kept(row: number): PredictorState {
    const state = this.#free.pop() ?? this.#model.zeroState(1);
    state.copyRow(this.#state, row, 0);
    return state;
  }

  /** At the end few rows are left, and the others would be computed for nothing. */
  #shrink(): void {
    const rows = Math.max(1, this.size);
    if (rows > this.#state.batch / 2) return;
    const smaller = this.#model.zeroState(rows);
    for (let row = 0; row < rows; row++) smaller.copyRow(this.#state, row, row);
    this.#state = smaller;
  }
}
