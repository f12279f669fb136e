/** Puts lists and references together, and refuses what does not fit. */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { stoodBefore } from "./forms/text-lines.js";
import type { FoundUtterance, Utterance } from "./lists.js";

const SCORE_NAME = /^[a-z][a-z0-9_]*$/;

/** Transcripts by utterance, each with all ways to read it. */
export interface References {
  /** The file's name, for messages. */
  readonly name: string;
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/**
 * @param references of a file of their own; they stand in for those of the lists
 * @throws UserError: no utterance, one twice, one without hypotheses, one without a reference where others have one;
 *   scores that some hypotheses have and others have not
 */
export function wholeLists(
  found: readonly FoundUtterance[],
  name: string,
  references?: References,
): Utterance[] {
  if (found.length === 0) throw new UserError(`${name} holds no utterance; give lists with one or more.`);
  const first = found[0]!;
  const names = Object.keys(first.hypotheses[0]?.scores ?? {}).toSorted();
  const odd = names.find((score) => !SCORE_NAME.test(score));
  if (odd !== undefined)
    throw new UserError(
      `${first.where} has a score called ${shown(odd)}; name it with small letters, digits and _, a letter first.`,
    );
  const seen = new Map<string, string>();
  return found.map((utterance) => {
    const { id, where, hypotheses } = utterance;
    const earlier = seen.get(id);
    if (earlier !== undefined) throw stoodBefore(where, id, earlier);
    seen.set(id, where);
    if (hypotheses.length === 0)
      throw new UserError(`${where} has no hypotheses; give at least one, which may be an empty text.`);
    for (const [i, { scores }] of hypotheses.entries()) {
      const own = Object.keys(scores).toSorted();
      if (own.join("\n") !== names.join("\n"))
        throw new UserError(
          `${where}, hypothesis ${i + 1}, has ${scoreNames(own)}, and the first hypothesis of ${first.where} ${scoreNames(names)}; give all of them the same ones.`,
        );
    }
    return { id, hypotheses, references: referencesOf(utterance, references) };
  });
}

/** @throws UserError where some utterances have a reference and others have none */
export function checkReferences(utterances: readonly Utterance[], name: string): boolean {
  const without = utterances.filter(({ references }) => references === undefined);
  if (without.length === 0) return true;
  if (without.length === utterances.length) return false;
  throw new UserError(
    `${name}: ${without.length} of ${utterances.length} utterances have no reference, the first of them ${shown(without[0]!.id)}; give all of them one, or none.`,
  );
}

function referencesOf({ id, where, references }: FoundUtterance, others?: References) {
  if (!others) return references;
  const texts = others.texts.get(id);
  if (!texts)
    throw new UserError(
      `${where}: ${others.name} has no reference for ${shown(id)}; add it there, or leave the utterance out.`,
    );
  return texts;
}

const scoreNames = (names: readonly string[]): string =>
  names.length === 0 ? "no scores" : `the scores ${names.join(", ")}`;
