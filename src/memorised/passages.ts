/** The longest passages of some pieces that stand in a training text, and where and how often they stand there. */
import type { MatchedPiece } from "./shares.js";
import type { TextBlock } from "./text-units.js";

export interface Passage {
  readonly units: Int32Array;
  /** Number of the piece, from 0, and the place in it where the passage begins. */
  readonly piece: number;
  readonly from: number;
}

/** Where a passage stands in the training text. */
export interface PassagePlaces {
  readonly times: number;
  /** Line of the first, from 1. */
  readonly line: number;
}

/**
 * The longest passages, the longest first: none that goes on before or after in the training text, none that another one of
 * them holds, and of those that overlap by more than half the longer one.
 * @param most how many
 */
export function longestPassages(pieces: readonly MatchedPiece[], most: number): Passage[] {
  const found: { readonly piece: number; readonly from: number; readonly length: number }[] = [];
  for (const [piece, { lengths }] of pieces.entries())
    for (const [from, length] of lengths.entries()) {
      // Else it is the match before it without its first unit.
      if (length > 0 && (from === 0 || lengths[from - 1]! <= length)) found.push({ piece, from, length });
    }
  found.sort((a, b) => b.length - a.length || a.piece - b.piece || a.from - b.from);
  const taken: Passage[] = [];
  for (const { piece, from, length } of found) {
    if (taken.length === most) break;
    const units = pieces[piece]!.units.subarray(from, from + length);
    const isKnown = taken.some(
      (other) =>
        (other.piece === piece && 2 * overlap(other, { from, length }) > length) || holds(other.units, units),
    );
    if (!isKnown) taken.push({ units, piece, from });
  }
  return taken;
}

function overlap(a: Passage, b: { readonly from: number; readonly length: number }): number {
  return Math.min(a.from + a.units.length, b.from + b.length) - Math.max(a.from, b.from);
}

const holds = (text: Int32Array, part: Int32Array): boolean => nextPlace(text, part, 0, text.length) >= 0;

/** The first place from `from` on and below `end` at which the part stands; −1 where there is none. */
function nextPlace(text: Int32Array, part: Int32Array, from: number, end: number): number {
  const last = Math.min(end - 1, text.length - part.length);
  for (let at = text.indexOf(part[0]!, from); at >= 0 && at <= last; at = text.indexOf(part[0]!, at + 1)) {
    let same = 1;
    while (same < part.length && text[at + same] === part[same]) same++;
    if (same === part.length) return at;
  }
  return -1;
}

/**
 * Goes through a text once more and looks for all passages.
 * @param blocks overlapping by the longest passage
 */
export async function placesOf(
  passages: readonly Passage[],
  blocks: AsyncIterable<TextBlock>,
  newline: number,
): Promise<PassagePlaces[]> {
  const places = passages.map(() => ({ times: 0, line: 0 }));
  let lines = 0;
  for await (const { units, own } of blocks) {
    for (const [p, { units: part }] of passages.entries()) {
      const place = places[p]!;
      for (let at = nextPlace(units, part, 0, own); at >= 0; at = nextPlace(units, part, at + 1, own)) {
        if (place.times++ === 0) place.line = lines + countOf(units, newline, at + 1);
      }
    }
    lines += countOf(units, newline, own);
  }
  return places;
}

/** How often a number stands among the first `end`. */
function countOf(units: Int32Array, unit: number, end: number): number {
  let count = 0;
  for (let i = 0; i < end; i++) if (units[i] === unit) count++;
  return count;
}
