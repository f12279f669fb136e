/** A text in memory, as the chunks that encoders and splits read. */
import { breathe } from "../../breathe.js";

/** UTF-16 units of a chunk. */
const PIECE = 1 << 18;

/**
 * The text in pieces that do not cut a surrogate pair; between them others have their turn.
 * @param onRead called with the UTF-16 units delivered, of all; an error that it throws ends the reading
 */
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
    await breathe();
  }
}
