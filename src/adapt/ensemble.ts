/** An ensemble: the mean of the probabilities that several models give, p(v) = (1/M) Σ_m p_m(v). */
import type { Floats, LossSums, Tensor } from "../engine/engine.js";
import type { UserErrorParts } from "../errors.js";
import { Workspace } from "../layers/layer.js";
import type { ModelWindow } from "../model/check-window.js";
import {
  beginLine,
  type PredictedRows,
  type Predictor,
  type PredictorState,
  type RowPredictor,
} from "../model/predictor.js";
import { eachCounted, normaliser, ROWS_AT_A_TIME } from "./row-reader.js";

/** A state for each member. */
class EnsembleState implements PredictorState {
  readonly batch: number;
  readonly states: readonly PredictorState[];

  constructor(batch: number, states: readonly PredictorState[]) {
    this.batch = batch;
    this.states = states;
  }

  copy(): EnsembleState {
    return new EnsembleState(
      this.batch,
      this.states.map((state) => state.copy()),
    );
  }

  reset(): void {
    for (const state of this.states) state.reset();
  }

  beginLine(): void {
    for (const state of this.states) beginLine(state);
  }

  copyRow(source: EnsembleState, from: number, to: number): void {
    for (const [m, state] of this.states.entries()) state.copyRow(source.states[m]!, from, to);
  }
}

/** A member with room for a row of its probabilities. */
interface Member {
  readonly predictor: RowPredictor;
  readonly room: Workspace;
}

export class Ensemble implements Predictor {
  readonly vocabulary: number;
  readonly follows: true | undefined;
  readonly hazard: UserErrorParts | undefined;
  readonly #members: readonly Member[];
  /** (rows, V): Σ_m p_m(v) */
  #sums = new Float64Array(0);
  #logits = new Float64Array(0);

  /** @param members at least one, each on whatever engine. @throws RangeError where their vocabularies differ in size */
  constructor(members: readonly RowPredictor[]) {
    const [first] = members;
    if (!first) throw new RangeError("an ensemble has at least one member");
    this.vocabulary = first.vocabulary;
    for (const { vocabulary } of members)
      if (vocabulary !== this.vocabulary)
        throw new RangeError(
          `the members have ${this.vocabulary} and ${vocabulary} tokens; they need the same`,
        );
    this.follows = members.some(({ follows }) => follows) || undefined;
    this.hazard = members.find(({ hazard }) => hazard)?.hazard;
    this.#members = members.map((predictor) => ({ predictor, room: new Workspace(predictor.engine) }));
  }

  zeroState(batch: number): EnsembleState {
    return new EnsembleState(
      batch,
      this.#members.map(({ predictor }) => predictor.zeroState(batch)),
    );
  }

  evaluate(window: ModelWindow, state: EnsembleState, logProbabilities?: Floats): LossSums {
    const { T, B } = window;
    if (logProbabilities && logProbabilities.length < T * B)
      throw new RangeError(
        `there is room for ${logProbabilities.length} log-probabilities, and the window has ${T * B} rows`,
      );
    const sums = { nats: 0, count: 0, correct: 0 };
    const steps = Math.max(1, Math.floor(ROWS_AT_A_TIME / B));
    for (let from = 0; from < T; from += steps) {
      const part = partOf(window, from, Math.min(T, from + steps));
      const { nats, count, correct } = this.#evaluatePart(part, state, logProbabilities?.subarray(from * B));
      sums.nats += nats;
      sums.count += count;
      sums.correct += correct;
    }
    return sums;
  }

  logits(ids: Int32Array, { states }: EnsembleState): Floats {
    const V = this.vocabulary;
    const sums = this.#cleared(ids.length);
    for (const [m, member] of this.#members.entries()) {
      member.predictor.stepRows(ids, states[m]!, (rows) => {
        const logits = rows.logits(0, rows.count);
        for (let r = 0; r < rows.count; r++)
          addProbabilities(member, logits.slice(r * V, V), rows.scale, sums.subarray((rows.from + r) * V));
      });
    }
    if (this.#logits.length !== sums.length) this.#logits = new Float64Array(sums.length);
    for (let i = 0; i < sums.length; i++) this.#logits[i] = Math.log(sums[i]!);
    return this.#logits;
  }

  #evaluatePart(
    part: ModelWindow,
    { states }: EnsembleState,
    logProbabilities: Floats | undefined,
  ): LossSums {
    const V = this.vocabulary;
    const { targets } = part;
    const sums = this.#cleared(targets.length);
    for (const [m, member] of this.#members.entries()) {
      member.predictor.readRows(part, states[m]!, (rows: PredictedRows) =>
        eachCounted(rows, targets, V, (x, _, n) =>
          addProbabilities(member, x, rows.scale, sums.subarray(n * V, n * V + V)),
        ),
      );
    }
    let nats = 0;
    let count = 0;
    let correct = 0;
    for (const [n, target] of targets.entries()) {
      if (logProbabilities) logProbabilities[n] = 0;
      if (target < 0) continue;
      const row = sums.subarray(n * V, n * V + V);
      const own = row[target]!;
      const log = Math.log(own / this.#members.length);
      nats -= log;
      count++;
      // Of equals the lowest is the most probable.
      if (row.every((p, v) => p < own || (p === own && v >= target))) correct++;
      if (logProbabilities) logProbabilities[n] = log;
    }
    return { nats, count, correct };
  }

  #cleared(rows: number): Float64Array {
    const length = rows * this.vocabulary;
    if (this.#sums.length < length) this.#sums = new Float64Array(length);
    return this.#sums.subarray(0, length).fill(0);
  }
}

/** Adds the probabilities of a row of logits x (V). */
function addProbabilities({ predictor, room }: Member, x: Tensor, scale: number, sums: Float64Array): void {
  const { engine } = predictor;
  const p = room.take(x.length);
  const { logSum, greatest } = normaliser(engine, x, scale);
  // p = e^{scale · x − ln Σ e^{scale · x}}; nothing may be above the shift, also by rounding
  engine.sumOfExponentials(x, Math.max(greatest, logSum / scale), scale, p);
  const values = engine.read(p);
  for (let v = 0; v < values.length; v++) sums[v]! += values[v]!;
}

/** Steps from `from` to `end`, exclusive. */
function partOf({ B, inputs, targets }: ModelWindow, from: number, end: number): ModelWindow {
  const rows = [from * B, end * B] as const;
  return { T: end - from, B, inputs: inputs.subarray(...rows), targets: targets.subarray(...rows) };
}
