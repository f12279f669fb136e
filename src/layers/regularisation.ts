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
}

export const NO_REGULARISATION: Regularisation = {
  dropoutEmbedding: 0,
  dropoutBetween: 0,
  dropoutOutput: 0,
};
