/** Pieces of a text as many and as long as others, spread evenly over it. */
import type { MatchedPiece } from "../memorised/shares.js";

type ReadUnits = () => AsyncIterable<Int32Array>;

/**
 * Of a text that is too short for all of them there are fewer. Lines are taken whole, with their newlines; empty ones are none.
 * @param read a text, with a newline before it; read twice
 * @param like how many pieces, and how long they are, where no lines are wanted
 * @param newline where lines are wanted
 */
export async function spreadPieces(
  read: ReadUnits,
  like: readonly MatchedPiece[],
  newline: number | undefined,
): Promise<MatchedPiece[]> {
  if (newline !== undefined) return spreadLines(read, like.length, newline);
  let total = -1;
  for await (const piece of read()) total += piece.length;
  const all = like.reduce((sum, { units }) => sum + units.length, 0);
  const gap = Math.max(0, total - all) / Math.max(1, like.length);
  const found: MatchedPiece[] = [];
  // The newline that comes before the text is none of it.
  let start = 1;
  const places = like.map(({ units }) => {
    const place = { start: Math.floor(start), units: new Int32Array(units.length), filled: 0 };
    start += units.length + gap;
    return place;
  });
  let at = 0;
  let next = 0;
  for await (const piece of read()) {
    while (next < places.length && places[next]!.start < at + piece.length) {
      const place = places[next]!;
      const from = place.start + place.filled - at;
      const taken = piece.subarray(from, from + place.units.length - place.filled);
      place.units.set(taken, place.filled);
      place.filled += taken.length;
      if (place.filled < place.units.length) break;
      next++;
    }
    at += piece.length;
  }
  for (const { units, filled } of places)
    if (filled > 0)
      found.push({ units: units.subarray(0, filled), lengths: new Int32Array(filled), isLine: false });
  return found;
}

async function spreadLines(read: ReadUnits, most: number, newline: number): Promise<MatchedPiece[]> {
  let count = 0;
  for await (const _ of linesIn(read(), newline)) count++;
  const wanted = Math.min(most, count);
  const found: MatchedPiece[] = [];
  let n = 0;
  for await (const line of linesIn(read(), newline)) {
    if (Math.floor((n * wanted) / count) < Math.floor((++n * wanted) / count))
      found.push({ units: line, lengths: new Int32Array(line.length), isLine: true });
  }
  return found;
}

/** Each with the newlines around it. */
async function* linesIn(pieces: AsyncIterable<Int32Array>, newline: number): AsyncGenerator<Int32Array> {
  let line: number[] = [];
  for await (const piece of pieces)
    for (const unit of piece) {
      if (unit !== newline) line.push(unit);
      else {
        if (line.length > 0) yield Int32Array.from([newline, ...line, newline]);
        line = [];
      }
    }
  if (line.length > 0) yield Int32Array.from([newline, ...line, newline]);
}
