/** UTF-8 to text, in chunks and strictly: invalid bytes are refused with their place. */
import { type Sentence, UserError } from "../../errors.js";

/** The text of one more chunk of bytes. @param last there is no more */
export type Decode = (chunk: Uint8Array, last: boolean) => string;

/**
 * A decoder that keeps a byte-order mark.
 * @param advice for the message where the text is in another encoding
 */
export function strictUtf8(name: string, advice: Sentence): Decode {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let bytesBefore = 0;
  let newlinesBefore = 0;
  // The last bytes before this chunk: a sequence that is not complete has at most three.
  let tail = new Uint8Array(0);
  return (chunk, last) => {
    try {
      const text = decoder.decode(chunk, { stream: !last });
      bytesBefore += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) newlinesBefore++;
      tail = chunk.length >= 3 ? chunk.slice(-3) : join(tail, chunk).slice(-3);
      return text;
    } catch {
      // The sequence may have begun in the chunk before: look again from its last bytes on.
      const joined = join(tail, chunk);
      const at = firstInvalid(joined, sequenceStart(tail));
      let line = newlinesBefore + 1;
      for (let i = tail.length; i < at; i++) if (joined[i] === 10) line++;
      const byte = bytesBefore - tail.length + at;
      throw new UserError({ problem: `${name} is not valid UTF-8 at byte ${byte} (line ${line})`, advice });
    }
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Where in the last bytes of a chunk a sequence begins that is not complete; their end if there is none. */
function sequenceStart(tail: Uint8Array): number {
  for (let i = tail.length - 1; i >= 0; i--) {
    const byte = tail[i]!;
    if (byte >= 0xc0) return i;
    if (byte < 0x80) break;
  }
  return tail.length;
}

/** Index of the first byte, from a boundary on, that does not begin or continue a UTF-8 sequence (RFC 3629). */
function firstInvalid(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length;) {
    const b = bytes[i]!;
    const length =
      b < 0x80 ? 1 : b >= 0xc2 && b < 0xe0 ? 2 : b >= 0xe0 && b < 0xf0 ? 3 : b >= 0xf0 && b < 0xf5 ? 4 : 0;
    if (length === 0) return i;
    for (let k = 1; k < length; k++) {
      const c = bytes[i + k];
      const low = k === 1 && b === 0xe0 ? 0xa0 : k === 1 && b === 0xf0 ? 0x90 : 0x80;
      const high = k === 1 && b === 0xed ? 0x9f : k === 1 && b === 0xf4 ? 0x8f : 0xbf;
      if (c === undefined || c < low || c > high) return i;
    }
    i += length;
  }
  return bytes.length;
}
