/**
 * The space of a study: the options that are looked for, each with its values. A value is also a place in [0, 1], where
 * samplers and forests work: of a range by its logarithm or as it is, of an ordered list by its number, evenly.
 */
import type { Random } from "../engine/random.js";

/** A value of an option. */
export type SettingValue = number | string | boolean;
/** Values by option; those whose conditions do not hold are absent. */
export type Setting = Readonly<Record<string, SettingValue>>;

/** Words of other options of the space without which an option has no effect. */
export type Conditions = Readonly<Record<string, readonly SettingValue[]>>;

/** One of some values; ascending numbers have an order, words have none. */
export interface ChoiceParameter {
  readonly kind: "choice";
  readonly name: string;
  readonly values: readonly SettingValue[];
  readonly ordered: boolean;
  readonly conditions: Conditions;
}

/** A number between two others, both allowed. */
export interface RangeParameter {
  readonly kind: "range";
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Factors count, not differences. */
  readonly log: boolean;
  readonly whole: boolean;
  readonly conditions: Conditions;
}

export type SpaceParameter = ChoiceParameter | RangeParameter;

/** Options on which others depend stand before these. */
export type Space = readonly SpaceParameter[];

/** Digits of a number that is drawn from a range: what it is tried with can be read, and typed. */
const DIGITS = 3;

/** Whether places of a parameter have a distance; of a list of words they have none. */
export const isNumeric = (parameter: SpaceParameter): boolean =>
  parameter.kind === "range" || parameter.ordered;

/** Whether an option has an effect beside the others. */
export function isActive({ conditions }: SpaceParameter, setting: Setting): boolean {
  return Object.entries(conditions).every(([other, values]) => {
    const value = setting[other];
    return value !== undefined && values.includes(value);
  });
}

/** The number of values of a list; undefined for a range. */
export const sizeOf = (parameter: SpaceParameter): number | undefined =>
  parameter.kind === "choice" ? parameter.values.length : undefined;

/** The value at a place u in [0, 1]. */
export function valueAt(parameter: SpaceParameter, u: number): SettingValue {
  const place = Math.min(1, Math.max(0, u));
  if (parameter.kind === "choice") {
    const { values } = parameter;
    return values[Math.min(values.length - 1, Math.floor(place * values.length))]!;
  }
  const { from, to, log, whole } = parameter;
  const value = log ? from * (to / from) ** place : from + (to - from) * place;
  const rounded = whole ? Math.round(value) : Number(value.toPrecision(DIGITS));
  return Math.min(to, Math.max(from, rounded));
}

/**
 * The place of a value: of a list the middle of its part of [0, 1].
 * @returns undefined where the parameter has no such value
 */
export function placeOf(parameter: SpaceParameter, value: SettingValue): number | undefined {
  if (parameter.kind === "choice") {
    const index = parameter.values.indexOf(value);
    return index < 0 ? undefined : (index + 0.5) / parameter.values.length;
  }
  const { from, to, log } = parameter;
  if (typeof value !== "number" || value < from || value > to) return undefined;
  if (from === to) return 0.5;
  return log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
}

/** The value of a parameter that is nearest to one that it may not have: the nearest number; undefined for other words. */
export function nearestValue(parameter: SpaceParameter, value: SettingValue): SettingValue | undefined {
  if (placeOf(parameter, value) !== undefined) return value;
  if (typeof value !== "number") return undefined;
  if (parameter.kind === "range") return Math.min(parameter.to, Math.max(parameter.from, value));
  if (!parameter.ordered) return undefined;
  const distance = (other: SettingValue): number =>
    Math.abs(Math.log(((other as number) + 1e-6) / (value + 1e-6)));
  return parameter.values.toSorted((a, b) => distance(a) - distance(b))[0];
}

/** A setting drawn evenly, option by option. */
export function drawEvenly(space: Space, random: Random): Setting {
  const setting: Record<string, SettingValue> = {};
  for (const parameter of space) {
    // Drawn also where it has no effect, so that the draws of the others do not depend on that.
    const value = valueAt(parameter, random.next());
    if (isActive(parameter, setting)) setting[parameter.name] = value;
  }
  return setting;
}

/** Whether two settings are the same. */
export function isSameSetting(a: Setting, b: Setting): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
