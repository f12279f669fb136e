/** How often each token occurs in an encoded text. */
import type { TokenSource } from "../text/windows/token-source.js";

/** Ids that are read at a time. */
const PIECE = 1 << 16;

/** @returns counts by token */
export function countTokens(tokens: TokenSource, vocabulary: number): Float64Array {
  const counts = new Float64Array(vocabulary);
  const buffer = new Int32Array(Math.min(PIECE, tokens.length));
  for (let from = 0; from < tokens.length; from += PIECE) {
    const piece = buffer.subarray(0, Math.min(PIECE, tokens.length - from));
    tokens.read(from, piece);
    for (let i = 0; i < piece.length; i++) counts[piece[i]!]!++;
  }
  return counts;
}
