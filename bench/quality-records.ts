/** What bench/time-to-quality.ts writes: a line of JSON about the run, and one for each point. */
import { UserError } from "../src/errors.js";

export interface QualityHead {
  readonly about: Readonly<Record<string, string | number>>;
  readonly text: { readonly trainTokens: number; readonly validTokens: number; readonly vocabulary: number };
  /** Of ours, besides the text and the time. */
  readonly flags: readonly string[];
  readonly threads: number;
  readonly peer?: string;
}

export const SERIES = ["recurra", "on its way", "PyTorch"] as const;
export type QualitySeries = (typeof SERIES)[number];

/** After so much time, so good on the held-out text. */
export interface QualityPoint {
  readonly series: QualitySeries;
  /** Of the wall clock, from the start of the program. */
  readonly seconds: number;
  readonly perplexity: number;
  /** Of ours: the time that it was given. */
  readonly minutes?: number;
  /** Of the peer. */
  readonly epoch?: number;
}

/** @throws UserError for another text than `formatRecords` makes */
export function parseRecords(text: string, where: string): { head: QualityHead; points: QualityPoint[] } {
  try {
    const [head, ...points] = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown) as [QualityHead, ...QualityPoint[]];
    const isPoint = ({ series, seconds, perplexity }: QualityPoint): boolean =>
      SERIES.includes(series) && seconds > 0 && perplexity > 0;
    if (head.text.vocabulary > 0 && points.length > 0 && points.every(isPoint)) return { head, points };
  } catch {
    // Refused below, as what is not JSON of this kind.
  }
  throw new UserError(
    `${where} holds other lines than bench/time-to-quality.ts writes; make it with "npx tsx bench/time-to-quality.ts".`,
  );
}

export function formatRecords(head: QualityHead, points: readonly QualityPoint[]): string {
  return [head, ...points].map((record) => `${JSON.stringify(record)}\n`).join("");
}
