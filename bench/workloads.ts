/**
 * The workloads that speed is measured on. A training step is forward, backward, gradient-norm clip at 0.25 and the
 * update, with the state carried over; a generation step is one token at batch 1: forward, softmax at temperature
 * 0.8, draw. Sizes are those of the usual examples: character models, and word models at WikiText-2's vocabulary.
 */
import type { Cell } from "../src/model/config.js";

export interface TrainingWorkload {
  readonly cell: Cell;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly batch: number;
  readonly steps: number;
  readonly optimizer: "adam" | "sgd";
}

const workload = (
  cell: Cell,
  [vocabulary, embedding, hidden, layers]: readonly [number, number, number, number],
  [batch, steps]: readonly [number, number],
  optimizer: "adam" | "sgd",
): TrainingWorkload => ({ cell, vocabulary, embedding, hidden, layers, batch, steps, optimizer });

export const TRAINING: Readonly<Record<string, TrainingWorkload>> = {
  W1: workload("lstm", [96, 64, 128, 1], [32, 64], "adam"),
  W2: workload("lstm", [96, 128, 256, 2], [64, 64], "adam"),
  W3: workload("lstm", [96, 512, 512, 2], [64, 64], "adam"),
  W4: workload("rnn", [96, 128, 256, 1], [64, 64], "adam"),
  W5: workload("gru", [96, 128, 256, 2], [64, 64], "adam"),
  W6: workload("lstm", [33278, 200, 200, 2], [20, 35], "sgd"),
  W7: workload("lstm", [33278, 650, 650, 2], [20, 35], "sgd"),
};
