/** Texts out of records: JSON Lines, one object a line, one of its fields the text. */
import { option, sentence, UserError } from "../../errors.js";
import { withNewlines } from "./decode-text.js";
import { linesOf } from "./lines.js";

/**
 * The field's text of every record, each ended by a newline if it does not end in one; blank lines are skipped, and
 * every line end becomes `\n`.
 * @param chunks the file as text
 * @param name of the file, for messages
 * @param longest UTF-16 units that a record may have
 * @throws UserError with the line where a record is not JSON, is too long, or has no such text
 */
export async function* recordTexts(
  chunks: AsyncIterable<string>,
  field: string,
  name: string,
  longest?: number,
): AsyncGenerator<string> {
  let number = 0;
  for await (const group of linesOf(chunks, { name, ...(longest !== undefined && { longest }) })) {
    let texts = "";
    for (const line of group) {
      number++;
      if (line.trim() === "") continue;
      const text = withNewlines(recordText(line, field, `${name}, line ${number}`));
      texts += text.endsWith("\n") ? text : `${text}\n`;
    }
    if (texts !== "") yield texts;
  }
}

/** The field's text of one record. @param where for messages: the file and the line @throws UserError */
export function recordText(line: string, field: string, where: string): string {
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
  throw new UserError({
    option: "field",
    problem: `${where}: the record has no text in a field "${field}"`,
    advice:
      fields.length === 0
        ? "no field of it is text"
        : sentence`name one of its texts (${fields.slice(0, 5).join(", ")}) with ${option("field")}`,
  });
}

/** @throws UserError where a field is requested of a file that is not JSON Lines */
export function refuseField(name: string, field: string): never {
  throw new UserError({
    option: "field",
    problem: sentence`${name} is no JSON Lines, so there is no ${option("field", field)} in it`,
    advice: sentence`leave ${option("field")} out, or, where it has one JSON object a line, name it .jsonl`,
  });
}
