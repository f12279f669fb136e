/** Windows of token ids for training and evaluation. */

/** One window: T time steps of B sequences, time-major (row t·B + b). */
export interface Window {
  readonly T: number;
  readonly B: number;
  /** (T·B) ids that go in. */
  readonly inputs: Int32Array;
  /** (T·B) ids to be predicted; −1 where nothing is (padding). */
  readonly targets: Int32Array;
  /** True where the recurrent state starts from zero: a new epoch, a new batch of lines. */
  readonly fresh: boolean;
}

/**
 * Windows by number, so that a resumed run needs only (epoch, index) to go on. `window` may reuse its buffers: its
 * result is valid until the next call.
 */
export interface Batches {
  /** Sequences side by side. */
  readonly batchSize: number;
  /** Longest T of a window. */
  readonly maxSteps: number;
  /** Lengths are drawn, so that epochs differ and a step counts by its length. */
  readonly varying: boolean;
  /** Number of windows in this epoch. */
  windows(epoch: number): number;
  /** Number of windows from the beginning of one epoch to that of a later one, or about that where counting takes long. */
  windowsIn(from: number, to: number): number;
  /** The part of this epoch that lies before a window, 0 … 1; `index` may be the number of windows. */
  part(epoch: number, index: number): number;
  /** Number of targets counted in one epoch. */
  readonly targetsPerEpoch: number;
  window(epoch: number, index: number): Window;
}
