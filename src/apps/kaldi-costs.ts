/** Costs of hypotheses as Kaldi's scripts ask a language model for them: "<id> words…" in, "<id> <cost>" out. */
import { UserError } from "../errors.js";
import { keyedLines, stoodBefore } from "../speech/forms/text-lines.js";
import { scoreTexts, type ScoringModel } from "../speech/score-lists.js";

/** Lines that are scored together: hypotheses of one utterance follow each other and share their beginnings. */
const LINES = 2000;

/**
 * A line for each line, in their order: the id, and −ln p of the words after it. Words that the model lacks are <unk>.
 * None where there are no lines.
 * @throws UserError where a line has no id, or that of one before
 */
export async function* kaldiCosts(
  model: ScoringModel,
  lines: AsyncIterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let held: { id: string; text: string }[] = [];
  let number = 0;
  const seen = new Map<string, number>();
  const scored = async (): Promise<string> => {
    const lists = groupedByUtterance(held);
    const groups = [...lists.values()];
    const texts = groups.map((group) => group.map(({ text }) => text));
    const { logProbabilities } = await scoreTexts(model, texts, { signal });
    const costs = new Map(
      groups.flatMap((group, g) => group.map((line, i) => [line, -logProbabilities[g]![i]! + 0] as const)),
    );
    return held.map((line) => `${line.id} ${Number(costs.get(line)!.toPrecision(7))}\n`).join("");
  };
  for await (const line of lines) {
    number++;
    const where = `Standard input, line ${number}`;
    const [keyed] = keyedLines(line, where);
    if (!keyed)
      throw new UserError(`${where} has no id; write each line as an id and words, as words_text has them.`);
    const earlier = seen.get(keyed.key);
    if (earlier !== undefined) throw stoodBefore(where, keyed.key, `line ${earlier}`);
    seen.set(keyed.key, number);
    held.push({ id: keyed.key, text: keyed.rest });
    if (held.length < LINES) continue;
    yield await scored();
    held = [];
  }
  if (held.length > 0) yield await scored();
}

function groupedByUtterance<Line extends { readonly id: string }>(
  lines: readonly Line[],
): Map<string, Line[]> {
  const groups = new Map<string, Line[]>();
  for (const line of lines) {
    const utterance = line.id.replace(/-\d+$/, "");
    const group = groups.get(utterance);
    if (group) group.push(line);
    else groups.set(utterance, [line]);
  }
  return groups;
}
