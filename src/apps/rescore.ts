/** Rescoring of lists in files: reads them and the weights, and writes what is chosen. */
import { existsSync } from "node:fs";
import { refuseArgument } from "../argument-checks.js";
import { option, sentence, UserError } from "../errors.js";
import { writeFileAtomic } from "../format/atomic-file.js";
import { checkNotThere } from "../format/existing-file.js";
import { loadNgram } from "../ngram/load-ngram.js";
import { checkBelonging, checkOptions } from "../options/check.js";
import { RESCORE_OPTIONS } from "../options/rescore-options.js";
import type { Normalisation } from "../speech/normalise.js";
import { type ListForm, readLists } from "../speech/read-lists.js";
import type { ScoringModel } from "../speech/score-lists.js";
import { type Rescoring, rescoreFrom } from "./rescore-utterances.js";
import { readWeights, writeWeights } from "./rescoring-weights.js";

export interface RescoreOptions extends Normalisation {
  /** Lists on which the weights are tuned. */
  readonly tune?: readonly string[];
  /** File of weights: written where they are tuned, in place of others, else read. */
  readonly weights?: string;
  /** File of an n-gram model over words, whose score is added. */
  readonly ngram?: string;
  /** Of the lists; default: seen from what they hold. */
  readonly form?: ListForm;
  /** Files of references, as Kaldi or SCTK write them; else those in the lists. */
  readonly refs?: string;
  readonly tuneRefs?: string;
  /** File that gets the chosen hypotheses, a line "<utterance> words" each. */
  readonly out?: string;
  /** Replaces the file `out` that is there. */
  readonly overwrite?: boolean;
  /** Called with the number of utterances that are begun, of the lists and those to tune on together. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called where the n-gram model knows few of the words. */
  readonly onNotice?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * As `rescoreUtterances`, with lists, references and weights in files.
 * @param model undefined where only the n-gram model is to score
 * @param lists files and folders, one after the other: JSON, Kaldi's, SRILM's, ESPnet's
 * @throws UserError also for what cannot be read, and for lists and references that do not fit
 */
export async function rescore(
  model: ScoringModel | undefined,
  lists: readonly string[],
  options: RescoreOptions,
): Promise<Rescoring> {
  checkOptions("rescore", options, RESCORE_OPTIONS);
  checkBelonging(options, RESCORE_OPTIONS);
  if (!Array.isArray(lists) || lists.length === 0)
    refuseArgument("The argument lists of rescore", lists, "give files or folders in an array");
  const {
    tune,
    weights: file,
    form = "auto",
    refs,
    tuneRefs,
    ngram,
    out,
    overwrite = false,
    ...others
  } = options;
  if (tune === undefined && file === undefined)
    throw new UserError({
      option: "tune",
      problem: sentence`There are no weights: neither ${option("tune")} nor ${option("weights")} is given`,
      advice: "give lists to tune them on, or a file of tuned ones",
    });
  if (model === undefined && ngram === undefined)
    throw new UserError({
      option: "ngram",
      problem: sentence`There is nothing to score with: neither a model nor ${option("ngram")} is given`,
      advice: "give one of them, or both",
    });
  if (out !== undefined) checkNotThere(out, overwrite);
  // Only weights are replaced by weights.
  if (tune !== undefined && file !== undefined && existsSync(file)) await readWeights(file);
  const read = (paths: readonly string[], references: string | undefined) =>
    readLists(paths, { form, ...(references !== undefined && { references }) });
  const weights = tune === undefined ? await readWeights(file!) : undefined;
  const settings = {
    ...others,
    weights,
    ngram: ngram === undefined ? undefined : await loadNgram(ngram),
    tune: tune && (await read(tune, tuneRefs)),
  };
  const result = await rescoreFrom(model, await read(lists, refs), settings, {
    lists: lists.join(", "),
    tune: (tune ?? []).join(", "),
    weights: file ?? "",
  });
  if (result.tuned && file !== undefined) await writeWeights(file, result.weights, result.tuned);
  if (out !== undefined) {
    const lines = result.chosen.map(({ id, text }) => `${`${id} ${text}`.trimEnd()}\n`);
    await writeFileAtomic(out, lines.join(""));
  }
  return result;
}
