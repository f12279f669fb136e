/**
 * LanguageModel: Embedding → dropout → recurrent layers with dropout between → dropout → Decoder.
 *
 * A window of T time steps and B sequences is time-major: row t·B + b. The recurrent state goes in and comes out
 * advanced, so that windows of one text follow each other (truncated backpropagation through time).
 */
import type { Engine, Floats, IdTensor, LossSums, PackedKind, Tensor } from "../engine/engine.js";
import { AdaptiveDecoder } from "../layers/adaptive-decoder.js";
import { makeCellLayer } from "../layers/cell-layers.js";
import { CELL_TABLE } from "../cells.js";
import { Decoder } from "../layers/decoder.js";
import { Embedding } from "../layers/embedding.js";
import {
  type QuantizedWeight,
  type RepeatedRows,
  type WeightMatrix,
  Workspace,
  isParameter,
  isQuantized,
} from "../layers/layer.js";
import type { RecurrentLayer, StateGradient } from "../layers/recurrent.js";
import type { TrainingLoss } from "../layers/output-layer.js";
import type { CandidateDraw, CandidateSampler } from "../layers/sampled-softmax.js";
import { CountedRows } from "../layers/counted-rows.js";
import { type ModelWindow, checkBatch, checkStep, checkWindow } from "./check-window.js";
import { type ModelConfig, checkTrainable } from "./config.js";
import { initialise } from "./initialise.js";
import type { Parameter } from "./parameter.js";
import { RecurrentState } from "./state.js";

export type { ModelWindow };

/** Which dropout masks, and candidates of a sampled softmax, a training step draws. */
export interface DropoutDraw {
  readonly seed: number;
  /** Number of the update: each has masks of its own. */
  readonly step: number;
}

function kindOf({ weights }: ModelConfig): PackedKind {
  return weights ?? "float";
}

function recurrentLayer(engine: Engine, config: ModelConfig, index: number): RecurrentLayer {
  const { cell, hidden, nonlinearity } = config;
  const input = index === 0 ? config.embedding : hidden;
  return makeCellLayer(engine, cell, { index, input, hidden, nonlinearity, kind: kindOf(config) });
}

/** Floats of a table that takes the place of the first layer's input product in generation (4 MiB). */
const INPUT_TABLE = 1 << 20;

export class LanguageModel {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** In PyTorch's order: embedding, layer by layer, decoder. */
  readonly parameters: readonly Parameter[];
  /** The weights that are not parameters, as they are only read: all matrices of a model whose weights are int8. */
  readonly quantized: readonly QuantizedWeight[];
  readonly #embedding: Embedding;
  readonly #layers: readonly RecurrentLayer[];
  readonly #decoder: Decoder | AdaptiveDecoder;

  #inputs: IdTensor;
  readonly #counted: CountedRows;
  #repeated: RepeatedRows | undefined;
  #table: Tensor | undefined;
  #tableFresh = false;
  readonly #embedded: Workspace;
  readonly #dropped: readonly Workspace[];
  readonly #gradients: readonly [Workspace, Workspace];
  readonly #logProbabilities: Workspace;
  #initialGradient: readonly StateGradient[] = [];

  /** A model with all weights zero: to be initialised (`create`) or loaded. */
  constructor(engine: Engine, config: ModelConfig) {
    this.engine = engine;
    this.config = config;
    const kind = kindOf(config);
    this.#embedding = new Embedding(engine, config.vocabulary, config.embedding, config.tie, kind);
    this.#layers = Array.from({ length: config.layers }, (_, l) => recurrentLayer(engine, config, l));
    const tied = config.tie ? this.#embedding.weight : undefined;
    const { hidden, vocabulary, adaptive } = config;
    this.#decoder = adaptive
      ? new AdaptiveDecoder(engine, hidden, vocabulary, adaptive, kind)
      : new Decoder(engine, hidden, vocabulary, tied, kind);
    const weights: readonly WeightMatrix[] = [
      this.#embedding.weight,
      ...this.#layers.flatMap((layer) => layer.weights),
      ...this.#decoder.weights,
    ];
    this.parameters = weights.filter(isParameter);
    this.quantized = weights.filter(isQuantized);
    this.#inputs = engine.ids(1);
    this.#counted = new CountedRows(engine, hidden, vocabulary);
    this.#embedded = new Workspace(engine);
    this.#dropped = Array.from({ length: config.layers + 1 }, () => new Workspace(engine));
    this.#gradients = [new Workspace(engine), new Workspace(engine)];
    this.#logProbabilities = new Workspace(engine);
  }

  /** A model with initial weights drawn from `seed`. @throws UserError for weights that are not trained */
  static create(engine: Engine, config: ModelConfig, seed: number): LanguageModel {
    checkTrainable(config);
    const model = new LanguageModel(engine, config);
    initialise(model.parameters, config.hidden, CELL_TABLE[config.cell].initialBias, seed);
    return model;
  }

  /** Number of weights; tied ones count once. */
  get parameterCount(): number {
    const counted = [...this.parameters, ...this.quantized];
    return counted.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  }

  /** The state before anything was read, for `batch` sequences. */
  zeroState(batch: number): RecurrentState {
    const zeros = (): Floats => {
      const length = batch * this.config.hidden;
      return this.engine.precision === "f64" ? new Float64Array(length) : new Float32Array(length);
    };
    const layer = () =>
      CELL_TABLE[this.config.cell].state.includes("c") ? { h: zeros(), c: zeros() } : { h: zeros() };
    return new RecurrentState(batch, Array.from({ length: this.config.layers }, layer));
  }

  /** To be called after the weights were changed from outside: by an optimizer, a file, a roll-back. */
  weightsChanged(): void {
    for (const layer of this.#layers) layer.weightsChanged();
    this.#decoder.weightsChanged();
    this.#tableFresh = false;
  }

  /**
   * Forward and backward through one window. Every parameter's gradient becomes that of the mean loss over the
   * counted targets; `state` is advanced in place. The weights stay as they are.
   * @param sampler for a sampled softmax, whose loss is an estimate; without it the loss is exact
   * @returns the sums of the loss, with dropout
   * @throws UserError for weights that are not trained
   */
  train(
    window: ModelWindow,
    state: RecurrentState,
    dropout: DropoutDraw,
    sampler?: CandidateSampler,
  ): TrainingLoss {
    checkTrainable(this.config);
    const { engine, config } = this;
    const { T, B } = window;
    const N = T * B;
    const L = config.layers;
    const y = this.#forward(window, state, dropout);

    this.#embedding.zeroGradient();
    for (const layer of this.#layers) for (const { grad } of layer.parameters) engine.fill(grad, 0);
    this.#decoder.zeroGradient();

    let [dY, dX] = [this.#gradients[0].take(N * config.hidden), this.#gradients[1].take(N * config.hidden)];
    const sums = this.#lossAndGradient(y, dY, sampler && { sampler, ...dropout });
    this.#drop(dY, dY, config.dropout.output, dropout, L);
    const initial: StateGradient[] = [];
    for (let l = L - 1; l > 0; l--) {
      initial[l] = this.#layers[l]!.backward(dY, dX);
      [dY, dX] = [dX, dY];
      this.#drop(dY, dY, config.dropout.between, dropout, l);
    }
    const dEmbedded = this.#embedded.take((this.#repeated?.count ?? N) * config.embedding);
    initial[0] = this.#layers[0]!.backward(dY, dEmbedded);
    this.#initialGradient = initial;
    if (this.#repeated) {
      this.#embedding.backwardDistinct(dEmbedded);
    } else {
      this.#drop(dEmbedded, dEmbedded, config.dropout.embedding, dropout, 0);
      this.#embedding.backward(dEmbedded, this.#inputs, N);
    }
    return sums;
  }

  /** The loss of the rows that count, the gradient of its mean, and dY (N, H). */
  #lossAndGradient(y: Tensor, dY: Tensor, draw: CandidateDraw | undefined): TrainingLoss {
    const decoder = this.#decoder;
    const counted = this.#counted;
    const { count, taken, targets } = counted;
    if (draw && decoder instanceof AdaptiveDecoder)
      throw new TypeError("an adaptive softmax is not sampled: it is one or the other");
    if (count === 0) {
      counted.spreadGradient(dY);
      return { nats: 0, count: 0 };
    }
    const [h, dH, scale] = [counted.gather(y), counted.gradient(dY), 1 / count];
    const sums =
      draw && decoder instanceof Decoder
        ? decoder.sampledLossAndGradient(h, targets, taken, scale, dH, draw)
        : decoder.lossAndGradient(h, targets, taken, scale, dH);
    counted.spreadGradient(dY);
    return sums;
  }

  /** Gradient of the last `train`'s loss by the state it began from, layer by layer. */
  get initialStateGradient(): readonly StateGradient[] {
    return this.#initialGradient;
  }

  /**
   * Forward only, without dropout; `state` is advanced in place.
   * @param logProbabilities (T·B), gets ln p(target) of each row, 0 where the target is −1
   */
  evaluate(window: ModelWindow, state: RecurrentState, logProbabilities?: Floats): LossSums {
    if (logProbabilities && logProbabilities.length < window.T * window.B)
      throw new RangeError(
        `there is room for ${logProbabilities.length} log-probabilities, and the window has ${window.T * window.B} rows`,
      );
    const y = this.#forward(window, state);
    const counted = this.#counted;
    const { taken, targets } = counted;
    if (taken === 0) {
      logProbabilities?.fill(0, 0, window.T * window.B);
      return { nats: 0, count: 0, correct: 0 };
    }
    const out = logProbabilities && this.#logProbabilities.take(taken);
    const sums = this.#decoder.loss(counted.gather(y), targets, taken, out);
    if (logProbabilities && out) counted.spread(out.data, logProbabilities);
    return sums;
  }

  /**
   * Reads one token for each of B sequences and returns the (B, V) logits of the next, a view that is valid until the
   * next call; `state` is advanced in place.
   */
  logits(ids: Int32Array, state: RecurrentState): Floats {
    const B = ids.length;
    checkStep(ids, this.config.vocabulary);
    this.#begin(ids, B, B, state);
    const [first, ...others] = this.#layers;
    for (const layer of this.#layers) layer.setTraining(false);
    const table = this.#inputTable();
    let x: Tensor;
    if (table) {
      x = first!.forwardFrom(table, this.#inputs, 1, B, state.layers[0]!);
    } else {
      const embedded = this.#embedded.take(B * this.config.embedding);
      this.#embedding.forward(this.#inputs, embedded, B);
      x = first!.forward(embedded, 1, B, state.layers[0]!);
    }
    for (const [l, layer] of others.entries()) x = layer.forward(x, 1, B, state.layers[l + 1]!);
    return this.#decoder.logits(x, B).data;
  }

  /** The first layer's projection of every token, (V, G·H), where that is small: then a token's is a row of it. */
  #inputTable(): Tensor | undefined {
    const { vocabulary: V, hidden: H } = this.config;
    const [first] = this.#layers;
    if (V * first!.gates * H > INPUT_TABLE) return undefined;
    if (!this.#tableFresh) {
      this.#table ??= this.engine.tensor(V * first!.gates * H);
      first!.project(this.#embedding.floats(), this.#table, V);
      this.#tableFresh = true;
    }
    return this.#table;
  }

  /** The last layer's output (T·B, H) for a window. */
  #forward(window: ModelWindow, state: RecurrentState, dropout?: DropoutDraw): Tensor {
    const { config } = this;
    const { T, B, inputs, targets } = window;
    const N = T * B;
    checkWindow(window, config.vocabulary);
    this.#begin(inputs, N, B, state);
    this.#counted.find(targets, N);
    const embedded = this.#embedded.take(N * config.embedding);
    const dropped = dropout !== undefined && config.dropout.embedding > 0;
    this.#repeated = dropped ? undefined : this.#embedding.forwardDistinct(this.#inputs, embedded, N);
    if (!this.#repeated) this.#embedding.forward(this.#inputs, embedded, N);
    let x = this.#maybeDropped(embedded, config.dropout.embedding, dropout, 0);
    for (const [l, layer] of this.#layers.entries()) {
      layer.setTraining(dropout !== undefined);
      const last = l === config.layers - 1;
      const y = layer.forward(x, T, B, state.layers[l]!, l === 0 ? this.#repeated : undefined);
      x = this.#maybeDropped(y, last ? config.dropout.output : config.dropout.between, dropout, l + 1);
    }
    return x;
  }

  /** Hands the ids, which have been checked, to the engine. */
  #begin(inputs: Int32Array, N: number, B: number, state: RecurrentState): void {
    checkBatch(state, B);
    if (this.#inputs.length < N) this.#inputs = this.engine.ids(N);
    this.#inputs.data.set(inputs);
  }

  /** x itself without dropout; a dropped copy with it, since a layer still needs what it returned. */
  #maybeDropped(x: Tensor, p: number, draw: DropoutDraw | undefined, place: number): Tensor {
    if (!draw || p === 0) return x;
    const y = this.#dropped[place]!.take(x.length);
    this.#drop(x, y, p, draw, place);
    return y;
  }

  #drop(x: Tensor, y: Tensor, p: number, draw: DropoutDraw, place: number): void {
    if (p === 0) return;
    this.engine.dropout(x, y, {
      p,
      seed: draw.seed,
      stream: draw.step * (this.config.layers + 1) + place,
    });
  }
}
