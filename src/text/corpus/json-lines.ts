/** Texts out of records: JSON Lines, one object a line, one of its fields the text, and another one a label. */
import { option, sentence, UserError } from "../../errors.js";
import { withNewlines } from "./decode-text.js";
import { linesOf } from "./lines.js";
import { type Columns, labelOf, refuseColumn, rowTexts, type TableRow, wanted } from "./tables/table-row.js";

/**
 * The rows of records, in groups; blank lines are skipped, and every line end in a text becomes `\n`.
 * @param chunks the file as text
 * @param name of the file, for messages
 * @param longest UTF-16 units that a record may have
 * @throws UserError with the line where a record is not JSON, is too long, or has no such field
 */
export async function* recordRows(
  chunks: AsyncIterable<string>,
  columns: Columns,
  name: string,
  longest?: number,
): AsyncGenerator<TableRow[]> {
  let at = 0;
  for await (const group of linesOf(chunks, { name, ...(longest !== undefined && { longest }) })) {
    const rows: TableRow[] = [];
    for (const line of group) {
      at++;
      if (line.trim() === "") continue;
      const { text, label } = recordRow(line, columns, `${name}, line ${at}`);
      rows.push({ text: withNewlines(text), label, at });
    }
    if (rows.length > 0) yield rows;
  }
}

/** The field's text of every record, each ended by a newline if it does not end in one. As `recordRows`. */
export function recordTexts(
  chunks: AsyncIterable<string>,
  field: string,
  name: string,
  longest?: number,
): AsyncGenerator<string> {
  return rowTexts(recordRows(chunks, { field }, name, longest));
}

/** The field's text of one record. @param where for messages: the file and the line @throws UserError */
export function recordText(line: string, field: string, where: string): string {
  return recordRow(line, { field }, where).text;
}

/** What one record says. @param where for messages: the file and the line @throws UserError */
function recordRow(line: string, columns: Columns, where: string): Omit<TableRow, "at"> {
  const record = parsed(line, where);
  const [text, label] = wanted(columns).map((column) => {
    const value = Object.hasOwn(record, column.name) ? record[column.name] : undefined;
    const given = column.of === "label" ? labelOf(value) : value;
    if (typeof given === "string") return given;
    const fits = (it: unknown): boolean =>
      column.of === "label" ? labelOf(it) !== undefined : typeof it === "string";
    return refuseColumn(column, `${where}: the record has no ${column.of} in a field "${column.name}"`, {
      names: Object.keys(record).filter((key) => fits(record[key])),
      noun: `${column.of}s`,
      none: `no field of it is ${column.of === "text" ? "text" : "a label"}`,
    });
  });
  return { text: text!, label };
}

function parsed(line: string, where: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new UserError(`${where}: this is not JSON; a .jsonl file has one JSON object a line.`);
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new UserError(`${where}: this is not a JSON object; a .jsonl file has one a line.`);
  }
  return record as Record<string, unknown>;
}

/** @throws UserError where a field is requested of a file that is not JSON Lines */
export function refuseField(name: string, field: string): never {
  throw new UserError({
    option: "field",
    problem: sentence`${name} is no JSON Lines, so there is no ${option("field", field)} in it`,
    advice: sentence`leave ${option("field")} out, or, where it has one JSON object a line, name it .jsonl`,
  });
}
