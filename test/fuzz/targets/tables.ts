/** Tables: their bytes, their cells, whatever they are packed by; as text, and with labels. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { UserError } from "../../../src/errors.js";
import { openCorpus } from "../../../src/text/corpus/corpus.js";
import { ENCODINGS } from "../../../src/text/corpus/decode-text.js";
import { openLabelled } from "../../../src/text/corpus/labelled-texts.js";
import { mutated, mutations } from "../mutations.js";
import { type FuzzTarget, target, withFolder } from "../target.js";

const fixtures = fileURLToPath(new URL("../../fixtures/tables/", import.meta.url));
const PARQUET = readdirSync(fixtures).filter((name) => name.endsWith(".parquet"));

const column = fc.constantFrom(
  "text",
  "label",
  "id",
  "txet",
  "note",
  "tags",
  "weight",
  "",
  "constructor",
  "__proto__",
);
const reading = fc.record({ field: column, label: column, encoding: fc.constantFrom(...ENCODINGS) });

/** Reads it in both ways. @throws what is neither a text nor a `UserError` */
async function readBoth(
  path: string,
  options: { field: string; label: string; encoding: "utf-8" | "latin1" },
): Promise<void> {
  let refused: UserError | undefined;
  for (const read of [textOf, labelledOf]) {
    try {
      await read(path, options);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused = error;
    }
  }
  if (refused) throw refused;
}

type Options = Parameters<typeof readBoth>[1];

async function textOf(path: string, { field, encoding }: Options): Promise<string> {
  const corpus = await openCorpus([path], { field, encoding });
  let text = "";
  for await (const chunk of corpus.chunks()) text += chunk;
  return text;
}

async function labelledOf(path: string, options: Options): Promise<void> {
  for await (const { text, label, source } of await openLabelled([path], options)) {
    if (typeof text !== "string" || text.trim() === "") throw new Error("a text is empty");
    if (label === "" || label !== label.trim()) throw new Error("a label is empty or has space around it");
    if (!/, (line|row) [\d,]+$/.test(source!)) throw new Error(`a text stands nowhere: ${source}`);
  }
}

const cell = fc.oneof(
  fc.string({
    unit: fc.constantFrom("a", "b", '"', ",", ";", "\t", "|", "\n", "\r", "é", "😀", " "),
    maxLength: 8,
  }),
  fc.constantFrom("text", "label", "", '"', '""', '"a"b"', "\0", "\ufeff"),
);

const hostileTables = target(
  "table of cells",
  300,
  fc.record({
    rows: fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 6 }),
    header: fc.constantFrom("text,label", "label;text", "text\tlabel\tid", '"text"|"label"', ""),
    name: fc.constantFrom("a.csv", "a.tsv", "a.csv.gz", "a.jsonl", "a.tsv.gz"),
    separator: fc.constantFrom(",", ";", "\t", "|"),
    packed: fc.boolean(),
    changes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, mutations),
    reading,
  }),
  ({ rows, header, name, separator, packed, changes, reading: options }) =>
    withFolder(async (folder) => {
      const content = [header, ...rows.map((row) => row.join(separator))].join("\n");
      const bytes = mutated(new Uint8Array(packed ? gzipSync(content) : Buffer.from(content)), changes);
      const path = join(folder, name);
      writeFileSync(path, bytes);
      await readBoth(path, options);
    }),
);

/** What is written as RFC 4180 says is read as it was written. */
const wellFormed = target(
  "table that is well formed",
  150,
  fc.record({
    rows: fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
    separator: fc.constantFrom(",", ";", "\t", "|"),
    end: fc.constantFrom("\n", "\r\n"),
  }),
  ({ rows, separator, end }) =>
    withFolder(async (folder) => {
      const quoted = rows.map((row) => row.map((it) => `"${it.replaceAll('"', '""')}"`).join(separator));
      const path = join(folder, "a.csv");
      writeFileSync(path, [["n", "text", "m"].join(separator), ...quoted].join(end));
      const text = await textOf(path, { field: "text", label: "", encoding: "utf-8" });
      const written = rows.map(([, it]) => `${it.replaceAll(/\r\n?/g, "\n")}\n`.replace(/\n\n$/, "\n"));
      if (text !== written.join(""))
        throw new Error(`${JSON.stringify(text)} is not ${JSON.stringify(written)}`);
    }),
);

const parquet = target(
  "parquet",
  200,
  fc.record({
    name: fc.constantFrom(...PARQUET),
    other: fc.constantFrom(...PARQUET),
    changes: mutations,
    reading,
  }),
  ({ name, other, changes, reading: options }) =>
    withFolder(async (folder) => {
      const [bytes, others] = [name, other].map((it) => new Uint8Array(readFileSync(join(fixtures, it))));
      const path = join(folder, "a.parquet");
      writeFileSync(path, mutated(bytes!, changes, others!));
      await readBoth(path, options);
    }),
);

export const TABLE_TARGETS: readonly FuzzTarget[] = [hostileTables, wellFormed, parquet];
