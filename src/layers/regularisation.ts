/**
 * What a training pass does so that a model learns the language of its text and not the text: rates, all of them 0 where
 * nothing is done. It is no part of the architecture: a run keeps its rates in its checkpoint, and may change them.
 */

/** The rates of a training pass; probabilities are from 0 on and below 1. */
export interface Regularisation {
  /** Dropout of the embedded input, of what goes from layer to layer, and of the last layer's output. */
  readonly dropoutEmbedding: number;
  readonly dropoutBetween: number;
  readonly dropoutOutput: number;
  /** These three have one mask for a sequence and window, which all time steps share (see model/parts/dropout.ts). */
  readonly lockedDropout: boolean;
  /** Probability that a word is dropped from the embedding's lookup for a window (see embedding.ts). */
  readonly dropoutWords: number;
  /** Probability that a weight of W_hh is zero for a window (see hidden-to-hidden.ts). */
  readonly weightDrop: number;
  /** Probability that an element of h_{t−1} is zero in the gates, for a window (see hidden-to-hidden.ts). */
  readonly dropoutState: number;
  /** α and β: activation and temporal activation regularisation (see model/parts/activation-penalties.ts). */
  readonly ar: number;
  readonly tar: number;
}

export const NO_REGULARISATION: Regularisation = {
  dropoutEmbedding: 0,
  dropoutBetween: 0,
  dropoutOutput: 0,
  lockedDropout: false,
  dropoutWords: 0,
  weightDrop: 0,
  dropoutState: 0,
  ar: 0,
  tar: 0,
};
