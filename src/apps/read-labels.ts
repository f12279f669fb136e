/**
 * The labels of an acoustic model from a file: a list of JSON; an object of JSON with the column of each label, as vocab.json
 * of Hugging Face's has it; lines `<label> <column>`, as tokens.txt of Kaldi's relatives; or a label a line.
 */
import { checkPath } from "../argument-checks.js";
import { UserError } from "../errors.js";
import { parseJson } from "../format/json.js";
import { readRegularFile } from "../format/regular-file.js";
import { shown } from "../shown.js";

const MOST_BYTES = 64e6;

/** @throws UserError that says what is wrong, and in which line */
export async function readLabels(path: string): Promise<string[]> {
  checkPath("The path of the labels", path);
  const bytes = await readRegularFile(path, MOST_BYTES);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UserError(`${path} is not UTF-8 text; give a file of labels.`, { cause: error });
  }
  return parseLabels(text, path);
}

/** As `readLabels`, of what the file says. @param where names it in messages */
export function parseLabels(text: string, where: string): string[] {
  if (/^\s*\[\s*(?:"|\])/.test(text) || /^\s*\{/.test(text)) return ofJson(parseJson(text, where), where);
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const pairs = lines.map((line) => /^(\S+)\s+(\d+)$/.exec(line));
  if (pairs.every((pair) => pair !== null))
    return byColumn(
      pairs.map((pair, i) => [pair[1]!, Number(pair[2]), `${where}, line ${i + 1}`]),
      where,
    );
  refuseTwice(
    lines,
    lines.map((_, i) => `${where}, line ${i + 1}`),
  );
  return lines;
}

/** @param wheres the place of each label @throws UserError where one stands twice */
function refuseTwice(labels: readonly string[], wheres: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const [i, label] of labels.entries()) {
    const earlier = seen.get(label);
    if (earlier !== undefined)
      throw new UserError(
        `${wheres[i]!}: the label ${shown(label)} stood before, in ${earlier}; give every label once.`,
      );
    seen.set(label, wheres[i]!);
  }
}

function ofJson(value: unknown, where: string): string[] {
  if (Array.isArray(value)) {
    const wrong = value.findIndex((label) => typeof label !== "string");
    if (wrong < 0) {
      refuseTwice(
        value,
        value.map((_, i) => `${where}, label ${i + 1}`),
      );
      return value as string[];
    }
    throw new UserError(`${where}: label ${wrong + 1} is ${shown(value[wrong])}; give a text for each.`);
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return byColumn(
    entries.map(([label, column]) => [label, column, `${where}, label ${shown(label)}`]),
    where,
  );
}

function byColumn(
  entries: readonly (readonly [label: string, column: unknown, where: string])[],
  file: string,
): string[] {
  refuseTwice(
    entries.map(([label]) => label),
    entries.map(([, , where]) => where),
  );
  const labels: (string | undefined)[] = entries.map(() => undefined);
  for (const [label, column, where] of entries) {
    if (typeof column !== "number" || !Number.isInteger(column) || column < 0 || column >= entries.length)
      throw new UserError(
        `${where}: the column is ${shown(column)}; give the columns from 0 to ${entries.length - 1}, each once.`,
      );
    if (labels[column] !== undefined)
      throw new UserError(
        `${where}: the column ${column} has the label ${shown(labels[column])} already; give each column once.`,
      );
    labels[column] = label;
  }
  return labels.map((label, column) => {
    if (label === undefined)
      throw new UserError(`${file} has no label for column ${column}; give one for each.`);
    return label;
  });
}
