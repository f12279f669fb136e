/** What a model loses on one token each of many rows, after so many tokens before it. */
import { Turns } from "../../breathe.js";
import type { LanguageModel } from "../../model/language-model.js";
import { notFinite } from "../../model/not-finite.js";
import type { RecurrentState } from "../../model/state.js";

/** Rows side by side, and rows of a window, T · B. */
export const ROWS = 64;
const WINDOW = 4096;

export interface Work {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of tokens that were read since the last call. */
  readonly onTokens?: ((tokens: number) => void) | undefined;
}

/**
 * −ln p in nats of the last token of each row, after all others of it, which have one length.
 * @param state after what comes before them, a row each; it is advanced. Absent: the zero state
 * @throws the signal's reason where that ended it; UserError where probabilities are no numbers
 */
export async function lastLosses(
  model: LanguageModel,
  rows: readonly Int32Array[],
  work: Work = {},
): Promise<Float64Array> {
  const losses = new Float64Array(rows.length);
  const turns = new Turns();
  for (let first = 0; first < rows.length; first += ROWS) {
    const part = rows.slice(first, first + ROWS);
    losses.set(await readRows(model, part, model.zeroState(part.length), work, turns), first);
  }
  return losses;
}

/** The same of rows that follow a state, at most ROWS of them. */
export async function readRows(
  model: LanguageModel,
  rows: readonly Int32Array[],
  state: RecurrentState,
  { signal, onTokens }: Work = {},
  turns = new Turns(),
): Promise<Float64Array> {
  const B = rows.length;
  const length = rows[0]!.length - 1;
  const losses = new Float64Array(B);
  for (let from = 0; from < length;) {
    const T = Math.min(length - from, Math.max(1, Math.floor(WINDOW / B)));
    const inputs = new Int32Array(T * B);
    const targets = new Int32Array(T * B).fill(-1);
    for (const [b, row] of rows.entries()) {
      for (let t = 0; t < T; t++) inputs[t * B + b] = row[from + t]!;
      if (from + T === length) targets[(T - 1) * B + b] = row[length]!;
    }
    const logs = new Float64Array(T * B);
    model.evaluate({ T, B, inputs, targets }, state, logs);
    from += T;
    if (from === length) for (let b = 0; b < B; b++) losses[b] = -logs[(T - 1) * B + b]!;
    onTokens?.(T * B);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  if (losses.some((loss) => !Number.isFinite(loss))) throw notFinite();
  return losses;
}

/**
 * Reads rows of one length, at most ROWS of them, on to so many tokens before the last of each, most first.
 * @param show is given the number of the context, that of the first token not read, and the state there, its own to change
 */
export async function readTo(
  model: LanguageModel,
  rows: readonly Int32Array[],
  contexts: readonly number[],
  work: Work,
  show: (i: number, to: number, state: RecurrentState) => Promise<void>,
): Promise<void> {
  const state = model.zeroState(rows.length);
  let at = 0;
  for (const [i, context] of [...contexts.entries()].toReversed()) {
    const to = rows[0]!.length - 1 - context;
    await readOn(
      model,
      rows.map((row) => row.subarray(at, to)),
      state,
      work,
    );
    at = to;
    await show(i, to, state.copy());
  }
}

/** Reads rows of one length that are not predicted; `state` is advanced. */
async function readOn(
  model: LanguageModel,
  rows: readonly Int32Array[],
  state: RecurrentState,
  { signal, onTokens }: Work = {},
): Promise<void> {
  const B = rows.length;
  const turns = new Turns();
  const most = Math.max(1, Math.floor(WINDOW / B));
  for (let from = 0; from < rows[0]!.length; from += most) {
    const T = Math.min(rows[0]!.length - from, most);
    const inputs = new Int32Array(T * B);
    for (const [b, row] of rows.entries()) for (let t = 0; t < T; t++) inputs[t * B + b] = row[from + t]!;
    model.evaluate({ T, B, inputs, targets: new Int32Array(T * B).fill(-1) }, state);
    onTokens?.(T * B);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
}
