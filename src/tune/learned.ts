/**
 * What a study has learned of its text: how much each option matters, which of them only together, what each value is worth
 * and costs, and which models are best for their size, their speed and their time.
 *
 * A forest is fitted to ln(bits a character) at rung 0, where all trials were measured: to the higher rungs only the better ones
 * came, and among these an option that decided which they are seems to decide nothing. Losses are capped at their upper
 * quarter: what matters is what tells good models from each other, not what breaks bad ones.
 */
import { Random } from "../engine/random.js";
import { importancesOf, marginalAt } from "./fanova.js";
import { type Axis, growForest, mean, type Tree } from "./forest.js";
import {
  isNumeric,
  placeOf,
  type Setting,
  type SettingValue,
  type SpaceParameter,
  valueAt,
} from "./space.js";
import type { MeasuredLine } from "./study-lines.js";
import type { Study, Trial } from "./study.js";

/** Measured trials below which nothing is said. */
export const LEAST_TRIALS = 8;
/** Losses above this part of all are as bad as that. */
const CAP = 0.75;
/** Places of a range at which its marginal is told. */
const PLACES = 7;
const SEED = 20_140_621;

/** A value of an option, averaged over all others. */
export interface MarginalPoint {
  readonly value: SettingValue;
  /** ln(bits a character), and how much the trees differ on it. */
  readonly mean: number;
  readonly spread: number;
  /** ln(seconds a pass). */
  readonly time: number;
}

export interface LearnedOption {
  readonly name: string;
  /** Part of the variance that it explains alone, 0 … 1. */
  readonly importance: number;
  readonly ordered: boolean;
  readonly points: readonly MarginalPoint[];
  /** By index of points, how much better the first is than the second, in ln(bits), with its spread over the trees. */
  readonly gain: (better: number, other: number) => { readonly mean: number; readonly spread: number };
  /** The same with losses that are not capped: where bad trials count as bad as they were. */
  readonly plainGain: (better: number, other: number) => { readonly mean: number; readonly spread: number };
}

export interface Learned {
  /** Trials that it rests on. */
  readonly trials: number;
  /** The most important first. */
  readonly options: readonly LearnedOption[];
  /** The strongest first: what two options explain together, beyond each. */
  readonly interactions: readonly { readonly names: readonly [string, string]; readonly share: number }[];
}

/** Undefined where too few trials were measured. */
export function learnedOf(study: Study): Learned | undefined {
  const measured = study.trials.flatMap(({ setting, measured: lines }) => {
    const line = lines.find(({ rung }) => rung === 0);
    return line ? [{ setting, loss: Math.log(line.bitsPerChar) }] : [];
  });
  if (measured.length < LEAST_TRIALS) return undefined;
  // An option that every trial had the same value of says nothing.
  const parameters = study.space.filter(
    ({ name }) => new Set(measured.map(({ setting }) => setting[name])).size > 1,
  );
  const axes = parameters.map(axisOf);
  const cap = quantile(
    measured.map(({ loss }) => loss),
    CAP,
  );
  const rows = measured.map(({ setting }) => rowOf(parameters, setting));
  const random = new Random(SEED);
  const losses = measured.map(({ loss }) => loss);
  const trees = growForest(
    axes,
    rows,
    losses.map((loss) => Math.min(cap, loss)),
    random,
  );
  const plain = growForest(axes, rows, losses, random);

  const paced = lastLines(study);
  const times = growForest(
    axes,
    paced.map(({ trial }) => rowOf(parameters, trial.setting)),
    paced.map(({ line }) => Math.log(line.seconds / line.passes)),
    random,
  );
  const { single, pairs } = importancesOf(trees, axes);
  const options = parameters.map((parameter, axis) =>
    learnedOption(parameter, axis, single[axis]!, { trees, plain, times }),
  );
  return {
    trials: measured.length,
    options: options.toSorted((a, b) => b.importance - a.importance),
    interactions: pairs
      .map(({ axes: [i, j], share }) => ({
        names: [parameters[i]!.name, parameters[j]!.name] as const,
        share,
      }))
      .toSorted((a, b) => b.share - a.share),
  };
}

/** The last line of every trial, with a pass or a part of one to its record. */
function lastLines(study: Study): { readonly trial: Trial; readonly line: MeasuredLine }[] {
  return study.trials.flatMap((trial) => {
    const line = trial.measured.at(-1);
    return line && line.seconds > 0 && line.passes > 0 ? [{ trial, line }] : [];
  });
}

function learnedOption(
  parameter: SpaceParameter,
  axis: number,
  importance: number,
  { trees, plain, times }: { readonly [Forest in "trees" | "plain" | "times"]: readonly Tree[] },
): LearnedOption {
  const places = placesOf(parameter);
  /** By place, the marginal of every tree. */
  const marginals = places.map(({ at }) => trees.map((tree) => marginalAt(tree, axis, at)));
  const points = places.map(({ value, at }, i) => ({
    value,
    mean: mean(marginals[i]!),
    spread: deviation(marginals[i]!),
    time: mean(times.map((tree) => marginalAt(tree, axis, at))),
  }));
  return {
    name: parameter.name,
    importance,
    ordered: isNumeric(parameter),
    points,
    gain: (better, other) => difference(trees, axis, places[better]!.at, places[other]!.at),
    plainGain: (better, other) => difference(plain, axis, places[better]!.at, places[other]!.at),
  };
}

/** How much greater the marginal is at the second place, and how much the trees differ on that. */
function difference(trees: readonly Tree[], axis: number, better: number, other: number) {
  const differences = trees.map((tree) => marginalAt(tree, axis, other) - marginalAt(tree, axis, better));
  return { mean: mean(differences), spread: deviation(differences) };
}

function placesOf(parameter: SpaceParameter): { readonly value: SettingValue; readonly at: number }[] {
  if (parameter.kind === "choice")
    return parameter.values.map((value, index) => ({
      value,
      at: parameter.ordered ? placeOf(parameter, value)! : index,
    }));
  return Array.from({ length: PLACES }, (_, i) => {
    const at = i / (PLACES - 1);
    return { value: valueAt(parameter, at), at };
  });
}

const axisOf = (parameter: SpaceParameter): Axis =>
  parameter.kind === "choice" && !parameter.ordered
    ? { kind: "words", size: parameter.values.length }
    : { kind: "number" };

/** An option without an effect stands in the middle, or at the first word. */
function rowOf(parameters: readonly SpaceParameter[], setting: Setting): number[] {
  return parameters.map((parameter) => {
    const value = setting[parameter.name];
    if (parameter.kind === "choice" && !parameter.ordered)
      return value === undefined ? 0 : Math.max(0, parameter.values.indexOf(value));
    return (value === undefined ? undefined : placeOf(parameter, value)) ?? 0.5;
  });
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Infinity;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
