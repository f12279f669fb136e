/** How much memory a run takes, said before it starts. */
import { CELL_TABLE } from "../cells.js";
import { roundFloats } from "../layers/mogrifier-shapes.js";
import type { ModelConfig } from "../model/config.js";
import { weightShapes } from "../model/weight-shapes.js";
import { decoderWidth, hiddenSizes, inputSize } from "../model/widths.js";
import type { AverageName } from "../optim/average.js";
import type { OptimizerName } from "../optim/optimizer.js";
import { longestWindow } from "../text/windows/window-lengths.js";

const FLOAT = 4;
/** Node itself, code, text buffers. */
const PROCESS = 120e6;
/** Logits held at a time, see LinearEngine. */
const LOGITS = 33.6e6;
/** The gradient by a softmax's input is summed in at most so many parts, of at most so many rows. */
const SUMMED_PARTS = 16;
const SUMMED_ROWS = 4096;

/** Number of weights of an architecture; tied ones count once. */
export function countParameters(config: ModelConfig): number {
  return countWeights(config, () => true);
}

function countWeights(config: ModelConfig, isWanted: (name: string) => boolean): number {
  let sum = 0;
  for (const { name, shape } of weightShapes(config))
    if (isWanted(name)) sum += shape.reduce((a, b) => a * b);
  return sum;
}

/** Bytes that training is expected to take at its peak. */
export function estimateMemory(
  config: ModelConfig,
  run: {
    readonly batchSize: number;
    readonly seqLen: number;
    readonly varySeqLen?: boolean;
    readonly optimizer: OptimizerName;
    readonly momentum: number;
    readonly pastDecode?: number;
    readonly weightDrop?: number;
    readonly dropoutState?: number;
    readonly average?: AverageName;
  },
): number {
  const { cell, embedding: E, vocabulary: V, mogrify } = config;
  const sizes = hiddenSizes(config);
  const parameters = countParameters(config);
  const moments = run.optimizer === "sgd" ? (run.momentum > 0 ? 1 : 0) : 2;
  const averaged = (run.average ?? "none") !== "none" || run.optimizer === "schedule-free";
  const average = averaged ? 1 : 0;
  // weights, gradients, moments, their average; the copy to roll back to; the recurrent weights packed for both directions
  const packed = countWeights(config, (name) => /^(rnn|projection|decoder\.(prior|latent))\./.test(name));
  const model = parameters * (2 + moments + average + 1 + moments + average) + 2 * packed;
  // What is left of W_hh.
  const dropped =
    run.weightDrop || run.dropoutState ? countWeights(config, (name) => name.startsWith("rnn.weight_hh")) : 0;
  const N = run.batchSize * (run.varySeqLen ? longestWindow(run.seqLen) : run.seqLen);
  const rounds = sizes.map((H, l) => (mogrify ? roundFloats(inputSize(config, l), H, mogrify) : 0));
  const workspace =
    N * (2 * E + (CELL_TABLE[cell].gates + 3) * total(sizes) + total(rounds) + 4 * Math.max(...sizes)) +
    Math.max(LOGITS / FLOAT, V) +
    mixtureRoom(config, N);
  const past = run.pastDecode ? 5 * (E * (E + N) + V) : 0;
  return (model + dropped + past + workspace) * FLOAT + PROCESS;
}

/** Floats that a mixture's latent states and their gradients take, and what the softmax sums of them in parts. */
function mixtureRoom(config: ModelConfig, N: number): number {
  if (!config.mixture) return 0;
  const rows = N * config.mixture.components;
  return (2 * rows + SUMMED_PARTS * Math.min(rows, SUMMED_ROWS)) * decoderWidth(config);
}

const total = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);

/** A number of bytes as a person says it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return bytes < 1e12 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e12).toFixed(1)} TB`;
}

/** A large number as a person says it: 12,345, 1.2 million, 508.0 billion. */
export function formatCount(count: number): string {
  if (count < 1e6) return count.toLocaleString("en-US");
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} million`;
  return count < 1e12 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e12).toFixed(1)} trillion`;
}
