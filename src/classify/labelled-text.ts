/** Texts with labels, and the labels that a classifier tells apart. */
import { isIterable, refuseArgument } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { nearest } from "../nearest.js";
import { shown } from "../shown.js";
import type { LabelledText } from "../text/labelled-text.js";

/** Labelled texts, which may come as they are read. */
export type LabelledInput = Iterable<LabelledText> | AsyncIterable<LabelledText>;

/** Least texts of a label: one to learn from, and one to be held out. */
const LEAST = 2;

/**
 * All of them, checked.
 * @param called the function that takes them, for messages
 * @throws UserError for what is no labelled text, and where there is none
 */
export async function heldTexts(texts: LabelledInput, called: string): Promise<LabelledText[]> {
  if (typeof texts === "string" || !isIterable(texts))
    refuseArgument(`The argument of ${called}`, texts, "give the labelled texts in an array");
  const held: LabelledText[] = [];
  for await (const one of texts) held.push(checked(one, held.length + 1));
  if (held.length === 0)
    throw new UserError(`There is no labelled text for ${called}: the input is empty; give some.`);
  return held;
}

function checked(value: unknown, number: number): LabelledText {
  const { text, label, source } = Object(value) as Partial<LabelledText>;
  const which = source ?? `Labelled text ${number}`;
  if (typeof text !== "string") refuseArgument(`${which}: its text`, text, "give a string");
  if (typeof label !== "string") refuseArgument(`${which}: its label`, label, "give a string");
  if (label === "")
    throw new UserError(`${which} has an empty label; give every text a label, or leave it out.`);
  return value as LabelledText;
}

/** The labels of texts to learn from, in order, and how many texts each has. */
export interface LabelCounts {
  readonly labels: readonly string[];
  readonly counts: readonly number[];
}

/** @throws UserError where there is one label alone, or a label has one text alone */
export function labelCounts(texts: readonly LabelledText[]): LabelCounts {
  const found = new Map<string, number>();
  for (const { label } of texts) found.set(label, (found.get(label) ?? 0) + 1);
  const labels = [...found.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  if (labels.length === 1)
    throw new UserError(
      `All ${texts.length === 1 ? "texts there are, one," : `${texts.length} texts`} have the label ${shown(labels[0])}, so there is nothing to tell apart; give texts of another label, too.`,
    );
  const few = labels.filter((label) => found.get(label)! < LEAST);
  if (few.length > 0) throw tooFew(few, texts);
  return { labels, counts: labels.map((label) => found.get(label)!) };
}

function tooFew(few: readonly string[], texts: readonly LabelledText[]): UserError {
  const label = few[0]!;
  const source = texts.find((one) => one.label === label)?.source;
  const where = source === undefined ? "" : ` (${source})`;
  const others =
    few.length === 1 ? "" : `, and so ${few.length === 2 ? "has" : "have"} ${few.length - 1} more`;
  return new UserError(
    `The label ${shown(label)} has one text alone${where}${others}: a part of each label's texts is held out to choose and to calibrate by; give it another text, or leave its text out.`,
  );
}

/**
 * The number of each text's label.
 * @throws UserError for a label that the classifier does not know, the first of them
 */
export function labelNumbers(texts: readonly LabelledText[], labels: readonly string[]): Int32Array {
  const numbers = new Map(labels.map((label, c) => [label, c]));
  return Int32Array.from(texts, ({ label, source }) => {
    const number = numbers.get(label);
    if (number !== undefined) return number;
    const count = texts.filter((other) => other.label === label).length;
    const where = source === undefined ? "" : `, the first in ${source}`;
    const guess = nearest(label, labels);
    const known = guess === undefined ? `it knows ${someOf(labels)}` : `did you mean ${guess}?`;
    throw new UserError(
      `${count === 1 ? "A text has" : `${count} texts have`} the label ${shown(label)}${where}, which the classifier was not trained on (${known}); train it with texts of this label, or leave ${count === 1 ? "it" : "them"} out.`,
    );
  });
}

/** Labels named in messages, at most. */
const MOST_NAMED = 10;

function someOf(labels: readonly string[]): string {
  const named = labels.slice(0, MOST_NAMED).map((label) => shown(label));
  const rest = labels.length - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
