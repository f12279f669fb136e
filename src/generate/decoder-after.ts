/** What is written after a prompt, as text: spaces and quotes go on from where the prompt stands. */
import type { DecodeStream, Tokenizer } from "../text/tokenizers/tokenizer.js";
import { writtenStream } from "../text/tokenizers/written-text.js";

/** A decoder that knows the prompt: whether the next word gets a space, and which quotes are open. */
export function decoderAfter(tokenizer: Tokenizer, prompt: string, ids: Int32Array): DecodeStream {
  const decoder = writtenStream(tokenizer);
  // What stands before the last token matters only to punctuation.
  const known = tokenizer.splitsPunctuation ? ids : ids.subarray(-1);
  const spaced = /\s$/.test(prompt);
  if (spaced && !tokenizer.splitsPunctuation) return decoder;
  for (const id of known) decoder.push(id);
  return spaced ? withoutFirstSpace(decoder) : decoder;
}

/** The prompt ends with the space that would come first. */
function withoutFirstSpace(decoder: DecodeStream): DecodeStream {
  let first = true;
  return {
    push(id) {
      const piece = decoder.push(id);
      const text = first ? piece.replace(/^ /, "") : piece;
      if (piece !== "") first = false;
      return text;
    },
    end: () => decoder.end(),
  };
}
