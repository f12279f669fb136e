/**
 * Dynamic evaluation (Krause et al., 2018, "Dynamic evaluation of neural sequence models"): after every segment of n tokens,
 * which were predicted first, the weights make a gradient step on the segment's mean loss, and go back a little to w0,
 * the weights as they were trained:
 *
 *   sgd   w += λ (w0 − w) − lr · g
 *   rms   w += min(1, λ r / r̄) ⊙ (w0 − w) − lr · g / (r + ε r̄)
 *
 * r is the root of the mean square of a weight's gradient over some text, r̄ its mean over all weights
 * (gradient-statistics.ts). Segments are counted from the beginning of the text, wherever windows are cut. The end of a
 * line, and the first token that is written and not read, end a segment early; its step is smaller by its length.
 *
 * It reads one sequence. What it writes itself (`logits`, `stepRows`) it does not learn from. It learns in a copy of the
 * model, which is never changed.
 */
import type { Floats, Sums } from "../engine/engine.js";
import { option, sentence, type UserErrorParts } from "../errors.js";
import { Candidates } from "../layers/candidates.js";
import { checkTrainable } from "../model/config.js";
import { emptyModel } from "../model/create-model.js";
import { checkWindow, type ModelWindow } from "../model/check-window.js";
import type { LanguageModel } from "../model/language-model.js";
import type { PredictedRows } from "../model/predictor.js";
import type { RecurrentState } from "../model/state.js";
import { DynamicState } from "./dynamic-state.js";
import { addProbable } from "./probable-tokens.js";
import type { GradientStatistics } from "./gradient-statistics.js";
import { RowReader } from "./row-reader.js";
import type { DynamicSettings } from "./settings.js";
import { WeightSteps } from "./weight-steps.js";

/** From so many tokens on, the softmax's gradient is that over the probable tokens alone. */
export const LARGE_VOCABULARY = 4096;
/** Tokens of less probability than this, at every place of a segment, get no gradient then. */
const PROBABLE = 1e-4;

export class DynamicEvaluation extends RowReader {
  readonly #segment: number;
  #settings: Pick<DynamicSettings, "rate" | "decay">;
  readonly #trained: LanguageModel;
  readonly #model: LanguageModel;
  readonly #steps: WeightSteps;
  readonly #sums: Sums;
  /** Of full softmaxes over a large vocabulary. */
  readonly #candidates: Candidates | undefined;

  /**
   * @param trained stays as it is
   * @throws UserError for weights that are not trained (int8); RangeError for settings out of their range, and where
   *   "rms" has no statistics of this model
   */
  constructor(trained: LanguageModel, settings: DynamicSettings, statistics?: GradientStatistics) {
    super(trained.engine, trained.vocabulary);
    checkTrainable(trained.config);
    const { rate, decay, segment, epsilon } = settings;
    if (!(Number.isSafeInteger(segment) && segment >= 1))
      throw new RangeError(`the segment is ${segment}; it has to be a whole number from 1 on`);
    for (const [name, value] of Object.entries({ rate, decay, epsilon }))
      if (!(value >= 0 && value < Infinity))
        throw new RangeError(`${name} is ${value}; it has to be from 0 on`);
    this.#segment = segment;
    this.#settings = settings;
    this.#trained = trained;
    this.#model = emptyModel(trained.engine, trained.config);
    this.#steps = new WeightSteps(this.#model, trained, settings, statistics);
    this.#sums = trained.engine.sums();
    const large = trained.vocabulary >= LARGE_VOCABULARY && !trained.config.adaptive;
    this.#candidates = large ? new Candidates(trained.vocabulary) : undefined;
    this.forget();
  }

  get follows(): true {
    return true;
  }

  get hazard(): UserErrorParts {
    const { rate, decay } = this.#settings;
    return {
      option: "dynamicRate",
      problem: sentence`With ${option("dynamicRate", rate)} and ${option("dynamicDecay", decay)} the weights run away, and the model gives no finite probabilities any more`,
      advice: "give lower ones, or leave them out",
    };
  }

  /** The copy that learns, with the weights that it has now. Not to be written, nor read from while it learns. */
  get learned(): LanguageModel {
    return this.#model;
  }

  /** Goes on from the weights of another model of the same config; what it goes back to stays as it was trained. */
  goOnFrom({ parameters }: Pick<LanguageModel, "parameters">): void {
    for (const [i, { value }] of this.#model.parameters.entries())
      this.engine.copy(parameters[i]!.value, value);
    this.#model.weightsChanged();
  }

  /** Puts the weights back as they were trained, and goes on with other settings. */
  begin(settings: Pick<DynamicSettings, "rate" | "decay" | "epsilon">): void {
    this.#settings = settings;
    this.#steps.set(settings);
    this.forget();
  }

  /** Puts the weights back as they were trained. */
  forget(): void {
    this.goOnFrom(this.#trained);
  }

  zeroState(batch: number): DynamicState {
    const inner = this.#model.zeroState(batch);
    return new DynamicState(inner, this.#segment, (state) => this.#endSegment(state));
  }

  readRows(window: ModelWindow, state: DynamicState, show: (rows: PredictedRows) => void): void {
    const { T, B, inputs, targets } = window;
    if (B !== 1 || state.batch !== 1)
      throw new RangeError(`dynamic evaluation reads one sequence, and the window has ${B}`);
    checkWindow(window, this.vocabulary);
    this.#follow(inputs[0]!, state);
    for (let at = 0; at < T;) {
      const end = at + Math.min(this.#segment - state.count, T - at);
      const part = { T: end - at, B, inputs: inputs.subarray(at, end), targets: targets.subarray(at, end) };
      const from = at;
      const showPart = (rows: PredictedRows): void => show({ ...rows, from: from + rows.from });
      const begins = state.count === 0;
      state.add(part.inputs, part.targets, inputs[end] ?? -1);
      if (begins && state.whole) {
        // One passage shows the segment and learns from it.
        this.#learn(state, state.count, state.inner, showPart);
      } else {
        this.#model.readRows(part, state.inner, showPart);
        if (state.whole) this.#learn(state, state.count, state.start);
      }
      at = end;
    }
  }

  stepRows(ids: Int32Array, state: DynamicState, show: (rows: PredictedRows) => void): void {
    this.#beginWriting(ids, state);
    this.#model.stepRows(ids, state.inner, show);
  }

  override logits(ids: Int32Array, state: DynamicState): Floats {
    this.#beginWriting(ids, state);
    return this.#model.logits(ids, state.inner);
  }

  /** What is written is not learned from: the segment ends with what was read. */
  #beginWriting(ids: Int32Array, state: DynamicState): void {
    if (state.count === 0) return;
    this.#follow(ids[0]!, state);
    this.#endSegment(state);
  }

  /** What was read, is followed by this token. */
  #follow(token: number, state: DynamicState): void {
    state.follow(token);
    if (state.count > 0 && state.whole) this.#learn(state, state.count, state.start);
  }

  #endSegment(state: DynamicState): void {
    // A last token is not learned from where what comes after it is not known.
    const known = state.count > 0 && state.targets[state.count - 1]! < 0 ? state.count - 1 : state.count;
    if (known > 0) this.#learn(state, known, state.start);
    state.count = 0;
  }

  /**
   * A step on the first `count` tokens of the segment, which ends it.
   * @param from the state that the segment began from; advanced in place
   * @param show gets the rows as they were predicted before the step
   */
  #learn(
    state: DynamicState,
    count: number,
    from: RecurrentState,
    show?: (rows: PredictedRows) => void,
  ): void {
    const inputs = state.inputs.subarray(0, count);
    const targets = state.targets.subarray(0, count);
    const candidates = this.#candidates;
    const V = this.vocabulary;
    const model = this.#model;
    model.accumulate(
      { T: count, B: 1, inputs, targets },
      from,
      candidates ? { candidates } : {},
      this.#sums,
      (rows) => {
        if (!candidates) return show?.(rows);
        const logits = rows.logits(0, count);
        candidates.clear();
        addProbable(this.engine, logits, count, PROBABLE, candidates);
        show?.({ ...rows, logits: (first, n) => logits.slice(first * V, n * V) });
      },
    );
    const decoder = candidates && [targets, candidates.tokens.subarray(0, candidates.samples)];
    const tied = model.config.tie;
    const embedding = tied ? decoder && [inputs, ...decoder] : V >= LARGE_VOCABULARY ? [inputs] : undefined;
    this.#steps.step(count / this.#segment, { embedding, decoder });
    model.weightsChanged();
    state.count = 0;
  }
}
