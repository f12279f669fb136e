/** What was learned, in sentences. */
import { flagName } from "./flag-name.js";
import type { Learned, LearnedOption } from "./learned.js";

/** Options that are spoken of, at most, and the part of the variance below which one is not. */
const MOST_SPOKEN = 6;
const LEAST_IMPORTANCE = 0.03;
/** Gains below are nothing. */
const LEAST_GAIN = 0.002;

/** "hidden 384 instead of 256 gains 1.2 %, a pass takes 1.9 × the time." */
export function learnedSentences({ options }: Learned): string[] {
  const spoken = options.filter(({ importance }) => importance >= LEAST_IMPORTANCE).slice(0, MOST_SPOKEN);
  const quiet = options.filter((option) => !spoken.includes(option)).map(({ name }) => flagName(name));
  return [
    ...spoken.flatMap(sentencesOf),
    ...(quiet.length > 0
      ? [`${listed(quiet)}: little depends on ${quiet.length === 1 ? "it" : "them"} here.`]
      : []),
  ];
}

function sentencesOf(option: LearnedOption): string[] {
  const { name, points, ordered } = option;
  const order = points.map((_, i) => i).toSorted((a, b) => points[a]!.mean - points[b]!.mean);
  const best = order[0]!;
  if (!ordered) return order.slice(1).map((other) => comparison(option, best, other));
  /** The least value that is no worse than the best one, as far as can be told. */
  const enough = points.findIndex((_, i) => i === best || !isGain(option, best, i));
  const last = points.length - 1;
  return [
    ...(enough > 0 ? [comparison(option, enough, enough - 1)] : []),
    ...(enough > 1 ? [comparison(option, enough, 0)] : []),
    ...(enough < last && isGain(option, enough, last) ? [comparison(option, enough, last)] : []),
    ...(enough < last && !isGain(option, enough, last)
      ? [
          `${flagName(name)} above ${points[enough]!.value} gains nothing here${timesText(option, enough + 1, enough)}.`,
        ]
      : []),
  ];
}

/** Whether a value is better than another, as far as can be told. */
function isGain(option: LearnedOption, better: number, other: number): boolean {
  const { mean: gain, spread } = option.gain(better, other);
  return gain > Math.max(LEAST_GAIN, spread);
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
