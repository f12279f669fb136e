/** What is told of a text: its pieces, and what each did for what was predicted. */
import type { EXPLAIN_METHODS } from "../options/words.js";

export interface ExplainedPiece {
  /** As it stands in the text. */
  readonly text: string;
  /**
   * What it did, in nats: above 0 where it made the target more probable, below 0 where less. Null where nothing would be left
   * to predict the target from without it.
   */
  readonly effect: number | null;
}

export interface Explanation {
  readonly text: string;
  /** What is predicted: the text that follows. */
  readonly target: string;
  /** ln p of the target after the text, in nats, and p. */
  readonly logProbability: number;
  readonly probability: number;
  /** Another text in the target's place: effects are then on ln p(target) − ln p(against). */
  readonly against?: { readonly text: string; readonly logProbability: number } | undefined;
  /** Of the method "integrated": points on the way, and how far the sum of all effects is from what it should be, in parts of that. */
  readonly completeness?: { readonly points: number; readonly gap: number } | undefined;
  readonly method: (typeof EXPLAIN_METHODS)[number];
  /** In the text's order. */
  readonly pieces: readonly ExplainedPiece[];
  /** Tokens before the first piece, which were read and are not explained, since there is a limit. */
  readonly earlier: number;
}

/** The largest |effect|; 0 without any. */
export function strongest(pieces: readonly ExplainedPiece[]): number {
  return pieces.reduce((most, { effect }) => Math.max(most, Math.abs(effect ?? 0)), 0);
}
