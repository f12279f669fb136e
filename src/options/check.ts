/** Checks options against their table: names, kinds, ranges, words, and which options go together. */
import { option, type OptionMention, type Sentence, sentence, UserError } from "../errors.js";
import { nearest } from "../nearest.js";
import { shown } from "../shown.js";
import { defaultOf } from "./defaults.js";
import type { NumberRule, OptionDescription, OptionTable, ValueRule, WordRule } from "./description.js";

/** Characters of a name that are shown. */
const MOST_SHOWN = 60;

/**
 * Names and values, each by itself.
 * @param called the function that takes the options, for messages: "train"
 * @throws UserError that names the first wrong option
 */
export function checkOptions(called: string, options: unknown, table: OptionTable): void {
  const known = Object.keys(table);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new UserError(`${called} takes its options as an object, such as { ${known[0]}: … }.`);
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(table, name)) continue;
    const meant = nearest(name, known);
    const hint = meant === undefined ? `there are ${known.join(", ")}.` : `did you mean ${meant}?`;
    const written = name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name;
    throw new UserError({ option: written, problem: `${called} has no option ${written}; ${hint}` });
  }
  for (const [name, description] of Object.entries(table)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) checkValue(name, value, description);
    else if (description.required) {
      throw new UserError({ option: name, problem: sentence`${called} needs ${option(name)}.` });
    }
  }
}

/**
 * An option is refused where it has no effect: where it belongs to a word of another option that was not chosen, or
 * needs an option that was not given. 0, false and "none" turn something off and are accepted.
 * @param options checked already
 * @throws UserError that names the first such option
 */
export function checkBelonging(options: object, table: OptionTable): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const [name, { belongsTo = {}, needs }] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined || value === 0 || value === false || value === "none") continue;
    const others = typeof needs === "string" ? [needs] : (needs ?? []);
    if (others.length > 0 && others.every((other) => given[other] === undefined)) {
      const needed = listed(others.map((other) => option(other)));
      throw new UserError({
        option: name,
        problem: sentence`${option(name)} is given without ${needed}`,
        advice: sentence`give ${needed}, too, or leave ${option(name)} out`,
      });
    }
    for (const [other, words] of Object.entries(belongsTo)) {
      const chosen = String(given[other] ?? defaultOf(table, other, given));
      if (words.includes(chosen)) continue;
      throw new UserError({
        option: name,
        problem: sentence`${option(name)} belongs to ${mentions(other, words)}`,
        advice: `leave it out or choose ${words.join(" or ")}`,
      });
    }
  }
}

/** The option with each word: "softmax: full or softmax: sampled". */
const mentions = (name: string, words: readonly string[]): Sentence =>
  listed(words.map((word) => option(name, word)));

/** "a, b or c" */
function listed(all: readonly OptionMention[]): Sentence {
  return all.flatMap((mention, i): (string | OptionMention)[] =>
    i === 0 ? [mention] : [i < all.length - 1 ? ", " : " or ", mention],
  );
}

/** @throws UserError with the given value and the allowed ones */
export function checkValue(name: string, value: unknown, description: OptionDescription): void {
  const { value: rule } = description;
  if (isValue(value, rule)) return;
  const guess = rule.kind === "word" && typeof value === "string" ? nearest(value, rule.words) : undefined;
  throw new UserError({
    option: name,
    problem: sentence`${option(name)} is ${shown(value)}${guess === undefined ? "" : ` (did you mean ${guess}?)`}`,
    advice: wanted(description),
  });
}

/** Whether a value is one of a rule. */
export function isValue(value: unknown, rule: ValueRule): boolean {
  switch (rule.kind) {
    case "flag":
      return typeof value === "boolean";
    case "text":
      if (typeof value === "string") return rule.empty === true || value !== "";
      return rule.thing !== undefined && isThing(value, rule.thing.method);
    case "number":
      return isNumber(value, rule);
    case "numbers":
      if (!Array.isArray(value)) return isNumber(value, rule.each);
      return value.length > 0 && value.length <= rule.most && value.every((one) => isNumber(one, rule.each));
    case "word":
      if (typeof value === "string") return rule.words.includes(value) || isFileName(value, rule);
      return rule.thing !== undefined && isThing(value, rule.thing.method);
    case "texts":
      return (
        Array.isArray(value) &&
        value.every((text) => typeof text === "string" && (rule.empty === true || text !== ""))
      );
    case "words":
      return Array.isArray(value) && value.length > 0 && value.every((text) => rule.words.includes(text));
    case "ascending":
      return (
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((n, i) => Number.isSafeInteger(n) && n > (i === 0 ? 0 : value[i - 1]))
      );
    case "code": {
      if (rule.method === undefined) return typeof value === "function";
      return hasMethod(value, rule.method);
    }
  }
}

/** Whether a text names a file of the kind that may stand in place of a word. */
export function isFileName(value: string, { file }: WordRule): boolean {
  return file !== undefined && value.length > file.ending.length && value.endsWith(file.ending);
}

function isThing(value: unknown, method: string | undefined): boolean {
  if (method !== undefined) return hasMethod(value, method);
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasMethod(value: unknown, method: string | symbol): boolean {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as Readonly<Record<PropertyKey, unknown>>)[method] === "function";
}

function isNumber(
  value: unknown,
  { whole, min = -Infinity, max = Infinity, above, below }: NumberRule,
): boolean {
  return (
    typeof value === "number" &&
    Number.isFinite(value) &&
    (!whole || Number.isSafeInteger(value)) &&
    (above ? value > min : value >= min) &&
    (below ? value < max : value <= max)
  );
}

/** The allowed values, as advice. */
function wanted({ value: rule, unit }: OptionDescription): string {
  switch (rule.kind) {
    case "flag":
      return "give true or false";
    case "text":
      return `give a text${rule.empty ? "" : " that is not empty"}${rule.thing ? `, or ${rule.thing.noun}` : ""}`;
    case "number":
      return `give ${rangeText(rule, unit)}`;
    case "numbers":
      return `give ${rangeText(rule.each, unit)}, or a list of at most ${rule.most}, such as ${rule.example}`;
    case "word":
      return `choose one of ${rule.words.join(", ")}${[rule.file, rule.thing].map((other) => (other ? `, or give ${other.noun}` : "")).join("")}`;
    case "words":
      return `give a list of ${rule.words.join(", ")}`;
    case "texts":
      return `give a list of texts${rule.empty ? "" : ", none of them empty"}, such as [${JSON.stringify(rule.example)}]`;
    case "ascending":
      return `give ascending whole numbers above 0, such as ${rule.example}`;
    case "code":
      return `give ${rule.noun}`;
  }
}

/** "a whole number of tokens from 1 to 64", "a number above 0 and up to 1". */
export function rangeText({ whole, min, max, above, below }: NumberRule, unit?: string): string {
  const noun = `${whole ? "a whole number" : "a number"}${unit === undefined ? "" : ` of ${unit}`}`;
  const from = min === undefined ? "" : above ? ` above ${grouped(min)}` : ` from ${grouped(min)}`;
  if (max === undefined) return `${noun}${from}${min === undefined || above ? "" : " on"}`;
  const to = below ? ` and below ${grouped(max)}` : `${above ? " and up" : ""} to ${grouped(max)}`;
  return `${noun}${from}${to}`;
}

const grouped = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 6 });
