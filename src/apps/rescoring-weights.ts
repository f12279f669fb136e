/** The file of tuned weights: JSON, with what they were tuned on. */
import { UserError } from "../errors.js";
import { readJsonFile, writeJsonFile } from "../format/json-file.js";
import { shown } from "../shown.js";
import type { RescoringReport, Weights } from "../speech/rescoring.js";

const FORMAT = "recurra-rescoring";
const VERSION = 1;
const MOST_BYTES = 65_536;

export async function writeWeights(file: string, weights: Weights, tuned: RescoringReport): Promise<void> {
  const { utterances, words, first, rescored } = tuned;
  await writeJsonFile(file, {
    format: FORMAT,
    version: VERSION,
    weights,
    tuned_on: { utterances, words, wer_first: first.wer, wer_rescored: rescored.wer },
  });
}

/** @throws UserError where it cannot be read, or is no such file */
export async function readWeights(file: string): Promise<Weights> {
  const value = (await readJsonFile(file, MOST_BYTES)) as Partial<Record<string, unknown>> | null;
  if (typeof value !== "object" || value?.["format"] !== FORMAT)
    throw new UserError(`${file} is no file of weights of recurra rescore; make one by tuning.`);
  if (value["version"] !== VERSION)
    throw new UserError(
      `${file} has version ${shown(value["version"])}, and this recurra reads ${VERSION}; update recurra.`,
    );
  const weights = value["weights"];
  if (typeof weights !== "object" || weights === null || Array.isArray(weights))
    throw new UserError(`${file} has as weights ${shown(weights)}; give an object of numbers by score.`);
  for (const [name, weight] of Object.entries(weights))
    if (typeof weight !== "number" || !Number.isFinite(weight))
      throw new UserError(`${file} has as weight of ${name} ${shown(weight)}; give a number.`);
  return weights as Weights;
}
