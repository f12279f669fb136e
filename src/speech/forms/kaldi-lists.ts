/**
 * Kaldi's n-best lists as its rescoring scripts lay them out: `words_text` has a line "<utterance>-<n> words…" for each
 * hypothesis, and each score's file a line "<utterance>-<n> <cost>". A cost is a negated natural logarithm.
 * References and other transcripts by utterance ("<utterance> words…") have the same form without the number.
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";
import { type FoundUtterance, type Hypothesis, plainText } from "../lists.js";
import { byKey, type KeyedLine, keyedLines, numberOf, stoodBefore } from "./text-lines.js";

/** One file of costs, by the name that its score gets. */
export interface CostFile {
  readonly score: string;
  readonly name: string;
  readonly text: string;
}

/** A hypothesis, and where its line stood. */
interface Numbered {
  readonly where: string;
  readonly hypothesis: Hypothesis;
}

/** @throws UserError: an id without a number, twice, or missing on either side; a cost that is no number */
export function kaldiLists(text: string, name: string, costs: readonly CostFile[] = []): FoundUtterance[] {
  const lines = keyedLines(text, name);
  byKey(lines);
  const scores = costs.map((file) => ({ ...file, lines: byKey(keyedLines(file.text, file.name)) }));
  const utterances = new Map<string, { where: string; numbered: Map<number, Numbered> }>();
  for (const { key, rest, where } of lines) {
    const [, id, n] = /^(.+)-(\d+)$/.exec(key) ?? [];
    if (id === undefined)
      throw new UserError(
        `${where}: the id ${shown(key)} does not end in the number of a hypothesis; write <utterance>-<n>, as Kaldi's lists have it.`,
      );
    const own = scores.map(({ score, name: file, lines: known }) => {
      const line = known.get(key);
      if (!line)
        throw new UserError(
          `${where}: ${file} has no cost for ${shown(key)}; add its line there, or leave the hypothesis out.`,
        );
      // −0 is 0.
      return [score, -numberOf(line.rest, line.where, "the cost") + 0] as const;
    });
    const found = utterances.get(id) ?? { where, numbered: new Map<number, Numbered>() };
    utterances.set(id, found);
    // u-1 and u-01 are two ways to write one.
    const earlier = found.numbered.get(Number(n));
    if (earlier) throw stoodBefore(where, `${id}-${Number(n)}`, earlier.where);
    found.numbered.set(Number(n), {
      where,
      hypothesis: { text: plainText(rest), scores: Object.fromEntries(own) },
    });
  }
  for (const { lines: known } of scores) refuseUnknownIds(known, lines, name);
  return [...utterances].map(([id, { where, numbered }]) => ({
    id,
    where,
    hypotheses: [...numbered].toSorted(([a], [b]) => a - b).map(([, { hypothesis }]) => hypothesis),
  }));
}

function refuseUnknownIds(
  costs: ReadonlyMap<string, KeyedLine>,
  lines: readonly KeyedLine[],
  name: string,
): void {
  const known = new Set(lines.map(({ key }) => key));
  for (const [key, { where }] of costs)
    if (!known.has(key))
      throw new UserError(
        `${where}: this is a cost for ${shown(key)}, which ${name} does not have; give files of the same hypotheses.`,
      );
}

/** Transcripts "<utterance> words…", by utterance. */
export function kaldiTexts(text: string, name: string): Map<string, string[]> {
  return new Map([...byKey(keyedLines(text, name))].map(([id, { rest }]) => [id, [plainText(rest)]]));
}
