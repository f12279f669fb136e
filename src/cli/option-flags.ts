/** The flags of a command, with their help, as its table of options has them. */
import { Option } from "commander";
import { option, sentence, UserError } from "../errors.js";
import { checkValue } from "../options/check.js";
import { defaultText } from "../options/defaults.js";
import {
  offeredIn,
  type OptionDescription,
  type OptionTable,
  type ValueRule,
} from "../options/description.js";
import { flagOf, negationOf } from "./flag-spelling.js";
import { collected, numberOf } from "./parse-values.js";
import type { RecurraCommand } from "./recurra-command.js";

/** Adds a flag for every option of the table that can be typed. */
export function addFlags(command: RecurraCommand, table: OptionTable): RecurraCommand {
  for (const [name, description] of Object.entries(offeredIn(table, "command line"))) {
    command.addOption(flagFor(name, description));
    if (description.value.kind === "flag") command.addOption(negated(name));
  }
  return command;
}

function flagFor(name: string, description: OptionDescription): Option {
  const { value: rule, letter, group, required } = description;
  const long = rule.kind === "flag" ? flagOf(name) : `${flagOf(name)} <${placeholderOf(description)}>`;
  const flag = new Option(letter === undefined ? long : `-${letter}, ${long}`, helpOf(name, description));
  if (group !== undefined) flag.helpGroup(`${group}:`);
  flag.argParser(rule.kind === "flag" ? switchOf(name, true) : parserOf(name, description));
  return required ? flag.makeOptionMandatory() : flag;
}

function helpOf(name: string, description: OptionDescription): string {
  const usual = defaultText(description);
  const more = description.value.kind === "texts" ? "; repeatable" : "";
  // A flag that is on by itself can be turned off.
  const off =
    description.value.kind === "flag" && usual !== undefined ? `; ${negationOf(name)} turns it off` : "";
  return `${description.help}${off}${more}${usual === undefined ? "" : ` (default: ${usual})`}`;
}

/** The placeholder of the value in help. */
function placeholderOf({ value: rule, placeholder }: OptionDescription): string {
  if (placeholder !== undefined) return placeholder;
  switch (rule.kind) {
    case "number":
      return rule.whole ? "n" : "x";
    case "numbers":
      return "n[,n]";
    case "ascending":
      return "n,n";
    case "words":
      return "name,…";
    case "word":
      return "name";
    default:
      return "text";
  }
}

/** Says that something is off where it would be on otherwise: by an earlier choice of a resumed run, for example. */
const negated = (name: string): Option =>
  new Option(negationOf(name)).hideHelp().argParser(switchOf(name, false));

/** What a flag or its opposite says. @throws UserError where the other one is given, too */
const switchOf =
  (name: string, value: boolean) =>
  (_: unknown, before: unknown): boolean => {
    if (before === !value)
      throw new UserError({
        option: name,
        problem: sentence`${option(name)} and ${negationOf(name)} are both given`,
        advice: "give one of them",
      });
    return value;
  };

type Parser = (typed: string, before: unknown) => unknown;

/** A parser of the typed text. It throws a UserError that names the flag. */
function parserOf(name: string, whole: OptionDescription): Parser {
  const rule = typedRule(whole.value);
  const description = { ...whole, value: rule };
  return (typed, before) => {
    if (before !== undefined && rule.kind !== "texts") {
      throw new UserError({
        option: name,
        problem: sentence`${option(name)} is given twice`,
        advice: "give it once",
      });
    }
    // One value of the list at a time, so that the message names what was typed.
    if (rule.kind === "texts") checkValue(name, typed, { ...description, value: { kind: "text" } });
    const value = valueOf(typed, rule, before);
    checkValue(name, value, description);
    return value;
  };
}

/** The values that can be typed: words, without the things that only code can give in their place. */
function typedRule(rule: ValueRule): ValueRule {
  if (rule.kind !== "word" || rule.thing === undefined) return rule;
  const { thing: _, ...words } = rule;
  return words;
}

/** The numbers between commas; the text itself where one is none. */
function numbersOf(typed: string): unknown {
  const numbers = typed.split(",").map(numberOf);
  return numbers.includes(undefined) ? typed : numbers;
}

function valueOf(typed: string, rule: ValueRule, before: unknown): unknown {
  switch (rule.kind) {
    case "number":
      return numberOf(typed) ?? typed;
    case "numbers":
      return numberOf(typed) ?? numbersOf(typed);
    case "ascending":
      return numbersOf(typed);
    case "words":
      return typed.split(",").map((word) => word.trim());
    case "texts":
      return collected(typed, before as readonly string[] | undefined);
    default:
      return typed;
  }
}
