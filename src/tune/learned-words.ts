/** What was learned, in sentences. */
import { flagName } from "./flag-name.js";
import type { Learned, LearnedOption } from "./learned.js";

/** Options that are spoken of, at most, and the part of the variance below which one is not. */
const MOST_SPOKEN = 6;
const LEAST_IMPORTANCE = 0.03;
/** Gains below are nothing; and two values are as good as each other where this is all that may lie between them. */
const LEAST_GAIN = 0.002;
const SAME = 0.02;
/** Of fewer trials it is not said that something gains nothing. */
const LEAST_FOR_SAME = 20;

/** "hidden 384 instead of 256 gains 1.2 %, a pass takes 1.9 × the time." */
export function learnedSentences({ options, trials }: Learned): string[] {
  const spoken = options.filter(({ importance }) => importance >= LEAST_IMPORTANCE).slice(0, MOST_SPOKEN);
  const told = spoken.map((option) => ({
    name: flagName(option.name),
    sentences: sentencesOf(option, trials),
  }));
  const open = told.filter(({ sentences }) => sentences.length === 0).map(({ name }) => name);
  const quiet = options.filter((option) => !spoken.includes(option)).map(({ name }) => flagName(name));
  return [
    ...told.flatMap(({ sentences }) => sentences),
    ...(open.length > 0
      ? [
          `${listed(open)} ${open.length === 1 ? "matters" : "matter"}, but these trials cannot tell which ${open.length === 1 ? "of its values is" : "of their values are"} the best.`,
        ]
      : []),
    ...(quiet.length > 0
      ? [`${listed(quiet)}: little depends on ${quiet.length === 1 ? "it" : "them"} here.`]
      : []),
  ];
}

function sentencesOf(option: LearnedOption, trials: number): string[] {
  const { name, points, ordered } = option;
  const order = points.map((_, i) => i).toSorted((a, b) => points[a]!.mean - points[b]!.mean);
  const best = order[0]!;
  if (!ordered) return order.slice(1).map((other) => comparison(option, best, other));
  /** The least value that is as good as the best one. */
  const enough = points.findIndex(
    (_, i) => i === best || (trials >= LEAST_FOR_SAME && isSame(option, best, i)),
  );
  const last = points.length - 1;
  const steps = [enough - 1, 0, last].filter((other, i, all) => other >= 0 && all.indexOf(other) === i);
  return [
    ...steps
      .filter((other) => other !== enough && isGain(option, enough, other))
      .map((other) => comparison(option, enough, other)),
    ...(enough < best
      ? [
          `${flagName(name)} above ${points[enough]!.value} gains nothing here${timesText(option, best, enough)}.`,
        ]
      : []),
  ];
}

/** Whether a value is better than another, as far as can be told. */
function isGain(option: LearnedOption, better: number, other: number): boolean {
  const { mean: gain, spread } = option.gain(better, other);
  return gain > Math.max(LEAST_GAIN, spread);
}

/** Whether a value is known to be about as good as the best one. */
function isSame(option: LearnedOption, best: number, other: number): boolean {
  return [option.gain(best, other), option.plainGain(best, other)].every(
    ({ mean: gain, spread }) => gain + spread < SAME,
  );
}

/** How much better one value is than another. */
function comparison(option: LearnedOption, better: number, other: number): string {
  const { mean: gain, spread } = option.gain(better, other);
  const flag = flagName(option.name);
  const [a, b] = [option.points[better]!.value, option.points[other]!.value];
  if (!isGain(option, better, other))
    return `${flag} ${a} and ${b} differ by less than these trials can tell (${percents(gain)} ± ${percents(spread)})${timesText(option, better, other)}.`;
  return `${flag} ${a} instead of ${b} gains ${percents(gain)} (± ${percents(spread)})${timesText(option, better, other)}.`;
}

/** What a pass takes with the first value, beside the second, where that is another time. */
function timesText({ points }: LearnedOption, first: number, second: number): string {
  const ratio = Math.exp(points[first]!.time - points[second]!.time);
  if (ratio > 0.95 && ratio < 1.05) return "";
  return `, a pass takes ${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} × the time`;
}

/** Of a difference of logarithms, the part that is less. */
const percents = (difference: number): string => `${(100 * -Math.expm1(-difference)).toFixed(1)} %`;

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)!}`;
}
