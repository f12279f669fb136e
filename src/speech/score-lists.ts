/** ln p of every hypothesis by a model, in batches. */
import { option, sentence, UserError } from "../errors.js";
import { lineIds } from "../generate/beginning.js";
import type { Predictor } from "../model/predictor.js";
import { inKnownForm } from "../text/tokenizers/normal-form.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import { type BatchScores, type BatchScoring, scoreLists } from "./batch-scores.js";

/** What scores: a loaded model, or the mean of several. */
export interface ScoringModel {
  readonly model: Predictor;
  readonly tokenizer: Tokenizer;
}

/**
 * @param lists texts of each utterance's hypotheses
 * @throws UserError for a model that follows what it reads: what it read of one hypothesis would change the next one's score
 */
export function scoreTexts(
  { model, tokenizer }: ScoringModel,
  lists: readonly (readonly string[])[],
  scoring: BatchScoring = {},
): Promise<BatchScores> {
  if (model.follows)
    throw new UserError({
      problem:
        "A model that follows what it reads cannot score hypotheses: it would learn from those that nobody said",
      advice: sentence`give the model without ${option("cache")} and ${option("dynamic")}`,
    });
  const ids = lists.map((texts) => texts.map((text) => lineIds(tokenizer, inKnownForm(tokenizer, text))));
  return scoreLists(model, ids, scoring);
}
