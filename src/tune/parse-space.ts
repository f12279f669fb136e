/**
 * A space as a file has it, or code gives it: an object that says for each option its values, as a list or a range.
 *
 *     {
 *       "cell": ["lstm", "gru"],
 *       "hidden": [128, 256, 512],
 *       "lr": { "from": 0.0005, "to": 0.02, "log": true },
 *       "weightDrop": { "from": 0, "to": 0.5, "when": { "cell": ["lstm"] } },
 *       "vocabSize": { "values": [1000, 4000], "when": { "tokenizer": "bpe" } }
 *     }
 *
 * Options may be written batchSize, batch_size or batch-size. An option that belongs to words of another one, by the table
 * of options, is drawn only beside these; `when` adds such conditions.
 */
import { UserError } from "../errors.js";
import { nearest } from "../nearest.js";
import { checkValue } from "../options/check.js";
import { defaultOf } from "../options/defaults.js";
import { numberRule, type OptionDescription, type OptionTable } from "../options/description.js";
import { SEARCHED } from "../options/study-options.js";
import { TRAIN_OPTIONS } from "../options/train-options.js";
import { shown } from "../shown.js";
import type { Conditions, SettingValue, Space, SpaceParameter } from "./space.js";

/** Values of an option in a list, at most. */
const MOST_VALUES = 100;
/** Characters know no size: the other kinds do. */
const IMPLIED: Readonly<Record<string, Conditions>> = { vocabSize: { tokenizer: ["bpe", "word"] } };

const TABLE: OptionTable = TRAIN_OPTIONS;

/**
 * @param given options that are fixed: they are no part of the space, and neither is what has no effect beside them
 * @param where names the space in messages
 * @throws UserError for the first thing that is wrong
 */
export function parseSpace(value: unknown, given: Readonly<Record<string, unknown>>, where: string): Space {
  const written = objectIn(value, where, 'a space is an object, such as { "hidden": [128, 256] }');
  const parameters: SpaceParameter[] = [];
  const names = new Set<string>();
  for (const [key, one] of Object.entries(written)) {
    const name = nameOf(key, where);
    if (names.has(name)) throw wrong(where, `${key} stands twice; write it once`);
    names.add(name);
    if (given[name] === undefined) parameters.push(parseParameter(name, one, where));
  }
  const space = inOrder(active(parameters, given, where), where);
  if (space.length === 0)
    throw new UserError({
      option: "space",
      problem: `In ${where}, nothing is left to look for`,
      advice: "give values of an option that is not fixed",
    });
  checkWords(space, given, where);
  return space;
}

function nameOf(key: string, where: string): string {
  const name = key.replaceAll(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if ((SEARCHED as readonly string[]).includes(name)) return name;
  if (Object.hasOwn(TRAIN_OPTIONS, name))
    throw wrong(where, `${shown(key)} is nothing that a study looks for; give it with the command`);
  const meant = nearest(name, SEARCHED);
  const hint = meant === undefined ? `there are ${SEARCHED.join(", ")}` : `did you mean ${meant}?`;
  throw wrong(where, `there is no option ${shown(key)}; ${hint}`);
}

const FIELDS = ["from", "to", "log", "values", "when"];

function parseParameter(name: string, value: unknown, where: string): SpaceParameter {
  if (Array.isArray(value)) return listOf(name, value, {}, where);
  const written = objectIn(value, where, `${name} takes a list of values, or { "from": …, "to": … }`);
  for (const field of Object.keys(written))
    if (!FIELDS.includes(field))
      throw wrong(where, `${name} has no field ${shown(field)}; there are ${FIELDS.join(", ")}`);
  const conditions = parseWhen(name, written["when"], where);
  const { values, from, to, log } = written;
  if (values !== undefined) {
    if (from !== undefined || to !== undefined || log !== undefined)
      throw wrong(where, `${name} has both values and a range; give one of them`);
    if (!Array.isArray(values)) throw wrong(where, `${name} has ${shown(values)} for values; give a list`);
    return listOf(name, values, conditions, where);
  }
  return rangeOf(name, { from, to, log }, conditions, where);
}

function listOf(
  name: string,
  values: readonly unknown[],
  conditions: Conditions,
  where: string,
): SpaceParameter {
  if (values.length === 0) throw wrong(where, `${name} has an empty list; give a value or more`);
  if (values.length > MOST_VALUES)
    throw wrong(where, `${name} has ${values.length} values; give at most ${MOST_VALUES}, or a range`);
  for (const value of values) checkPlain(name, value, where);
  const plain = values as readonly SettingValue[];
  const twice = plain.find((value, i) => plain.indexOf(value) < i);
  if (twice !== undefined) throw wrong(where, `${name} has ${shown(twice)} twice; write it once`);
  const ordered = plain.length > 1 && plain.every((value) => typeof value === "number");
  const sorted = ordered ? plain.toSorted((a, b) => Number(a) - Number(b)) : plain;
  return { kind: "choice", name, values: sorted, ordered, conditions };
}

function rangeOf(
  name: string,
  { from, to, log = false }: { readonly from: unknown; readonly to: unknown; readonly log: unknown },
  conditions: Conditions,
  where: string,
): SpaceParameter {
  const rule = numberRule(TABLE[name]!.value);
  if (!rule) throw wrong(where, `${name} has no numbers, so it has no range; give a list of values`);
  for (const [end, value] of [
    ["from", from],
    ["to", to],
  ] as const) {
    if (value === undefined) throw wrong(where, `the range of ${name} has no "${end}"; give a number`);
    checkPlain(name, value, where);
  }
  const [low, high] = [from as number, to as number];
  if (low >= high)
    throw wrong(where, `the range of ${name} goes from ${low} to ${high}; give a greater "to"`);
  if (typeof log !== "boolean")
    throw wrong(where, `the range of ${name} has ${shown(log)} for "log"; give true or false`);
  if (log && low <= 0)
    throw wrong(where, `the range of ${name} is logarithmic and begins at ${low}; begin above 0`);
  return { kind: "range", name, from: low, to: high, log, whole: rule.whole ?? false, conditions };
}

/** @throws UserError where an option cannot have the value, or a study cannot: a list of widths */
function checkPlain(name: string, value: unknown, where: string): void {
  const description = TABLE[name] as OptionDescription;
  if (typeof value === "object") throw wrong(where, `${name} has ${shown(value)}; give plain values`);
  said(where, () => checkValue(name, value, description));
}

function parseWhen(name: string, value: unknown, where: string): Conditions {
  if (value === undefined) return {};
  const written = objectIn(value, where, `"when" of ${name} is an object, such as { "tokenizer": ["bpe"] }`);
  const conditions: Record<string, readonly SettingValue[]> = {};
  for (const [key, given] of Object.entries(written)) {
    const other = nameOf(key, where);
    if (other === name) throw wrong(where, `"when" of ${name} names ${name} itself; name another option`);
    const values = Array.isArray(given) ? given : [given];
    if (values.length === 0)
      throw wrong(where, `"when" of ${name} has no value of ${other}; give one or more`);
    for (const one of values) checkPlain(other, one, where);
    conditions[other] = values as readonly SettingValue[];
  }
  return conditions;
}

/** The parameters with all their conditions on others of the space; without those that never have an effect. */
function active(
  parameters: readonly SpaceParameter[],
  given: Readonly<Record<string, unknown>>,
  where: string,
): SpaceParameter[] {
  let left = parameters.map((parameter) => ({ ...parameter, conditions: allConditions(parameter) }));
  for (;;) {
    const byName = new Map(left.map((parameter) => [parameter.name, parameter]));
    const kept = left.flatMap((parameter) => {
      const open: Record<string, readonly SettingValue[]> = {};
      for (const [other, values] of Object.entries(parameter.conditions)) {
        const searched = byName.get(other);
        if (searched) {
          if (searched.kind === "range")
            throw wrong(
              where,
              `"when" of ${parameter.name} names ${other}, which is a range; give ${other} a list`,
            );
          if (!searched.values.some((value) => values.includes(value))) return [];
          open[other] = values;
          continue;
        }
        const fixed = given[other] ?? defaultOf(TABLE, other, given);
        if (!values.includes(fixed as SettingValue)) return [];
      }
      return [{ ...parameter, conditions: open }];
    });
    if (kept.length === left.length) return kept;
    left = kept;
  }
}

/** What was written, and what the table of options says. */
function allConditions({ name, conditions }: SpaceParameter): Conditions {
  const all: Record<string, readonly SettingValue[]> = { ...conditions };
  for (const [other, words] of Object.entries({ ...TABLE[name]!.belongsTo, ...IMPLIED[name] }))
    all[other] = all[other]?.filter((value) => (words as readonly SettingValue[]).includes(value)) ?? words;
  return all;
}

/** Each after those that it hangs on. @throws UserError where some hang on each other */
function inOrder(parameters: readonly SpaceParameter[], where: string): SpaceParameter[] {
  const order: SpaceParameter[] = [];
  let left = [...parameters];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const ready = left.filter(
      ({ conditions }) => !Object.keys(conditions).some((other) => waiting.has(other)),
    );
    if (ready.length === 0)
      throw wrong(
        where,
        `${left.map(({ name }) => name).join(" and ")} hang on each other; leave out a "when"`,
      );
    order.push(...ready);
    left = left.filter((parameter) => !ready.includes(parameter));
  }
  return order;
}

/**
 * A word outside the vocabulary is one token that costs few bits, whatever it is: the fewer words, the fewer bits.
 * @throws UserError where models of words would be compared with others, or with other vocabularies
 */
function checkWords(space: Space, given: Readonly<Record<string, unknown>>, where: string): void {
  const tokenizer = space.find(({ name }) => name === "tokenizer");
  const values = tokenizer?.kind === "choice" ? tokenizer.values : [given["tokenizer"]];
  if (!values.includes("word")) return;
  const changing = space.find(({ name }) => ["vocabSize", "minCount", "wordMode"].includes(name));
  if (values.length === 1 && !changing) return;
  throw wrong(
    where,
    `models of words are compared with others: words outside a vocabulary cost few bits whatever they are, so that a smaller vocabulary would seem better; look among char and bpe, or fix word as the tokenizer, and its vocabulary`,
  );
}

function objectIn(value: unknown, where: string, wanted: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw wrong(where, `there is ${shown(value)}; ${wanted}`);
}

/** Lets a check speak. */
function said(where: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw wrong(where, error.message.replace(/\.$/, ""));
  }
}

function wrong(where: string, problem: string): UserError {
  const end = problem.endsWith("?") ? "" : ".";
  return new UserError({ option: "space", problem: `In ${where}, ${problem}${end}` });
}
