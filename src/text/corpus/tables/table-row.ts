/** Rows of tables: the text, and the label where one is asked for, of each. */
import { option, type Sentence, sentence, UserError } from "../../../errors.js";
import { nearest } from "../../../nearest.js";

/** The columns that are read; in records, the fields. */
export interface Columns {
  /** Of the text. */
  readonly field: string;
  /** Of the label, where rows have to have one. */
  readonly label?: string | undefined;
}

export interface TableRow {
  readonly text: string;
  /** Undefined where no column of labels is read. */
  readonly label: string | undefined;
  /** The line in which it begins, or the number of the row, from 1: see PLACES. */
  readonly at: number;
}

/** The texts of rows, each ended by a newline if it does not end in one. */
export async function* rowTexts(rows: AsyncIterable<readonly TableRow[]>): AsyncGenerator<string> {
  for await (const group of rows) {
    let texts = "";
    for (const { text } of group) texts += text.endsWith("\n") ? text : `${text}\n`;
    if (texts !== "") yield texts;
  }
}

/** The columns that rows are read from, with the option that names each. */
export function wanted({ field, label }: Columns): readonly Wanted[] {
  return [
    { option: "field", name: field, of: "text" },
    ...(label === undefined ? [] : [{ option: "label", name: label, of: "label" } as const]),
  ];
}

interface Wanted {
  readonly option: "field" | "label";
  readonly name: string;
  readonly of: "text" | "label";
}

/** Columns that are listed in a message, and characters of each. */
const LISTED = 8;
const LONGEST_NAME = 40;

/** The columns that there are in place of one that is missing. */
interface Known {
  readonly names: readonly string[];
  /** What they are: "columns", "texts". */
  readonly noun: string;
  /** What to say where there are none. */
  readonly none: string;
}

/**
 * @param problem what is wrong and where: "a.csv has no column ..."
 * @throws UserError with the name that was meant, or those there are
 */
export function refuseColumn(missing: Wanted, problem: string, known: Known): never {
  throw new UserError({ option: missing.option, problem, advice: adviceFor(missing, known) });
}

function adviceFor({ option: flag, name }: Wanted, { names, noun, none }: Known): Sentence {
  const short = names.filter((it) => it.trim() !== "" && it.length <= LONGEST_NAME);
  if (short.length === 0) return [none];
  const meant = nearest(name, short);
  if (meant !== undefined) return sentence`the nearest is "${meant}": name it with ${option(flag, meant)}`;
  const listed = short.slice(0, LISTED).join(", ") + (short.length > LISTED ? ", …" : "");
  return sentence`name one of its ${noun} (${listed}) with ${option(flag)}`;
}

/**
 * A value as a label: a word, or a number or truth value as it is written. White space around it does not count.
 * @returns undefined where it is none, or is empty
 */
export function labelOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim() || undefined;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : undefined;
}
