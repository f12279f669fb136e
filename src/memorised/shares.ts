/**
 * How much of some pieces of text stands in a training text, from the length of the longest match at each of their places: by
 * length of n-gram, and the longest.
 */

/** A piece of text. */
export interface MatchedPiece {
  readonly units: Int32Array;
  /** At each place the length of the longest row of units from there on that stands in the training text. */
  readonly lengths: Int32Array;
  /** It is a whole line, with its newlines. */
  readonly isLine: boolean;
}

export interface NgramShare {
  /** Units of an n-gram. */
  readonly order: number;
  /** n-grams that there are, and the part of them that stands in the training text; null where there is none. */
  readonly ngrams: number;
  readonly share: number | null;
  /** Standard error of the share, as between pieces; null where there are fewer than two with n-grams. */
  readonly error: number | null;
}

export interface Overlap {
  readonly pieces: number;
  readonly units: number;
  readonly shares: readonly NgramShare[];
  /** Units of the longest passage, and the mean of the longest of each piece. */
  readonly longest: number;
  readonly meanLongest: number;
  /** Of pieces that are lines: the part that is a line of the training text as a whole. Null where none is. */
  readonly wholeLines: number | null;
}

export function overlapOf(pieces: readonly MatchedPiece[], orders: readonly number[]): Overlap {
  const longest = pieces.map(({ lengths }) => lengths.reduce((most, length) => Math.max(most, length), 0));
  const lines = pieces.filter(({ isLine }) => isLine);
  const whole = lines.filter(({ lengths, units }) => lengths[0] === units.length);
  return {
    pieces: pieces.length,
    units: pieces.reduce((sum, { units }) => sum + units.length, 0),
    shares: orders.map((order) => shareOf(pieces, order)),
    longest: Math.max(0, ...longest),
    meanLongest: longest.reduce((sum, length) => sum + length, 0) / Math.max(1, pieces.length),
    wholeLines: lines.length === 0 ? null : whole.length / lines.length,
  };
}

/**
 * The share s = Σ_p found_p / Σ_p n_p over pieces p; its error is that of a ratio of sums over pieces drawn by themselves,
 * √(P / (P − 1) Σ_p (found_p − s n_p)²) / Σ_p n_p (Cochran, 1977, equation 6.9 without the finite population).
 */
function shareOf(pieces: readonly MatchedPiece[], order: number): NgramShare {
  const counts = pieces.flatMap(({ units, lengths }) => {
    const n = Math.max(0, units.length - order + 1);
    if (n === 0) return [];
    let found = 0;
    for (let i = 0; i < n; i++) if (lengths[i]! >= order) found++;
    return [{ n, found }];
  });
  const ngrams = counts.reduce((sum, { n }) => sum + n, 0);
  if (ngrams === 0) return { order, ngrams, share: null, error: null };
  const share = counts.reduce((sum, { found }) => sum + found, 0) / ngrams;
  const P = counts.length;
  const squares = counts.reduce((sum, { n, found }) => sum + (found - share * n) ** 2, 0);
  return { order, ngrams, share, error: P < 2 ? null : Math.sqrt((P / (P - 1)) * squares) / ngrams };
}
