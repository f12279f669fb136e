/** The exposure of planted canaries: how probable a model finds them among all lines of their form. */
import { UserError } from "../errors.js";
import { Random, seedOf } from "../engine/random.js";
import { CanaryPattern } from "../memorised/canary-pattern.js";
import type { Canary, CanaryRecord } from "../memorised/canary-record.js";
import { type Exposure, Ranks, type Reference } from "../memorised/exposure.js";
import { notFinite } from "../model/not-finite.js";
import type { Predictor } from "../model/predictor.js";
import { shown } from "../shown.js";
import { scoreTexts } from "../speech/score-lists.js";
import type { Tokenizer } from "../text/tokenizers/tokenizer.js";
import type { LoadedModel } from "./loaded-model.js";

export interface CanaryExposure extends Exposure {
  readonly line: string;
  /** What fills its holes. */
  readonly secret: string;
  /** How often it was planted; 0 for one that was not, to compare with. */
  readonly times: number;
}

/** Canaries of one pattern. */
export interface PatternExposure {
  readonly pattern: string;
  /** R: lines of this form. */
  readonly size: number;
  /** Lines that were measured. */
  readonly measured: number;
  /** log₂ R: the exposure of a canary that is the most probable of all. */
  readonly greatest: number;
  /** Those that were planted most often first. */
  readonly canaries: readonly CanaryExposure[];
}

export interface ExposureSettings {
  readonly exactUpTo: number;
  readonly draws: number;
  readonly seed: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** Lines that are scored together as one list, which read what they have in common once; and lists at a time. */
const LIST = 200;
const LISTS = 64;

const patternsOf = ({ canaries, words }: CanaryRecord): CanaryPattern[] =>
  [...new Set(canaries.map(({ pattern }) => pattern))].map((pattern) => new CanaryPattern(pattern, words));

/** @throws UserError where the model lacks what may fill a hole */
export function checkCanaries(tokenizer: Tokenizer, record: CanaryRecord): void {
  for (const pattern of patternsOf(record)) checkKnown(tokenizer, pattern);
}

/**
 * @param record checked by `checkCanaries`
 * @throws UserError where a figure is not finite; the signal's reason
 */
export async function measureExposure(
  model: LoadedModel,
  record: CanaryRecord,
  { onProgress, ...settings }: ExposureSettings,
): Promise<PatternExposure[]> {
  const patterns = patternsOf(record);
  const counts = patterns.map(({ size }) => (size <= settings.exactUpTo ? size : settings.draws));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const found: PatternExposure[] = [];
  let before = 0;
  for (const [p, pattern] of patterns.entries()) {
    const own = record.canaries.filter((canary) => canary.pattern === pattern.pattern);
    const progress = (done: number): void => onProgress(before + done, total);
    found.push(await exposureOf(model, pattern, own, counts[p]!, p, { ...settings, onProgress: progress }));
    before += counts[p]!;
  }
  return found;
}

async function exposureOf(
  model: LoadedModel,
  pattern: CanaryPattern,
  canaries: readonly Canary[],
  count: number,
  stream: number,
  { seed, onProgress, signal }: ExposureSettings & { onProgress: (done: number) => void },
): Promise<PatternExposure> {
  const isAll = count === pattern.size;
  const random = new Random(seedOf(seed, stream));
  const logProbabilities = new Float64Array(count);
  const isOwn = new Set(canaries.map(({ line }) => line));
  const lineAt = (i: number): string => {
    if (isAll) return pattern.line(pattern.choicesAt(i));
    for (;;) {
      const line = pattern.line(pattern.radices.map((radix) => random.below(radix)));
      if (!isOwn.has(line)) return line;
    }
  };
  for (let from = 0; from < count; from += LIST * LISTS) {
    const to = Math.min(count, from + LIST * LISTS);
    const lists: string[][] = [];
    for (let i = from; i < to; i += LIST)
      lists.push(Array.from({ length: Math.min(LIST, to - i) }, (_, j) => lineAt(i + j)));
    const logs = await scored(model, lists, signal);
    logProbabilities.set(logs, from);
    onProgress(to);
  }
  // Of all lines a canary has the figure that it has among them: rounding depends on what is read together.
  const numbers = canaries.map(({ choices }) => (isAll ? pattern.numberOf(choices) : -1));
  const figures = isAll
    ? numbers.map((n) => logProbabilities[n]!)
    : await scored(model, [canaries.map(({ line }) => line)], signal);
  const reference: Reference = { logProbabilities, isAll, size: pattern.size };
  const ranks = new Ranks(reference);
  const exposures = canaries.map(({ line, choices, times }, i) => ({
    line,
    secret: pattern.secret(choices),
    times,
    ...ranks.exposure(figures[i]!, numbers[i]!),
  }));
  return {
    pattern: pattern.pattern,
    size: pattern.size,
    measured: count,
    greatest: Math.log2(pattern.size),
    canaries: exposures.toSorted((a, b) => b.times - a.times),
  };
}

/** ln p of lines, list by list. @throws UserError where one is not finite */
async function scored(
  model: LoadedModel,
  lists: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const predictor: Predictor = model.model;
  const { logProbabilities } = await scoreTexts(model, lists, { signal });
  const all = Float64Array.from(logProbabilities.flatMap((logs) => [...logs]));
  if (all.some((log) => !Number.isFinite(log))) throw notFinite(predictor);
  return all;
}

/** A line with a piece that the model lacks says nothing of how well it knows the others. @throws UserError */
function checkKnown(tokenizer: Tokenizer, pattern: CanaryPattern): void {
  const { radices } = pattern;
  const fillings = Array.from({ length: Math.max(...radices) }, (_, n) =>
    tokenizer.unknowns(pattern.line(radices.map((radix) => n % radix))),
  );
  // What is always the same may be unknown: it is so in every line.
  const unknown = fillings.flat().find((piece) => !fillings.every((pieces) => pieces.includes(piece)));
  if (unknown === undefined) return;
  throw new UserError({
    option: "canaries",
    problem: `The model does not know ${shown(unknown)}, which may fill the holes of ${shown(pattern.pattern)}: its lines cannot be compared`,
    advice:
      tokenizer.kind === "word"
        ? "plant canaries of {words:n} in the text of a model of words, and train it anew"
        : "plant canaries of characters that the text has, and train it anew",
  });
}
