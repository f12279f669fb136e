/** How `softmax_loss` (native/src/softmax.h) goes through a window's rows, and the sums of what it leaves of each. */
import type { Floats } from "./engine.js";
import type { HostSums } from "./host-sums.js";

/**
 * Statistics that `softmax_loss` leaves of a row: the greatest logit, Σ e^{l − max}, the target's logit, 1 if it is the
 * argmax (of a mixture: in the first of its rows, and only without gradients).
 */
export const ROW_STATS = 4;

/** Floats of logits held at a time (32 MiB): each chunk of rows costs a passage through the whole weight gradient. */
const LOGITS_HELD = 1 << 23;
/** More chunks than these cost more than a product: then the logits are made again instead. */
const CHUNKS_WORTH_HOLDING = 6;
/** Rows of a chunk at most, however small the vocabulary. */
const CHUNK_ROWS = 4096;
/** The same where logits are not held: more would leave a core's cache. */
const READ_ROWS = 1024;

/** How N rows over a vocabulary of V are gone through. */
export interface RowChunks {
  /** Rows at a time. */
  readonly chunk: number;
  /** The logits are made a second time for the gradients, and none are held. */
  readonly again: boolean;
}

/**
 * Chunks of equal height, as few as fit; where they would be many, logits are made twice.
 * @param floats that the kernel holds for each of the N: K · V, or fewer where it holds only some logits at a time
 * @param K rows of h that each of the N has: a chunk holds all of them
 */
export function chunkRows(N: number, V: number, floats: number, gradients: boolean, K = 1): RowChunks {
  const most = Math.floor((floats < V * K ? READ_ROWS : CHUNK_ROWS) / K);
  const held = Math.ceil(N / Math.max(1, Math.floor(LOGITS_HELD / floats)));
  const again = gradients && held > CHUNKS_WORTH_HOLDING;
  const chunks = again ? 1 : gradients ? held : Math.max(held, Math.ceil(N / most));
  return { chunk: Math.min(Math.ceil(N / chunks), most) * K, again };
}

/** Where the rows' log-probabilities are written, if the caller wants them. */
interface RowLogs {
  readonly own?: Floats | undefined;
  readonly best?: Floats | undefined;
}

/** Rows at a time where `buffers` times their logits are held. */
export function chunkHeld(N: number, V: number, buffers: number): number {
  const most = Math.max(1, Math.min(Math.floor(LOGITS_HELD / (V * buffers)), CHUNK_ROWS));
  return Math.max(1, Math.ceil(N / Math.ceil(N / most)));
}

/** ln p of a row's target, without the row's largest error: l − max − ln Σ e^{l − max}. */
function ownLogProbability(stats: Floats, row: number): number {
  return stats[row + 2]! - stats[row]! - Math.log(stats[row + 1]!);
}

/** ln Σ e^x, shifted by the greatest. */
function logSumExp(x: readonly number[]): number {
  const top = Math.max(...x);
  return top + Math.log(x.reduce((sum, a) => sum + Math.exp(a - top), 0));
}

/** −ln Σ_k π_k p_k(t) of each counted mixture of K rows, added in order. @param prior (N, K): π = softmax(prior) */
export function sumMixtures(
  N: number,
  K: number,
  prior: Floats,
  targets: Int32Array,
  stats: Floats,
  logs: Floats | undefined,
  sums: HostSums,
): void {
  let nats = 0;
  let correct = 0;
  for (let n = 0; n < N; n++) {
    if (logs) logs[n] = 0;
    if (targets[n]! < 0) continue;
    // ln Σ_k e^{a_k + ln p_k} − ln Σ_k e^{a_k}
    const own = [...prior.subarray(n * K, (n + 1) * K)];
    const joint = own.map((a, k) => a + ownLogProbability(stats, (n * K + k) * ROW_STATS));
    const log = logSumExp(joint) - logSumExp(own);
    nats -= log;
    correct += stats[n * K * ROW_STATS + 3]!;
    if (logs) logs[n] = log;
  }
  sums.nats += nats;
  sums.correct += correct;
}

/** −ln p = ln Σ e^{l − max} + max − l_target of each counted row, added in order. */
export function sumRows(
  N: number,
  targets: Int32Array,
  stats: Floats,
  { own, best }: RowLogs,
  sums: HostSums,
): void {
  let nats = 0;
  let correct = 0;
  for (let n = 0; n < N; n++) {
    if (own) own[n] = 0;
    if (best) best[n] = 0;
    if (targets[n]! < 0) continue;
    const row = n * ROW_STATS;
    const max = stats[row]!;
    const logSum = Math.log(stats[row + 1]!);
    const target = stats[row + 2]!;
    const loss = logSum + (max - target);
    nats += loss;
    correct += stats[row + 3]!;
    if (own) own[n] = -loss;
    if (best) best[n] = -logSum;
  }
  sums.nats += nats;
  sums.correct += correct;
}
