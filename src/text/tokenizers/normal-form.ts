/**
 * A text in the form of Unicode that a vocabulary has. "é" is one character (NFC) or two, e and a mark (NFD), as
 * keyboards, systems and editors have it; both look the same, and to a tokenizer they are different texts. A typed
 * prompt is converted to the form of the model's training text, so that its characters are not unknown only because of
 * their form. Texts to train or measure on are not converted.
 */
import type { Tokenizer } from "./tokenizer.js";

const FORMS = ["NFC", "NFD"] as const;

/** The text as it is and in its normal forms, each once. */
export function formsOf(text: string): string[] {
  return [...new Set([text, ...FORMS.map((form) => text.normalize(form))])];
}

/** The text in the normal form of which the vocabulary lacks the fewest pieces; unchanged where no form lacks fewer. */
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
