/** One way through a model: what it is for, what it draws, and what is kept of it for whoever looks. */
import type { CandidateSampler } from "./candidate-sampler.js";
import type { Draw } from "./draw.js";
import type { Recording } from "./recording.js";

export type { Draw };

export interface Pass {
  /** Whether gradients are wanted: then products take the engine's operands of training. */
  readonly train: boolean;
  /** Without it nothing is dropped. */
  readonly draw?: Draw;
  /** Of a sampled softmax, whose loss is an estimate; it needs a draw. Without it the loss is exact. */
  readonly sampler?: CandidateSampler;
  /** What is to be kept. */
  readonly recording?: Recording;
}

/** A way through that only reads: measuring and generating. */
export const READING: Pass = { train: false };
