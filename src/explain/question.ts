/** What is asked: how each piece of some tokens changed the probability of those that follow. */

export interface Question {
  /** Tokens that are read first and stay as they are. */
  readonly before: Int32Array;
  /** Tokens whose pieces are looked at, at least one. */
  readonly ids: Int32Array;
  /** The tokens that follow them, at least one. */
  readonly target: Int32Array;
}

/** Tokens one after the other. */
export function joined(...parts: readonly Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => Array.from(part)));
}
