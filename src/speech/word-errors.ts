/**
 * Word errors as NIST's sclite counts them: reference and hypothesis are aligned so that
 *
 *   cost = 4 S + 3 (I + D)
 *
 * is least (S substitutions, I insertions, D deletions), and then S + I + D are the errors. Of alignments of equal cost
 * one with the fewest errors is taken. The word error rate is the sum of errors over the sum of reference words.
 * Source: SCTK's documentation of sclite, dynamic programming string alignment.
 */
import { refuseArgument } from "../argument-checks.js";

const SUBSTITUTION = 4;
const INSERTION_OR_DELETION = 3;
/** Cost and errors in one number, so that the least cost comes first and then the fewest errors. */
const COST = 2 ** 24;

export interface WordErrors {
  /** Of the reference. */
  readonly words: number;
  readonly substitutions: number;
  readonly insertions: number;
  readonly deletions: number;
  /** S + I + D. */
  readonly errors: number;
}

/**
 * The errors of a hypothesis, both as words. Time: the product of their lengths; memory: the hypothesis' length.
 * @throws UserError where one is not an array of words
 */
export function wordErrors(reference: readonly string[], hypothesis: readonly string[]): WordErrors {
  checkWords("The reference", reference);
  checkWords("The hypothesis", hypothesis);
  const n = hypothesis.length;
  const gap = INSERTION_OR_DELETION * COST + 1;
  const other = SUBSTITUTION * COST + 1;
  // least[j]: of the reference's words so far and the hypothesis' first j.
  const least = Float64Array.from({ length: n + 1 }, (_, j) => j * gap);
  for (const [i, word] of reference.entries()) {
    let diagonal = least[0]!;
    least[0] = (i + 1) * gap;
    for (let j = 1; j <= n; j++) {
      const same = word === hypothesis[j - 1];
      const next = Math.min(diagonal + (same ? 0 : other), least[j]! + gap, least[j - 1]! + gap);
      diagonal = least[j]!;
      least[j] = next;
    }
  }
  // cost = 4 S + 3 (errors − S), and I − D is the difference of the lengths.
  const errors = least[n]! % COST;
  const cost = (least[n]! - errors) / COST;
  const substitutions = cost - INSERTION_OR_DELETION * errors;
  const gaps = errors - substitutions;
  const insertions = (gaps + n - reference.length) / 2;
  return { words: reference.length, substitutions, insertions, deletions: gaps - insertions, errors };
}

function checkWords(name: string, words: unknown): void {
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string"))
    refuseArgument(name, words, "give its words, in an array of strings");
}

/** Those of the reference that has the fewest errors, of equals the first. */
export function leastWordErrors(
  references: readonly (readonly string[])[],
  hypothesis: readonly string[],
): WordErrors {
  return references
    .map((reference) => wordErrors(reference, hypothesis))
    .reduce((best, next) => (next.errors < best.errors ? next : best));
}
