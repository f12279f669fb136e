/**
 * LanguageModel: a body (ids to hidden states) and an output layer (hidden states to a loss, or to logits).
 *
 * A window of T time steps and B sequences is time-major: row t·B + b. The recurrent state goes in and comes out
 * advanced, so that windows of one text follow each other (truncated backpropagation through time).
 */
import { CELL_TABLE } from "../cells.js";
import type { Engine, Floats, LossSums, Sums, Tensor } from "../engine/engine.js";
import { CountedRows } from "../layers/counted-rows.js";
import { Embedding } from "../layers/embedding.js";
import {
  type QuantizedWeight,
  type WeightMatrix,
  Workspace,
  isParameter,
  isQuantized,
} from "../layers/layer.js";
import type { OutputLayer } from "../layers/output-layer.js";
import type { Draw, Pass } from "../layers/pass.js";
import type { Recording } from "../layers/recording.js";
import type { StateGradient } from "../layers/recurrent.js";
import { Body } from "./body.js";
import { type ModelWindow, checkStep, checkWindow } from "./check-window.js";
import { type ModelConfig, checkTrainable } from "./config.js";
import type { ModelMakers } from "./model-makers.js";
import type { Parameter } from "./parameter.js";
import { partsByPlace } from "./parts/places.js";
import type { PredictedRows, RowPredictor } from "./predictor.js";
import { type RecurrentState, checkState } from "./state.js";
import { hiddenSizes, inputSize, outputWidth } from "./widths.js";

export type { Draw, ModelWindow, Pass };

export class LanguageModel implements RowPredictor {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** In PyTorch's order: embedding, layer by layer, projection, decoder. */
  readonly parameters: readonly Parameter[];
  /** The weights that are not parameters, as they are only read: all matrices of a model whose weights are int8. */
  readonly quantized: readonly QuantizedWeight[];
  /** What makes logits and losses of the body's rows. */
  readonly output: OutputLayer;
  readonly #body: Body;
  readonly #counted: CountedRows;
  readonly #logProbabilities: Workspace;
  readonly #rowLogits: Workspace;
  readonly #regularised: boolean;
  #revision = 0;

  /**
   * A model with all weights zero: to be initialised (`createModel`) or loaded.
   * @param make makes the layers that the config asks for (model-makers.ts)
   */
  constructor(engine: Engine, config: ModelConfig, make: ModelMakers) {
    const { cell, vocabulary, nonlinearity, inputGate, mogrify, tie, weights: kind = "float" } = config;
    const sizes = hiddenSizes(config);
    this.engine = engine;
    this.config = config;
    const embedding = new Embedding(engine, vocabulary, config.embedding, tie, kind);
    this.#body = new Body(engine, {
      embedding,
      layers: sizes.map((hidden, index) => {
        const input = inputSize(config, index);
        return make.layer(engine, { index, input, hidden, nonlinearity, inputGate, mogrify, kind });
      }),
      places: partsByPlace(engine, config, make),
      embeddingWidth: config.embedding,
      hiddenSizes: sizes,
      outputWidth: outputWidth(config),
      residual: config.residual ?? false,
      vocabulary,
      state: CELL_TABLE[cell].state,
    });
    this.output = make.output(engine, config, tie ? embedding : undefined);
    const weights: readonly WeightMatrix[] = [...this.#body.weights, ...this.output.weights];
    this.parameters = weights.filter(isParameter);
    this.quantized = weights.filter(isQuantized);
    this.#counted = new CountedRows(engine, outputWidth(config), vocabulary);
    this.#logProbabilities = new Workspace(engine);
    this.#rowLogits = new Workspace(engine);
    this.#regularised = make.regularisers !== undefined;
  }

  get vocabulary(): number {
    return this.config.vocabulary;
  }

  get revision(): number {
    return this.#revision;
  }

  /** (V, E): the embedding's rows, the weights themselves or a copy made of int8. Not to be written. */
  get embedding(): Tensor {
    return this.#body.embedding;
  }

  /** Number of weights; tied ones count once. */
  get parameterCount(): number {
    const counted = [...this.parameters, ...this.quantized];
    return counted.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  }

  /** The state before anything was read, for `batch` sequences. */
  zeroState(batch: number): RecurrentState {
    return this.#body.zeroState(batch);
  }

  /** To be called after the weights were changed from outside: by an optimizer, a file, a roll-back. */
  weightsChanged(): void {
    this.#revision++;
    this.#body.weightsChanged();
    this.output.weightsChanged();
  }

  /** Sets all gradients to zero. @throws UserError for weights that are not trained */
  zeroGradients(): void {
    checkTrainable(this.config);
    this.#body.zeroGradients();
    this.output.zeroGradient();
  }

  /**
   * Forward and backward through one window. Every parameter's gradient becomes that of the mean loss over the
   * counted targets; `state` is advanced in place. The weights stay as they are.
   * @param pass with a sampler for a sampled softmax, whose loss is an estimate; without a draw and rates nothing is dropped
   * @param sums gets the loss added, as it is with dropout
   * @returns how many targets were counted
   * @throws UserError for weights that are not trained; RangeError for a window that does not fit
   */
  train(window: ModelWindow, state: RecurrentState, pass: Omit<Pass, "train">, sums: Sums): number {
    this.zeroGradients();
    pass.pastDecode?.zeroGradient();
    return this.accumulate(window, state, pass, sums);
  }

  /**
   * As `train`, but adds to the gradients that are there.
   * @param show gets the window's rows between forward and backward, and may still choose the pass's candidates
   */
  accumulate(
    window: ModelWindow,
    state: RecurrentState,
    pass: Omit<Pass, "train">,
    sums: Sums,
    show?: (rows: PredictedRows) => void,
  ): number {
    checkTrainable(this.config);
    if (pass.regularisation && !this.#regularised)
      throw new TypeError("a model without regularisers cannot be trained with rates of them");
    const training = { ...pass, train: true };
    const y = this.#forward(window, state, training);
    show?.(this.#rows(y, window.T * window.B, true));
    const counted = this.#counted;
    const { count, taken, targets } = counted;
    const dY = this.#body.gradient();
    if (count > 0) {
      const h = counted.gather(y);
      const dH = counted.gradient(dY);
      const previous = pass.pastDecode && counted.gatherIds(window.inputs);
      const output = previous ? { ...training, previous } : training;
      this.output.lossAndGradient(h, targets, taken, 1 / count, dH, output, sums);
    }
    counted.spreadGradient(dY);
    this.#body.backward();
    return count;
  }

  /** Gradient of the last `train`'s loss by the state it began from, layer by layer; valid until the next. */
  get initialStateGradient(): readonly StateGradient[] {
    return this.#body.initialGradient;
  }

  /**
   * Forward only, without dropout; `state` is advanced in place.
   * @param logProbabilities at least (T·B), gets ln p(target) of each row, 0 where the target is −1
   * @param recording gets the hidden states and gates that it is set to record
   * @throws RangeError for a window that does not fit
   */
  evaluate(
    window: ModelWindow,
    state: RecurrentState,
    logProbabilities?: Floats,
    recording?: Recording,
  ): LossSums {
    const N = window.T * window.B;
    if (logProbabilities && logProbabilities.length < N)
      throw new RangeError(
        `there is room for ${logProbabilities.length} log-probabilities, and the window has ${N} rows`,
      );
    const y = this.#forward(window, state, { train: false, recording });
    const counted = this.#counted;
    const { taken, targets } = counted;
    if (taken === 0) {
      logProbabilities?.fill(0, 0, N);
      return { nats: 0, count: 0, correct: 0 };
    }
    const out = logProbabilities && this.#logProbabilities.take(taken);
    const sums = this.output.loss(counted.gather(y), targets, taken, out);
    if (logProbabilities && out) counted.spread(out, logProbabilities);
    return sums;
  }

  /**
   * Reads one token for each of B sequences and returns the (B, V) logits of the next, not to be written and valid until
   * the next call; `state` is advanced in place.
   * @throws RangeError for ids outside the vocabulary
   */
  logits(ids: Int32Array, state: RecurrentState): Floats {
    checkStep(ids, this.config.vocabulary);
    checkState(state, ids.length, this);
    return this.output.logits(this.#body.step(ids, state), ids.length);
  }

  /** @param recording gets the hidden states and gates that it is set to record */
  readRows(
    window: ModelWindow,
    state: RecurrentState,
    show: (rows: PredictedRows) => void,
    recording?: Recording,
  ): void {
    show(this.#rows(this.#forward(window, state, { train: false, recording }), window.T * window.B, true));
  }

  stepRows(ids: Int32Array, state: RecurrentState, show: (rows: PredictedRows) => void): void {
    checkStep(ids, this.config.vocabulary);
    checkState(state, ids.length, this);
    show(this.#rows(this.#body.step(ids, state), ids.length, false));
  }

  /** Rows of the body's output (count, H), whose logits are made when they are asked for. */
  #rows(hidden: Tensor, count: number, many: boolean): PredictedRows {
    const H = hidden.length / count;
    const logits = (first: number, n: number): Tensor => {
      const x = this.output.logits(hidden.slice(first * H, n * H), n, many);
      const own = this.#rowLogits.take(n * this.config.vocabulary);
      this.engine.write(x, own);
      return own;
    };
    return { from: 0, count, hidden, scale: 1, logits };
  }

  /** The body's output for a window, which is checked here: a row for the output layer after each token. */
  #forward(window: ModelWindow, state: RecurrentState, pass: Pass): ReturnType<Body["forward"]> {
    const { T, B, inputs, targets } = window;
    checkWindow(window, this.config.vocabulary);
    checkState(state, B, this);
    this.#counted.find(targets);
    return this.#body.forward(inputs, T, B, state, pass);
  }
}
