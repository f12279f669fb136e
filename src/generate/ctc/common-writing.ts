/**
 * Whether labels and language models write alike: in the same letters, of the same case. To a model of another language, or
 * of small letters beside labels in capitals, every text would be unknown, and it would choose by nothing.
 */
import { option, sentence, UserError } from "../../errors.js";
import { tokenWords } from "../../ngram/ngram-tokens.js";
import { checkOverWords, writtenWith } from "../../ngram/word-vocabulary.js";
import { inKnownForm } from "../../text/tokenizers/normal-form.js";
import type { FusedModels } from "./fused-models.js";
import type { CtcLabels } from "./labels.js";

/** Of a model's words, that can be written with the labels; of the labels' characters, that a model knows. */
const LEAST_WORDS = 0.1;
const LEAST_CHARACTERS = 0.5;

/** @throws UserError where a model and the labels have little or nothing in common */
export function checkCommonWriting({ roles }: CtcLabels, { model, ngram }: FusedModels): void {
  const characters = new Set(roles.flatMap((role) => Array.from(role?.piece ?? "")));
  if (ngram) {
    checkOverWords(ngram);
    checkWords("n-gram model", ngram.words, characters);
  }
  if (model?.tokenizer.kind === "word") checkWords("model", tokenWords(model.tokenizer).words, characters);
  else if (model?.tokenizer.kind === "char") {
    const { tokenizer } = model;
    const all = [...characters];
    const unknown = tokenizer.unknowns(inKnownForm(tokenizer, all.join(""))).length;
    if (all.length - unknown < LEAST_CHARACTERS * all.length)
      throw apart(`The model knows ${all.length - unknown} of the ${all.length} characters of the labels`);
  }
}

function checkWords(which: string, all: readonly string[], characters: ReadonlySet<string>): void {
  const { words, written } = writtenWith(all, characters);
  if (written < LEAST_WORDS * words)
    throw apart(
      `Of the ${words.toLocaleString("en")} words of the ${which} ${written.toLocaleString("en")} can be written with the labels`,
    );
}

function apart(problem: string): UserError {
  return new UserError({
    option: "case",
    problem,
    advice: sentence`give the labels another case with ${option("case")}, or take a model of what is spoken`,
  });
}
