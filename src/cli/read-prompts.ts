/** Prompts of a file or of standard input: a line each, or records with a field "prompt". */
import { UserError } from "../errors.js";
import { CONVERT, decodeText } from "../text/corpus/decode-text.js";
import { linesOf } from "../text/corpus/lines.js";
import { LONGEST_SCORED_LINE } from "../text/limits.js";
import { openRegularFile } from "../format/regular-file.js";
import type { Io } from "./io.js";

/** The prompts, blank lines left out. @throws UserError with the line; where there is none */
export async function readPrompts(io: Io, path: string): Promise<string[]> {
  const name = path === "-" ? "Standard input" : path;
  const bytes = path === "-" ? (io.stdin as AsyncIterable<Uint8Array>) : await bytesOf(path);
  const prompts: string[] = [];
  let number = 0;
  let records = path.endsWith(".jsonl");
  const chunks = decodeText(bytes, "utf-8", name, CONVERT);
  for await (const group of linesOf(chunks, { name, longest: LONGEST_SCORED_LINE })) {
    for (const line of group) {
      number++;
      if (line.trim() === "") continue;
      if (prompts.length === 0) records ||= /^\s*\{\s*"/.test(line);
      prompts.push(records ? promptOf(line, `${name}, line ${number}`) : line);
    }
  }
  if (prompts.length === 0) throw new UserError(`${name} has no line with text; give a prompt a line.`);
  return prompts;
}

async function bytesOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  const { file } = await openRegularFile(path);
  return file.createReadStream() as AsyncIterable<Uint8Array>;
}

function promptOf(line: string, where: string): string {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    throw new UserError(`${where}: this is not JSON; a file of records has one JSON object a line.`);
  }
  const prompt = (record as { readonly prompt?: unknown } | null)?.prompt;
  if (typeof prompt === "string") return prompt;
  throw new UserError(`${where}: the record has no text in a field "prompt"; give it one.`);
}
