/**
 * A text in the form of Unicode that a vocabulary has. "é" is one character (NFC) or two, e and a mark (NFD), as keyboards,
 * systems and editors have it; both look the same, and to a tokenizer they are different texts. What a person types to a
 * model is taken in the form that the model was trained on, so that it does not fail to know what it plainly knows. Texts
 * to train or measure on stay as they are written.
 */
import type { Tokenizer } from "./tokenizer.js";

const FORMS = ["NFC", "NFD"] as const;

/** The text as it is and in its normal forms, each once. */
export function formsOf(text: string): string[] {
  return [...new Set([text, ...FORMS.map((form) => text.normalize(form))])];
}

/** The text as it is, or in the normal form of which the vocabulary lacks fewest pieces, where those are fewer. */
export function inKnownForm(tokenizer: Tokenizer, text: string): string {
  // ASCII has one form only, and bpe knows every text.
  if (tokenizer.unknownId === undefined || !/[^\0-\x7f]/.test(text)) return text;
  let best = text;
  let least = tokenizer.unknowns(text).length;
  for (const form of FORMS) {
    if (least === 0) break;
    const normal = text.normalize(form);
    const unknown = tokenizer.unknowns(normal).length;
    if (unknown >= least) continue;
    best = normal;
    least = unknown;
  }
  return best;
}
