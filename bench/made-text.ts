/** Text made by a seed: words whose frequencies fall as natural ones do, in sentences. For timing, not for learning. */
import { Random } from "../src/engine/random.js";

const LETTERS = "etaoinshrdlucmfwypvbgk";
const WORDS = 5000;
const SENTENCE = 12;

/** At least `bytes` characters of ASCII text, ending with a whole sentence. */
export function madeText(bytes: number, seed = 1): string {
  const random = new Random(seed);
  const words = Array.from({ length: WORDS }, () =>
    Array.from({ length: 2 + random.below(7) }, () => LETTERS[random.below(LETTERS.length)]!).join(""),
  );
  const pieces: string[] = [];
  let length = 0;
  while (length < bytes) {
    // The r-th word comes about 1/r as often as the first (Zipf).
    const sentence = Array.from({ length: 2 + random.below(2 * SENTENCE) }, () => {
      return words[Math.floor(WORDS ** random.next()) - 1]!;
    }).join(" ");
    const piece = `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.\n`;
    pieces.push(piece);
    length += piece.length;
  }
  return pieces.join("");
}
