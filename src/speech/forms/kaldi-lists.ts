/**
 * Kaldi's n-best lists as its rescoring scripts lay them out: `words_text` has a line "<utterance>-<n> words…" for each
 * hypothesis, and each score's file a line "<utterance>-<n> <cost>". A cost is a negated natural logarithm.
 * References and other transcripts by utterance ("<utterance> words…") have the same form without the number.
 */
import { UserError } from "../../errors.js";
import { type FoundUtterance, type Hypothesis, plainText } from "../lists.js";
import { byKey, keyedLines, numberOf } from "./text-lines.js";

/** One file of costs, by the name that its score gets. */
export interface CostFile {
  readonly score: string;
  readonly name: string;
  readonly text: string;
}

/** @throws UserError: an id without a number, twice, or missing on either side; a cost that is no number */
export function kaldiLists(text: string, name: string, costs: readonly CostFile[] = []): FoundUtterance[] {
  const lines = keyedLines(text, name);
  byKey(lines);
  const scores = costs.map((file) => ({ ...file, lines: byKey(keyedLines(file.text, file.name)) }));
  const utterances = new Map<string, { where: string; numbered: { n: number; hypothesis: Hypothesis }[] }>();
  for (const { key, rest, where } of lines) {
    const [, id, n] = /^(.+)-(\d+)$/.exec(key) ?? [];
    if (id === undefined)
      throw new UserError(
        `${where}: the id ${JSON.stringify(key)} does not end in the number of a hypothesis; Kaldi's lists have <utterance>-<n>.`,
      );
    const own = scores.map(({ score, name: file, lines: known }) => {
      const line = known.get(key);
      if (!line) throw new UserError(`${where}: ${file} has no cost for ${key}.`);
      // −0 is 0.
      return [score, -numberOf(line.rest, line.where, "the cost") + 0] as const;
    });
    const found = utterances.get(id) ?? { where, numbered: [] };
    utterances.set(id, found);
    found.numbered.push({
      n: Number(n),
      hypothesis: { text: plainText(rest), scores: Object.fromEntries(own) },
    });
  }
  for (const { name: file, lines: known } of scores) refuseUnknownIds(known.keys(), lines, file, name);
  return [...utterances].map(([id, { where, numbered }]) => ({
    id,
    where,
    hypotheses: numbered.toSorted((a, b) => a.n - b.n).map(({ hypothesis }) => hypothesis),
  }));
}

function refuseUnknownIds(
  keys: Iterable<string>,
  lines: readonly { readonly key: string }[],
  file: string,
  name: string,
): void {
  const known = new Set(lines.map(({ key }) => key));
  for (const key of keys)
    if (!known.has(key)) throw new UserError(`${file} has a cost for ${key}, which ${name} does not have.`);
}

/** Transcripts "<utterance> words…", by utterance. */
export function kaldiTexts(text: string, name: string): Map<string, string[]> {
  return new Map([...byKey(keyedLines(text, name))].map(([id, { rest }]) => [id, [plainText(rest)]]));
}
