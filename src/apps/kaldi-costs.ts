/** Costs of hypotheses as Kaldi's scripts ask a language model for them: "<id> words…" in, "<id> <cost>" out. */
import { UserError } from "../errors.js";
import { keyedLines } from "../speech/forms/text-lines.js";
import { scoreTexts, type ScoringModel } from "../speech/score-lists.js";

/** Lines that are scored together: hypotheses of one utterance follow each other and share their beginnings. */
const LINES = 2000;

/**
 * A line for each line, in their order: the id, and −ln p of the words after it. Words that the model lacks are <unk>.
 * @throws UserError where a line has no id, or there is none
 */
export async function* kaldiCosts(
  model: ScoringModel,
  lines: AsyncIterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let held: { id: string; text: string }[] = [];
  let number = 0;
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
    const [keyed] = keyedLines(line, "");
    if (!keyed)
      throw new UserError(
        `Standard input, line ${number}, has no id; each line is an id and words, as in words_text.`,
      );
    held.push({ id: keyed.key, text: keyed.rest });
    if (held.length < LINES) continue;
    yield await scored();
    held = [];
  }
  if (number === 0) throw new UserError("Standard input is empty; there is no line to score.");
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
