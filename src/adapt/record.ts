/**
 * One reading of a text, kept so that temperatures and caches can be compared without reading it again: at each place ln p
 * of the token that came, for several temperatures, and the hidden state that a cache looks up by.
 */
import { Turns } from "../breathe.js";
import type { Engine, Tensor } from "../engine/engine.js";
import { beginLine, type RowPredictor } from "../model/predictor.js";
import type { Batches } from "../text/windows/batches.js";
import type { Measuring } from "../train/evaluate.js";
import { eachCounted, normaliser } from "./row-reader.js";

export interface TextRecord {
  readonly engine: Engine;
  /** N: places at which a token was predicted. */
  readonly count: number;
  /** (N) the tokens. */
  readonly targets: Int32Array;
  readonly temperatures: readonly number[];
  /** By temperature (N): ln p of the token. */
  readonly logs: readonly Float64Array[];
  /** (N, H); undefined where they were not wanted. */
  readonly hidden: Tensor | undefined;
}

export interface RecordOptions extends Measuring {
  /** Tokens to read at most. */
  readonly most: number;
  readonly temperatures: readonly number[];
  readonly withHidden: boolean;
}

/**
 * Reads the windows of one sequence, each token predicted before it is read.
 * @throws RangeError where windows hold several; the signal's reason where that ended it
 */
export async function recordText(
  predictor: RowPredictor,
  batches: Batches,
  { most, temperatures, withHidden, onProgress, signal }: RecordOptions,
): Promise<TextRecord> {
  if (batches.batchSize !== 1) throw new RangeError("a text is recorded in one sequence");
  const { engine, vocabulary: V } = predictor;
  const total = Math.min(most, batches.targetsPerEpoch);
  const targets = new Int32Array(total);
  const logs = temperatures.map(() => new Float64Array(total));
  let hidden: Tensor | undefined;
  let count = 0;
  const state = predictor.zeroState(1);
  const turns = new Turns();
  for (let index = 0; count < total && index < batches.windows(0); index++) {
    const { fresh, T, inputs, targets: next } = batches.window(0, index);
    if (fresh) beginLine(state);
    const steps = Math.min(T, total - count);
    const window = { T: steps, B: 1, inputs: inputs.subarray(0, steps), targets: next.subarray(0, steps) };
    const from = count;
    predictor.readRows(window, state, (rows) => {
      if (withHidden) {
        const H = rows.hidden.length / rows.count;
        hidden ??= engine.tensor(total * H);
        engine.copy(rows.hidden, hidden.slice((from + rows.from) * H, rows.count * H));
      }
      eachCounted(rows, window.targets, V, (x, target, n) => {
        const own = engine.read(x.slice(target, 1))[0]!;
        for (const [i, temperature] of temperatures.entries()) {
          const scale = rows.scale / temperature;
          logs[i]![from + n] = scale * own - normaliser(engine, x, scale).logSum;
        }
        targets[from + n] = target;
      });
    });
    count += steps;
    onProgress?.(count, total);
    if (turns.due) await turns.give();
    signal?.throwIfAborted();
  }
  return { engine, count, targets, temperatures, logs, hidden };
}

/** Mean of −ln p. */
export function meanLoss(logs: Float64Array): number {
  let sum = 0;
  for (const log of logs) sum -= log;
  return sum / logs.length;
}
