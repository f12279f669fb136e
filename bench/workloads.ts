/**
 * The workloads that speed is measured on. A training step is forward, backward, gradient-norm clip at 0.25 and the
 * update, with the state carried over; an evaluation step is forward and the loss; a generation step is one token at
 * batch 1: forward, softmax at temperature 0.8, draw. Sizes are those of the usual examples: character models, and
 * word models at WikiText-2's vocabulary.
 */
import type { Cell, ModelConfig } from "../src/model/config.js";

export interface ModelSizes {
  readonly cell: Cell;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  /** Of the cells that have them: see `ModelConfig`. */
  readonly inputGate?: ModelConfig["inputGate"];
  readonly mogrify?: ModelConfig["mogrify"];
  /** The output layer's weight is the embedding's. Default: no. */
  readonly tie?: boolean;
  /** Dropout on the embedded input, between layers and on the output. Default 0. */
  readonly dropout?: number;
}

export interface EvaluationWorkload extends ModelSizes {
  readonly batch: number;
  readonly steps: number;
}

export interface TrainingWorkload extends EvaluationWorkload {
  readonly optimizer: "adam" | "sgd";
}

type Sizes = readonly [vocabulary: number, embedding: number, hidden: number, layers: number];

const model = (cell: Cell, [vocabulary, embedding, hidden, layers]: Sizes): ModelSizes => ({
  cell,
  vocabulary,
  embedding,
  hidden,
  layers,
});

const workload = (
  cell: Cell,
  sizes: Sizes,
  [batch, steps]: readonly [number, number],
  optimizer: "adam" | "sgd",
): TrainingWorkload => ({ ...model(cell, sizes), batch, steps, optimizer });

const W3 = workload("lstm", [96, 512, 512, 2], [64, 64], "adam");

/** Cells that the peer does not have, to be measured beside W3: only where they are named. */
export const WITHOUT_PEER: Readonly<Record<string, TrainingWorkload>> = {
  C3: { ...W3, inputGate: "capped" },
  M3: { ...W3, cell: "mogrifier", mogrify: { rounds: 5, rank: 0 } },
  M3R: { ...W3, cell: "mogrifier", mogrify: { rounds: 5, rank: 48 } },
};

/** Training: V, E, H, layers; B, T. */
export const TRAINING: Readonly<Record<string, TrainingWorkload>> = {
  W1: workload("lstm", [96, 64, 128, 1], [32, 64], "adam"),
  W2: workload("lstm", [96, 128, 256, 2], [64, 64], "adam"),
  W3,
  W4: workload("rnn", [96, 128, 256, 1], [64, 64], "adam"),
  W5: workload("gru", [96, 128, 256, 2], [64, 64], "adam"),
  W6: workload("lstm", [33278, 200, 200, 2], [20, 35], "sgd"),
  W7: workload("lstm", [33278, 650, 650, 2], [20, 35], "sgd"),
  // The usual word model of WikiText-2.
  WT2: { ...workload("lstm", [33278, 200, 200, 2], [20, 35], "sgd"), tie: true, dropout: 0.2 },
  ...WITHOUT_PEER,
};

/** Those whose ratios to the peer are summed up by their geometric mean. */
export const IN_MEAN = ["W1", "W2", "W3", "W4", "W5", "W6", "W7"] as const;

/** Generation, one token at batch 1. */
export const GENERATION: Readonly<Record<string, ModelSizes>> = {
  G1: model("lstm", [96, 512, 512, 2]),
  G2: model("lstm", [33278, 650, 650, 2]),
};

/** Evaluation, forward only. */
export const EVALUATION: Readonly<Record<string, EvaluationWorkload>> = {
  E1: { ...model("lstm", [96, 128, 256, 2]), batch: 64, steps: 64 },
};

/** Start-up: milliseconds, not tokens. */
export const START_UP = "S1";

/** All that can be measured. */
export const WORKLOADS: readonly string[] = [
  ...Object.keys(TRAINING),
  ...Object.keys(GENERATION),
  ...Object.keys(EVALUATION),
  START_UP,
];

/** What is measured where nothing is named. */
export const USUAL_WORKLOADS: readonly string[] = WORKLOADS.filter((name) => !(name in WITHOUT_PEER));
