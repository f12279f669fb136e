/** Texts out of records: JSON Lines, one object a line, one of its fields the text. */
import { UserError } from "../../errors.js";
import { linesOf } from "./lines.js";

/**
 * The field's text of every record, each ended by a newline if it does not end in one; blank lines are passed over.
 * @param chunks the file as text
 * @param name of the file, for messages
 * @throws UserError with the line where a record is not JSON, or has no such text
 */
export async function* recordTexts(
  chunks: AsyncIterable<string>,
  field: string,
  name: string,
): AsyncGenerator<string> {
  let number = 0;
  for await (const group of linesOf(chunks)) {
    let texts = "";
    for (const line of group) {
      number++;
      if (line.trim() === "") continue;
      const text = textOf(line, field, `${name}, line ${number}`).replaceAll("\r\n", "\n");
      texts += text.endsWith("\n") ? text : `${text}\n`;
    }
    if (texts !== "") yield texts;
  }
}

function textOf(line: string, field: string, where: string): string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new UserError(`${where}: this is not JSON; a .jsonl file has one JSON object a line.`);
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new UserError(`${where}: this is not a JSON object; a .jsonl file has one a line.`);
  }
  const value: unknown = Object.hasOwn(record, field)
    ? (record as Record<string, unknown>)[field]
    : undefined;
  if (typeof value === "string") return value;
  const fields = Object.entries(record).flatMap(([key, it]) => (typeof it === "string" ? [key] : []));
  const hint =
    fields.length === 0
      ? "no field of it is text"
      : `name one of its texts (${fields.slice(0, 5).join(", ")}) with --field`;
  throw new UserError(`${where}: the record has no text in a field "${field}"; ${hint}.`);
}
