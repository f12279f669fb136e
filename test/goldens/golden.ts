/**
 * The goldens made by make-goldens.py with PyTorch in float64: one small model each, without dropout.
 *
 * Every matrix is row-major, every window time-major: row t·B + b. Names, shapes and gate order are PyTorch's. Weights
 * and initial states stand exactly in the files; results have twelve significant digits.
 */
import { readFileSync, readdirSync } from "node:fs";
import type { Draw } from "../../src/layers/draw.js";
import type { Regularisation } from "../../src/layers/regularisation.js";

/** A tensor: row-major elements. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One layer's state, or gradient by it, for B sequences: B·H numbers each. */
export interface GoldenState {
  readonly h: readonly number[];
  /** LSTM only. */
  readonly c?: readonly number[];
}

export interface GoldenWindow {
  /** (T·B) */
  readonly inputs: readonly number[];
  /** (T·B); −1 where nothing is counted. */
  readonly targets: readonly number[];
}

/**
 * Ten updates from `weights` and `initialState`. Update s takes `windows[s % windows.length]`; the state is carried from
 * one to the next and not differentiated through; the mean cross-entropy over counted targets is differentiated; all
 * gradients together are clipped to the norm `clip` (times clip / (norm + 1e-6) where that is below 1); then the
 * optimizer updates every parameter, also the embedding rows that the window did not touch.
 */
export interface GoldenTrajectory {
  /** Mean loss before each update. */
  readonly losses: readonly number[];
  /** Norm of all gradients before clipping. */
  readonly gradientNorms: readonly number[];
  /** Some parameters after the last update: embedding.weight, decoder.bias (adaptive: decoder.head.bias, decoder.tail.1.1.weight), projection.weight where there is one, of a mixture decoder.prior.weight and decoder.latent.bias, and rnn.bias_hh_l0 or a minimal cell's rnn.bias_ih_l0. */
  readonly finalWeights: Readonly<Record<string, readonly number[]>>;
}

/**
 * adam: lr 0.01, betas 0.9 and 0.999, eps 1e-8. adamw: the same with decoupled weight decay 0.01 on every parameter.
 * sgd: lr 0.5. momentum: lr 0.5, v ← 0.9 v + g (v = g at first), w ← w − 0.5 v.
 */
export type GoldenOptimizer = "adam" | "adamw" | "sgd" | "momentum";

export interface Golden {
  readonly name: string;
  readonly cell: "rnn" | "lstm" | "mogrifier" | "gru" | "minlstm" | "mingru";
  readonly nonlinearity: "tanh" | "relu";
  /** LSTM and Mogrifier LSTM, where it is capped to 1 − f. */
  readonly inputGate?: "capped";
  /** Of a Mogrifier LSTM. */
  readonly mogrify?: { readonly rounds: number; readonly rank: number };
  /** L */
  readonly layers: number;
  readonly embedding: number;
  /** H, or that of each layer. */
  readonly hidden: number | readonly number[];
  /** V */
  readonly vocabulary: number;
  /** The decoder's weight is the embedding's; `decoder.weight` is then absent. Of another width than the last layer: that is projected. */
  readonly tie: boolean;
  /** From the second layer on, a layer's output is the sum of its h and its input. */
  readonly residual?: boolean;
  /** Where the output layer is PyTorch's AdaptiveLogSoftmaxWithLoss, with a bias in the head. */
  readonly adaptive?: { readonly cutoffs: number[]; readonly divisor: number };
  /** Where the output layer is a mixture of softmaxes: its equations in PyTorch's operations. */
  readonly mixture?: { readonly components: number };
  readonly T: number;
  readonly B: number;
  readonly weights: Readonly<Record<string, GoldenTensor>>;
  /** One a layer. */
  readonly initialState: readonly GoldenState[];
  /** One or two; all that stands below, but the trajectories, is of the first. */
  readonly windows: readonly GoldenWindow[];
  /** (T·B, H) of the last layer, before a projection. */
  readonly outputs: readonly number[];
  /** (T·B, V); of an adaptive softmax and of a mixture ln p. */
  readonly logits: readonly number[];
  readonly finalState: readonly GoldenState[];
  /** Mean cross-entropy over the counted targets, in nats. */
  readonly loss: number;
  /** Of `loss`, by every parameter, not clipped; tied: both uses summed under `embedding.weight`. */
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
  /** Of `loss`, by the initial state. */
  readonly initialStateGradients: readonly GoldenState[];
  /** Largest norm of the gradients in the trajectories. */
  readonly clip: number;
  readonly trajectories: Readonly<Record<GoldenOptimizer, GoldenTrajectory>>;
}

/** A training pass with regularisation, made by make-regularised-goldens.py: of two layers, not tied. */
export interface RegularisedGolden extends Pick<
  Golden,
  "name" | "cell" | "layers" | "embedding" | "hidden" | "vocabulary" | "T" | "B" | "weights" | "initialState"
> {
  readonly draw: Draw;
  readonly rates: Regularisation;
  /** (T·B) each */
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  /** Mean cross-entropy over the counted targets, in nats. */
  readonly loss: number;
  /** Of `loss` and the activation penalties together, by every parameter. */
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
}

/** All goldens, by name. */
export const loadGoldens = (): Golden[] => load<Golden>("./");
export const loadRegularisedGoldens = (): RegularisedGolden[] => load<RegularisedGolden>("./regularised/");

function load<G>(path: string): G[] {
  const folder = new URL(path, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as G);
}
