/** A text in memory, as the chunks that encoders and splits read. */
import { mix } from "./line-hash.js";

/** UTF-16 units of a chunk. */
const PIECE = 1 << 18;

/** The text in pieces that do not cut a surrogate pair. @param onRead hears of the units given out, of all */
export async function* textChunks(
  text: string,
  onRead?: (done: number, total: number) => void,
): AsyncGenerator<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + PIECE);
    if ((text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to++;
    yield text.slice(from, to);
    from = to;
    onRead?.(Math.min(to, text.length), text.length);
  }
}

/** Tells a text, and whether it is read by lines, from others: its length and 64 bits of FNV-1a over its units. */
export function textKey(text: string, lines: boolean): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x01000193) ^ (b >>> 15);
  }
  const hex = (h: number) => (mix(h) >>> 0).toString(16).padStart(8, "0");
  return `${lines ? "lines" : "text"}-${text.length}-${hex(a)}${hex(b)}`;
}
