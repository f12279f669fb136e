/**
 * Some texts as one window, each with its last tokens: what does not fit is read before, its states pooled and the last one
 * kept, and is learned from no further back than the window (truncated backpropagation).
 */
import { hostFloats } from "../layers/layer.js";
import type { ModelWindow } from "../model/check-window.js";
import type { LanguageModel } from "../model/language-model.js";
import type { RecurrentState } from "../model/state.js";
import type { EarlierRows, PooledRow } from "./pooled-head.js";

export interface TextsWindow {
  readonly window: ModelWindow;
  /** As the texts are when the window begins. */
  readonly state: RecurrentState;
  readonly texts: readonly PooledRow[];
}

/** A text to be read: its tokens, at least one, and what is to be learned of it. */
export interface TokensWithLabel {
  readonly ids: Int32Array;
  readonly label: number;
  readonly weight: number;
}

/**
 * @param beginning read before each text, where there is one; its state is none of the text's
 * @param steps T of the window at most, at least 2
 * @param hidden H
 */
export function windowOfTexts(
  model: LanguageModel,
  texts: readonly TokensWithLabel[],
  beginning: number | undefined,
  steps: number,
  hidden: number,
): TextsWindow {
  const lead = beginning === undefined ? 0 : 1;
  const sequences = texts.map(({ ids }) =>
    beginning === undefined ? ids : Int32Array.of(beginning, ...ids),
  );
  const before = sequences.map(({ length }) => Math.max(0, length - steps));
  const { state, earlier } = readBefore(model, sequences, before, lead, hidden);
  const T = Math.max(...sequences.map(({ length }, b) => length - before[b]!));
  const B = texts.length;
  const inputs = new Int32Array(T * B);
  const targets = new Int32Array(T * B).fill(-1);
  const rows = texts.map(({ label, weight }, b): PooledRow => {
    const own = sequences[b]!.subarray(before[b]);
    const first = before[b] === 0 ? lead : 0;
    for (const [t, id] of own.entries()) {
      inputs[t * B + b] = id;
      if (t >= first) targets[t * B + b] = 0;
    }
    return { first, count: own.length - first, label, weight, earlier: earlier[b] };
  });
  return { window: { T, B, inputs, targets }, state, texts: rows };
}

/** Reads the first so many tokens of each sequence. */
function readBefore(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  before: readonly number[],
  lead: number,
  H: number,
): { readonly state: RecurrentState; readonly earlier: readonly (EarlierRows | undefined)[] } {
  const B = sequences.length;
  const state = model.zeroState(B);
  const earlier = before.map((length) =>
    length === 0
      ? undefined
      : {
          count: length - lead,
          sum: new Float64Array(H),
          greatest: new Float64Array(H).fill(-Infinity),
        },
  );
  const ends = [...new Set(before)].filter((end) => end > 0).toSorted((a, b) => a - b);
  const reading = ends.length > 0 ? model.zeroState(B) : state;
  const most = Math.max(...sequences.map(({ length }, b) => length - before[b]!));
  let from = 0;
  for (const end of ends) {
    // In pieces that are no longer than the window.
    while (from < end) {
      const T = Math.min(most, end - from);
      readPiece(model, sequences, before, from, T, reading, (b, t, h, at) => {
        if (t < lead) return;
        const { sum, greatest } = earlier[b]!;
        for (let j = 0; j < H; j++) {
          sum[j]! += h[at + j]!;
          greatest[j] = Math.max(greatest[j]!, h[at + j]!);
        }
      });
      from += T;
    }
    for (const [b, length] of before.entries()) if (length === end) state.copyRow(reading, b, b);
  }
  return { state, earlier };
}

/** @param take gets the state after each token that is one of those before: text, time step, and where it stands */
function readPiece(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  before: readonly number[],
  from: number,
  T: number,
  state: RecurrentState,
  take: (b: number, t: number, h: ArrayLike<number>, at: number) => void,
): void {
  const B = sequences.length;
  const inputs = Int32Array.from(
    { length: T * B },
    (_, n) => sequences[n % B]![from + Math.floor(n / B)] ?? 0,
  );
  const targets = new Int32Array(T * B).fill(-1);
  model.readRows({ T, B, inputs, targets }, state, ({ hidden, count }) => {
    const h = hostFloats(model.engine, new Float32Array(0), hidden.length);
    model.engine.read(hidden, h);
    const H = hidden.length / count;
    for (let n = 0; n < count; n++) {
      const t = from + Math.floor(n / B);
      if (t < before[n % B]!) take(n % B, t, h, n * H);
    }
  });
}
