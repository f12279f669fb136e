/**
 * Reads a text with a model, window by window with the state carried, and shows each window's rows: what was read, what
 * followed, how probable that was, and on request hidden states, gates and whole distributions. Nothing of the text's length is
 * held: what is to be kept is kept by who is shown.
 *
 * The text goes through as one stream, exactly as a model reads it; or, faster, as several side by side: then it is cut into
 * pieces, before each of which some tokens are read that are not shown, so that its state is not new.
 */
import { Turns } from "../breathe.js";
import type { Floats } from "../engine/engine.js";
import { Recording, type RecordingOptions } from "../layers/recording.js";
import type { LanguageModel } from "../model/language-model.js";
import { notFinite } from "../model/not-finite.js";
import type { LookText } from "./look-text.js";

/** Rows of a window; with whole distributions fewer, as each has V logits. */
const WINDOW = 2048;
const LOGITS = 1 << 22;
/** Tokens of a piece where there are several streams, and tokens read before it. */
const PIECE = 4096;
const LEAD = 128;

export interface ReadingOptions {
  /** Streams side by side. Default: 1. */
  readonly streams?: number;
  /** Hidden states and gates that each window is shown with. */
  readonly recording?: Pick<RecordingOptions, "hidden" | "gates">;
  /** Whole distributions are shown, too. */
  readonly distributions?: boolean;
  /** Called with the number of tokens that were read, of all that will be. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The rows of a window, n = t·B + b; all of it is valid during the call it is given to. */
export interface ReadRows {
  /** T·B, and B. */
  readonly count: number;
  readonly streams: number;
  /** (T·B) place in the text of the token that a row read; −1: none of the text, or not to be shown. */
  readonly read: Int32Array;
  /** (T·B) place of the token that it predicts; −1 where there is none. */
  readonly predicted: Int32Array;
  /** (T·B) ln p of that token, in nats; 0 where there is none. */
  readonly logProbabilities: Float64Array;
  /** By layer: see `Recording`. */
  readonly recording: Recording | undefined;
  /** (V) of a row, up to a constant: ln p. Only with `distributions`, and valid until the next call. */
  readonly logits: (row: number) => Floats;
}

/**
 * @throws UserError where the model's probabilities are no numbers; the signal's reason where that ended it; what `show` throws
 */
export async function readText(
  model: LanguageModel,
  text: LookText,
  options: ReadingOptions,
  show: (rows: ReadRows) => void,
): Promise<void> {
  const { streams = 1, recording: wanted, distributions = false, onProgress, signal } = options;
  const pieces = piecesOf(text, streams);
  const total = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const B = Math.max(1, Math.min(streams, pieces.length));
  const T = Math.max(
    1,
    Math.floor((distributions ? Math.min(WINDOW, LOGITS / model.vocabulary) : WINDOW) / B),
  );
  const state = model.zeroState(B);
  const zero = model.zeroState(1);
  const rows: Row[] = Array.from({ length: B }, () => ({ piece: undefined, at: 0 }));
  const turns = new Turns();
  let next = 0;
  let done = 0;
  for (;;) {
    for (const [b, row] of rows.entries())
      if (row.piece === undefined && next < pieces.length) {
        row.piece = pieces[next++]!;
        row.at = row.piece.from;
        state.copyRow(zero, 0, b);
      }
    const steps = Math.min(T, Math.max(0, ...rows.map(({ piece, at }) => (piece ? piece.to - at : 0))));
    if (steps === 0) return;
    const window = windowOf(rows, steps, text);
    const recording = wanted && new Recording(wanted);
    const { inputs, targets, read, predicted } = window;
    const logProbabilities = new Float64Array(steps * B);
    const shown = { count: steps * B, streams: B, read, predicted, logProbabilities, recording };
    if (distributions)
      model.readRows(
        { T: steps, B, inputs, targets },
        state,
        (all) => {
          const x = model.engine.read(all.logits(0, all.count));
          const V = model.vocabulary;
          for (let n = 0; n < targets.length; n++)
            if (targets[n]! >= 0) logProbabilities[n] = logSoftmax(x, n * V, V, targets[n]!);
          check(logProbabilities);
          show({ ...shown, logits: (row) => x.subarray(row * V, (row + 1) * V) });
        },
        recording,
      );
    else {
      model.evaluate({ T: steps, B, inputs, targets }, state, logProbabilities, recording);
      check(logProbabilities);
      show({ ...shown, logits: noLogits });
    }
    for (const row of rows) {
      if (!row.piece) continue;
      const to = Math.min(row.piece.to, row.at + steps);
      done += to - row.at;
      row.at = to;
      if (to === row.piece.to) row.piece = undefined;
    }
    onProgress?.(done, total);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
}

/** What a stream is at: rows of the text from `at` on. */
interface Row {
  piece: Piece | undefined;
  at: number;
}

/**
 * Rows of the text: number i reads the token before place i, that at the text's beginning where i is a start, and predicts the
 * token at i. The last row of a sequence, number of its end, reads its last token and predicts nothing.
 */
interface Piece {
  readonly from: number;
  /** The first row that is shown. */
  readonly shown: number;
  readonly to: number;
  /** Where the sequence begins that it is of, and ends. */
  readonly start: number;
  readonly end: number;
}

function piecesOf({ ids, starts, beginning }: LookText, streams: number): Piece[] {
  const pieces: Piece[] = [];
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? ids.length;
    const first = beginning === undefined ? start + 1 : start;
    // Rows up to and with the one that reads the last token.
    const rows = end + 1;
    const size = streams === 1 ? rows - first : Math.min(PIECE, Math.ceil((ids.length + 1) / streams));
    for (let shown = first; shown < rows; shown += size)
      pieces.push({
        from: Math.max(first, shown - LEAD),
        shown,
        to: Math.min(rows, shown + size),
        start,
        end,
      });
  }
  return pieces;
}

function windowOf(rows: readonly Row[], steps: number, { ids, beginning }: LookText) {
  const B = rows.length;
  const inputs = new Int32Array(steps * B);
  const targets = new Int32Array(steps * B).fill(-1);
  const read = new Int32Array(steps * B).fill(-1);
  const predicted = new Int32Array(steps * B).fill(-1);
  for (const [b, { piece, at }] of rows.entries()) {
    if (!piece) continue;
    const last = Math.min(steps, piece.to - at);
    for (let t = 0; t < last; t++) {
      const place = at + t;
      const n = t * B + b;
      inputs[n] = place === piece.start ? beginning! : ids[place - 1]!;
      if (place < piece.shown) continue;
      if (place > piece.start) read[n] = place - 1;
      if (place < piece.end) {
        predicted[n] = place;
        targets[n] = ids[place]!;
      }
    }
  }
  return { inputs, targets, read, predicted };
}

function noLogits(): never {
  throw new TypeError("a text that is read without distributions has no logits to show");
}

/** ln p of one token by logits x, of V from number `from` on: x_i − max − ln Σ_j e^{x_j − max}. */
function logSoftmax(x: Floats, from: number, V: number, token: number): number {
  let max = -Infinity;
  for (let v = from; v < from + V; v++) if (x[v]! > max) max = x[v]!;
  let sum = 0;
  for (let v = from; v < from + V; v++) sum += Math.exp(x[v]! - max);
  return x[from + token]! - max - Math.log(sum);
}

function check(logProbabilities: Float64Array): void {
  if (logProbabilities.some((log) => !Number.isFinite(log))) throw notFinite();
}
