/** Settings of one pass through a model: whether it trains, its random draws, and what it records. */
import type { CandidateSampler } from "./candidate-sampler.js";
import type { Candidates } from "./candidates.js";
import type { Draw } from "./draw.js";
import type { KnownIds } from "./known-ids.js";
import type { PastDecode } from "./past-decode.js";
import type { Recording } from "./recording.js";
import type { Regularisation } from "./regularisation.js";

export type { Draw };

export interface Pass {
  /** Whether gradients follow: then products use the engine's operands of training. */
  readonly train: boolean;
  /** Absent: nothing is dropped, nor sampled. */
  readonly draw?: Draw;
  /** What is absent is 0. What is dropped needs `draw`, too. */
  readonly regularisation?: Partial<Regularisation>;
  /** For a sampled softmax, whose loss is an estimate; it needs `draw`. Absent: the loss is exact. */
  readonly sampler?: CandidateSampler;
  /** A softmax over the window's targets and these tokens alone, of a pass without draws. Absent: over all. */
  readonly candidates?: Candidates;
  /**
   * Decodes past tokens, too (past-decode.ts), of an output layer that shares the embedding's weight: full or sampled, not
   * mixed. The gradients of its weights are added to as a parameter's are.
   */
  readonly pastDecode?: PastDecode;
  /** The token that each row of the output layer was read after; −1 where its target is. The model sets it for the above. */
  readonly previous?: KnownIds;
  /** What to record. */
  readonly recording?: Recording | undefined;
}

/** The pass of measuring and generating: no gradients, no draws. */
export const READING: Pass = { train: false };
