/** Labelled texts out of files of JSON Lines, record by record. */
import { createReadStream } from "node:fs";
import { checkText } from "../argument-checks.js";
import type { LabelledText } from "../classify/labelled-text.js";
import { UserError } from "../errors.js";
import { fileError } from "../format/system-error.js";
import { isRecords } from "../text/corpus/file-kind.js";
import { decodeText, type TextEncoding } from "../text/corpus/decode-text.js";
import { recordText } from "../text/corpus/json-lines.js";
import { linesOf } from "../text/corpus/lines.js";

export interface ReadLabelledOptions {
  /** Of the bytes; default "utf-8". */
  readonly encoding?: TextEncoding;
  /** Field of a record that holds the text; default "text". */
  readonly field?: string;
  /** Field of a record that holds the label; default "label". */
  readonly label?: string;
}

/**
 * The records of the files, one after the other.
 * @throws UserError for a file that cannot be read or is no JSON Lines, and for a record without text or label
 */
export async function* readLabelled(
  paths: readonly string[],
  { encoding = "utf-8", field = "text", label = "label" }: ReadLabelledOptions = {},
): AsyncGenerator<LabelledText, void, undefined> {
  for (const path of paths) {
    checkText("The file of labelled texts", path);
    if (!isRecords(path))
      throw new UserError(`${path} is no JSON Lines; give a file of records whose name ends in .jsonl.`);
    let number = 0;
    try {
      const chunks = decodeText(createReadStream(path), encoding, path);
      for await (const lines of linesOf(chunks, { name: path })) {
        for (const line of lines) {
          number++;
          if (line.trim() === "") continue;
          const source = `${path}, line ${number}`;
          yield { text: recordText(line, field, source), label: recordText(line, label, source), source };
        }
      }
    } catch (error) {
      throw fileError(error, "read", path);
    }
  }
}
