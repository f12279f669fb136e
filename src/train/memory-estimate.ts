/** How much memory a run takes, said before it starts. */
import { type AdaptiveCuts, clusterWidth } from "../layers/adaptive-decoder.js";
import type { Cell, ModelConfig } from "../model/config.js";
import type { OptimizerName } from "../optim/optimizer.js";

const FLOAT = 4;
const GATES: Readonly<Record<Cell, number>> = { rnn: 1, lstm: 4, gru: 3, minlstm: 3, mingru: 2 };
/** Cells without weights on h_{t−1}. */
const MINIMAL: ReadonlySet<Cell> = new Set(["minlstm", "mingru"]);
/** Node itself, code, text buffers. */
const PROCESS = 120e6;
/** Logits held at a time, see LinearEngine. */
const LOGITS = 33.6e6;

/** Number of weights of an architecture; tied ones count once. */
export function countParameters({
  cell,
  layers,
  hidden: H,
  embedding: E,
  vocabulary: V,
  tie,
  adaptive,
}: ModelConfig): number {
  let count = V * E + (adaptive ? adaptiveWeights(adaptive, H, V) : V + (tie ? 0 : V * H));
  const recurrent = MINIMAL.has(cell) ? 0 : H + 1;
  for (let l = 0; l < layers; l++) count += GATES[cell] * H * ((l === 0 ? E : H) + 1 + recurrent);
  return count;
}

function adaptiveWeights({ cutoffs, divisor }: AdaptiveCuts, H: number, V: number): number {
  let count = (cutoffs[0]! + cutoffs.length) * (H + 1);
  for (const [i, from] of cutoffs.entries()) {
    const d = clusterWidth(H, divisor, i);
    count += d * (H + (cutoffs[i + 1] ?? V) - from);
  }
  return count;
}

/** Bytes that training is expected to take at its peak. */
export function estimateMemory(
  config: ModelConfig,
  run: {
    readonly batchSize: number;
    readonly seqLen: number;
    readonly optimizer: OptimizerName;
    readonly momentum: number;
  },
): number {
  const { cell, layers, hidden: H, embedding: E, vocabulary: V } = config;
  const parameters = countParameters(config);
  const moments = run.optimizer === "sgd" ? (run.momentum > 0 ? 1 : 0) : 2;
  // weights, gradients, moments; the copy to roll back to; the recurrent weights packed for both directions
  const cellWeights = parameters - countParameters({ ...config, layers: 0 });
  const model = parameters * (2 + moments + 1 + moments) + 2 * cellWeights;
  const N = run.batchSize * run.seqLen;
  const workspace = N * (2 * E + layers * (GATES[cell] + 3) * H + 4 * H) + Math.max(LOGITS / FLOAT, V);
  return (model + workspace) * FLOAT + PROCESS;
}

/** A number of bytes as a person says it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
