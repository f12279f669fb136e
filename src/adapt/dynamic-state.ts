/** The state of dynamic evaluation: the recurrent state, and the segment that is being read. */
import { beginLine, type PredictorState } from "../model/predictor.js";
import type { RecurrentState } from "../model/state.js";

/** Learns from what was read of a segment, though it is not whole. */
type EndSegment = (state: DynamicState) => void;

export class DynamicState implements PredictorState {
  readonly batch: number;
  readonly inner: RecurrentState;
  /** The state that the segment began from. */
  readonly start: RecurrentState;
  /** Tokens of the segment that were read, and their number. */
  readonly inputs: Int32Array;
  count = 0;
  /** What came after each; −1 where it is not known yet, which is only after the last. */
  readonly targets: Int32Array;
  readonly #endSegment: EndSegment;

  constructor(inner: RecurrentState, segment: number, endSegment: EndSegment) {
    this.batch = inner.batch;
    this.inner = inner;
    this.start = inner.copy();
    this.inputs = new Int32Array(segment);
    this.targets = new Int32Array(segment);
    this.#endSegment = endSegment;
  }

  /** Whether all of the segment was read, and what came after it is known. */
  get whole(): boolean {
    return this.count === this.inputs.length && this.targets[this.count - 1]! >= 0;
  }

  /** Adds tokens that were read; they have to fit in the segment. @param next the token after the last, −1: not known */
  add(inputs: Int32Array, targets: Int32Array, next: number): void {
    if (this.count === 0) this.#copyStart(this.inner);
    for (let t = 0; t < inputs.length; t++) {
      this.inputs[this.count] = inputs[t]!;
      this.targets[this.count++] = targets[t]! >= 0 ? targets[t]! : (inputs[t + 1] ?? next);
    }
  }

  /** The token after what was read. */
  follow(token: number): void {
    const last = this.count - 1;
    if (last >= 0 && this.targets[last]! < 0) this.targets[last] = token;
  }

  copy(): DynamicState {
    const copy = new DynamicState(this.inner.copy(), this.inputs.length, this.#endSegment);
    copy.#copySegment(this);
    return copy;
  }

  /** What was read of a segment is forgotten with the text. */
  reset(): void {
    this.count = 0;
    this.inner.reset();
  }

  beginLine(): void {
    this.#endSegment(this);
    beginLine(this.inner);
  }

  copyRow(source: DynamicState, from: number, to: number): void {
    this.inner.copyRow(source.inner, from, to);
    // Sequences side by side are written, and not learned from.
    if (this.batch === 1 && source.batch === 1) this.#copySegment(source);
  }

  #copySegment(source: DynamicState): void {
    this.#copyStart(source.start);
    this.inputs.set(source.inputs);
    this.targets.set(source.targets);
    this.count = source.count;
  }

  #copyStart(state: RecurrentState): void {
    for (let b = 0; b < this.batch; b++) this.start.copyRow(state, b, b);
  }
}
