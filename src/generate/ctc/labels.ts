/**
 * The labels of an acoustic model: what each column of its matrices stands for. A text consists of words with one space
 * between them; a delimiter label ends a word, and so does a label that begins a new one ("▁the").
 */
import { UserError } from "../../errors.js";
import { shown } from "../../shown.js";

/** What reading a label does to the text. */
export interface LabelRole {
  /** The letters it adds; "" for one that adds none. */
  readonly piece: string;
  /** It ends the word before it. */
  readonly ends: boolean;
}

export interface CtcLabels {
  /** Column of the blank. */
  readonly blank: number;
  /** By column; undefined for the blank, and for marks such as `<s>`, which no text has. */
  readonly roles: readonly (LabelRole | undefined)[];
  /** The marks, as they are spelled. */
  readonly marks: readonly string[];
}

export interface LabelChoices {
  /** The blank's label; else the first of the usual ones. */
  readonly blank?: string | undefined;
  /** The label between words; else a space, "|" or "▁". */
  readonly delimiter?: string | undefined;
  readonly case?: "keep" | "lower" | "upper" | undefined;
}

const BLANKS = ["<blank>", "<blk>", "<ctc_blank>", "<ctc>", "<eps>", "<pad>", "[PAD]", ""];
const DELIMITERS = [" ", "|", "▁"];
/** Begins a word, as SentencePiece writes it. */
const WORD_BEGIN = "▁";
const MARK = /^(?:<\/?[a-z_]+>|\[(?:UNK|CLS|SEP|MASK|PAD)\])$/i;

/** @throws UserError where a label stands twice, there is no blank, or one cannot be a part of a text */
export function ctcLabels(labels: readonly string[], choices: LabelChoices = {}): CtcLabels {
  if (!Array.isArray(labels) || labels.length < 2 || labels.some((label) => typeof label !== "string"))
    throw new UserError(`The labels are ${shown(labels)}; give a list of at least two texts.`);
  const seen = new Set<string>();
  for (const [column, label] of labels.entries()) {
    if (seen.has(label))
      throw new UserError(
        `Label ${column + 1} is ${shown(label)}, as one before it is; give every label once.`,
      );
    seen.add(label);
  }
  const blank = named(labels, "blank", choices.blank, BLANKS);
  if (blank === undefined)
    throw new UserError({
      option: "blank",
      problem: `None of the labels is a usual name of the blank (${BLANKS.slice(0, -1).join(", ")})`,
      advice: "say which label it is",
    });
  const delimiter = named(labels, "delimiter", choices.delimiter, DELIMITERS);
  const marks: string[] = [];
  const roles = labels.map((label, column): LabelRole | undefined => {
    if (column === blank) return undefined;
    if (column === delimiter) return { piece: "", ends: true };
    if (MARK.test(label)) {
      marks.push(label);
      return undefined;
    }
    const ends = label.startsWith(WORD_BEGIN) || label.startsWith(" ");
    const piece = cased(ends ? label.slice(1) : label, choices.case ?? "keep");
    if (/\s/u.test(piece))
      throw new UserError(
        `Label ${column + 1} is ${shown(label)}; a label may begin with a space, and holds no other white space.`,
      );
    return { piece, ends };
  });
  return { blank, roles, marks };
}

function named(
  labels: readonly string[],
  option: string,
  given: string | undefined,
  usual: readonly string[],
): number | undefined {
  if (given !== undefined) {
    const column = labels.indexOf(given);
    if (column >= 0) return column;
    throw new UserError({
      option,
      problem: `There is no label ${shown(given)}`,
      advice: "give one of the labels",
    });
  }
  const found = usual.find((label) => labels.includes(label));
  return found === undefined ? undefined : labels.indexOf(found);
}

function cased(text: string, to: "keep" | "lower" | "upper"): string {
  if (to === "keep") return text;
  return to === "lower" ? text.toLowerCase() : text.toUpperCase();
}
