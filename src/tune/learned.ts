/**
 * What a study has learned of its text: how much each option matters, which of them only together, what each value is worth
 * and costs, and which models are best for their size, their speed and their time.
 *
 * A forest is fitted to ln(bits a character) of everything that was measured, with the rung as one more coordinate, and
 * looked at where the rung is the highest that three trials or more came to. Losses are capped at their upper quarter in each
 * rung: what matters is what tells good models from each other, not what breaks bad ones.
 */
import { Random } from "../engine/random.js";
import { marginalAt, fixAxis, importancesOf } from "./fanova.js";
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
const LEAST_AT_RUNG = 3;
/** Losses above this part of a rung's are as bad as that. */
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
}

export interface Learned {
  /** Trials that it rests on, and the rung that it is about. */
  readonly trials: number;
  readonly rung: number;
  /** The most important first. */
  readonly options: readonly LearnedOption[];
  /** The strongest first: what two options explain together, beyond each. */
  readonly interactions: readonly { readonly names: readonly [string, string]; readonly share: number }[];
}

/** Undefined where too few trials were measured. */
export function learnedOf(study: Study): Learned | undefined {
  const measured = study.trials.flatMap((trial) => trial.measured.map((line) => ({ trial, line })));
  const trials = new Set(measured.map(({ trial }) => trial.trial)).size;
  if (trials < LEAST_TRIALS) return undefined;
  const { rungs } = study.header;
  const at = Array.from({ length: rungs }, (_, rung) => measured.filter(({ line }) => line.rung === rung));
  const rung = Math.max(
    0,
    at.findLastIndex((here) => here.length >= LEAST_AT_RUNG),
  );
  // An option of one value, or that no trial had, says nothing.
  const parameters = study.space.filter(
    ({ name }) => new Set(measured.map(({ trial }) => trial.setting[name])).size > 1,
  );
  const axes: Axis[] = parameters.map(axisOf);
  const rungAxis = axes.length;
  const rungPlace = (each: number): number => (rungs > 1 ? each / (rungs - 1) : 0);
  const caps = at.map((here) =>
    quantile(
      here.map(({ line }) => Math.log(line.bitsPerChar)),
      CAP,
    ),
  );
  const rows = measured.map(({ trial, line }) => [...rowOf(parameters, trial.setting), rungPlace(line.rung)]);
  const losses = measured.map(({ line }) => Math.min(caps[line.rung]!, Math.log(line.bitsPerChar)));
  const random = new Random(SEED);
  const all = growForest([...axes, { kind: "number" }], rows, losses, random);
  const trees = fixAxis(all, rungAxis, rungPlace(rung));

  const paced = lastLines(study);
  const times = growForest(
    axes,
    paced.map(({ trial }) => rowOf(parameters, trial.setting)),
    paced.map(({ line }) => Math.log(line.seconds / line.passes)),
    random,
  );
  const { single, pairs } = importancesOf(trees, axes);
  const options = parameters.map((parameter, axis) =>
    learnedOption(parameter, axis, single[axis]!, trees, times),
  );
  return {
    trials,
    rung,
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
  trees: readonly Tree[],
  times: readonly Tree[],
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
    gain(better, other) {
      const differences = marginals[better]!.map((a, tree) => marginals[other]![tree]! - a);
      return { mean: mean(differences), spread: deviation(differences) };
    },
  };
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

/** Points that no other one is better than in both: by their cost, each cheaper one is worse. */
export function frontierOf<Point>(
  points: readonly Point[],
  costOf: (point: Point) => number,
  lossOf: (point: Point) => number,
): Point[] {
  const frontier: Point[] = [];
  for (const point of points.toSorted((a, b) => costOf(a) - costOf(b) || lossOf(a) - lossOf(b))) {
    const last = frontier.at(-1);
    if (!last || lossOf(point) < lossOf(last)) frontier.push(point);
  }
  return frontier;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Infinity;
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}
