/**
 * ESPnet's folder of a decoding: 1best_recog, 2best_recog and so on, each with `text` ("<utterance> words…") and `score`
 * ("<utterance> <ln p>", which may be written as tensor(−1.5)).
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";
import { type FoundUtterance, type Hypothesis, plainText } from "../lists.js";
import { byKey, keyedLines, numberOf } from "./text-lines.js";

/** The files of one place of the lists. */
export interface EspnetPlace {
  readonly n: number;
  readonly text: { readonly name: string; readonly content: string };
  readonly score?: { readonly name: string; readonly content: string } | undefined;
}

/** @param places in order, the first hypotheses first @throws UserError where one has a score and another has none */
export function espnetLists(places: readonly EspnetPlace[]): FoundUtterance[] {
  const utterances = new Map<string, { where: string; hypotheses: Hypothesis[] }>();
  for (const { n, text, score } of places) {
    const scores = score && byKey(keyedLines(score.content, score.name));
    for (const [id, { rest, where }] of byKey(keyedLines(text.content, text.name))) {
      const line = scores?.get(id);
      if (scores && !line)
        throw new UserError(`${where}: ${score!.name} has no score for ${shown(id)}; add its line there.`);
      const written = line && (/^tensor\((.*?)(?:,.*)?\)$/.exec(line.rest)?.[1] ?? line.rest);
      const own: Record<string, number> = line ? { score: numberOf(written!, line.where, "the score") } : {};
      const found = utterances.get(id) ?? { where, hypotheses: [] };
      if (n > 1 && found.hypotheses.length === 0)
        throw new UserError(
          `${where}: ${shown(id)} has a hypothesis in place ${n} and none before it; give the folder as ESPnet wrote it, with those of 1best_recog.`,
        );
      utterances.set(id, found);
      found.hypotheses.push({ text: plainText(rest), scores: own });
    }
  }
  return [...utterances].map(([id, found]) => ({ id, ...found }));
}
