/**
 * Rows of .parquet, a group of rows at a time. Integers of a column that Hugging Face's datasets describe as classes are
 * given by the classes' names.
 */
import type { Compressors, FileMetaData } from "hyparquet";
import { UserError } from "../../../errors.js";
import { optionalPackage } from "../../../optional-package.js";
import { withNewlines } from "../decode-text.js";
import { openParquet, type ParquetFile } from "./parquet-file.js";
import { type Columns, labelOf, refuseColumn, type TableRow, wanted } from "./table-row.js";

/** Bytes, unpacked, of the columns that are read at once, where a group of rows is larger. */
const BYTES_AT_ONCE = 64e6;

/**
 * The rows, in groups.
 * @param name of the file, for messages
 * @param onBytes called with the bytes read so far
 * @throws UserError where the file is damaged or packed by a codec that is not known; where a column is missing; with the
 * row where it has no text or no label; where the reader is not installed
 */
export async function* parquetRows(
  path: string,
  columns: Columns,
  name: string,
  onBytes?: (done: number) => void,
): AsyncGenerator<TableRow[]> {
  const parquet = await optionalPackage("hyparquet", `Reading ${name}`, () => import("hyparquet"));
  const file = await openParquet(path, name, onBytes);
  try {
    const metadata = await whole(name, () => parquet.parquetMetadataAsync(file, { geoparquet: false }));
    // A damaged description may lack whatever the format says that it has.
    const names = await whole(name, async () => pickColumns(parquet.parquetSchema(metadata), columns, name));
    const compressors = await whole(name, () => compressorsFor(metadata, names, name));
    const classes = classNames(metadata, columns.label);
    const reading = { file, metadata, columns: names, compressors };
    const every = parts(metadata, names);
    for (;;) {
      const { value: part } = await whole(name, async () => every.next());
      if (part === undefined) return;
      const rows = await whole(name, () => readRows(parquet, reading, part));
      yield rows.map((values, i) => tableRow(values, part.start + i + 1, { columns, name, classes }));
    }
  } finally {
    await file.close();
  }
}

type Parquet = typeof import("hyparquet");

interface Reading {
  readonly file: ParquetFile;
  readonly metadata: FileMetaData;
  readonly columns: string[];
  readonly compressors: Compressors;
}

/** The values of some columns. @param part rows from `start` on, up to and without `end` */
async function readRows(parquet: Parquet, reading: Reading, { start, end }: Part): Promise<unknown[][]> {
  let found: unknown[][] = [];
  const rows = { rowStart: start, rowEnd: end, rowFormat: "array" } as const;
  const parsers = { stringFromBytes };
  await parquet.parquetRead({ ...reading, ...rows, parsers, onComplete: (read) => void (found = read) });
  return found;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The columns of the text, and of the label where it is asked for. @throws UserError where one is missing */
function pickColumns(
  { children }: ReturnType<Parquet["parquetSchema"]>,
  columns: Columns,
  name: string,
): string[] {
  const plain = children.filter(
    (child) => child.children.length === 0 && child.element.repetition_type !== "REPEATED",
  );
  return wanted(columns).map((column) => {
    const known = plain.filter(({ element }) => column.of === "label" || element.type === "BYTE_ARRAY");
    if (!known.some(({ element }) => element.name === column.name)) {
      const other = children.some(({ element }) => element.name === column.name);
      const problem = other
        ? `${name}: its column "${column.name}" is no column of ${column.of}s`
        : `${name} has no column "${column.name}"`;
      refuseColumn(column, problem, {
        // Of a damaged file a column may have none.
        names: known.flatMap(({ element }) => (typeof element.name === "string" ? [element.name] : [])),
        noun: "columns",
        none: `no column of it has ${column.of}s`,
      });
    }
    return column.name;
  });
}

/** What the reader unpacks itself. */
const PLAIN_CODECS: ReadonlySet<string> = new Set(["UNCOMPRESSED", "SNAPPY"]);

/** @throws UserError where a column is packed by a codec that is not known, or its package is not installed */
async function compressorsFor(
  { row_groups }: FileMetaData,
  columns: readonly string[],
  name: string,
): Promise<Compressors> {
  const codecs = new Set(
    row_groups.flatMap((group) =>
      group.columns.flatMap(({ meta_data }) =>
        columns.includes(meta_data?.path_in_schema[0] ?? "")
          ? [String(meta_data!.codec ?? "of no name")]
          : [],
      ),
    ),
  );
  const others = [...codecs].filter((codec) => !PLAIN_CODECS.has(codec));
  if (others.length === 0) return {};
  const purpose = `Reading ${name}, whose columns are packed by ${others.join(" and ")},`;
  const { compressors } = await optionalPackage(
    "hyparquet-compressors",
    purpose,
    () => import("hyparquet-compressors"),
  );
  const unknown = others.find((codec) => !Object.hasOwn(compressors, codec));
  if (unknown === undefined) return compressors;
  throw new UserError(
    `${name} is packed by a codec that is not read here (${unknown}); write it with snappy, zstd or gzip.`,
  );
}

/** The rows of each group, in parts where a group is large. */
function* parts({ row_groups }: FileMetaData, columns: readonly string[]): Generator<Part, undefined> {
  let from = 0;
  for (const group of row_groups) {
    const rows = Number(group.num_rows);
    let bytes = 0;
    for (const { meta_data } of group.columns)
      if (columns.includes(meta_data?.path_in_schema[0] ?? ""))
        bytes += Number(meta_data!.total_uncompressed_size);
    const at = Math.max(1, Math.ceil(rows / Math.max(1, bytes / BYTES_AT_ONCE)));
    for (let start = 0; start < rows; start += at)
      yield { start: from + start, end: from + Math.min(rows, start + at) };
    from += rows;
  }
  return undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** In place of a text that is not valid UTF-8. */
const INVALID = Symbol("not UTF-8");

function stringFromBytes(bytes: Uint8Array | undefined): string | symbol | undefined {
  if (bytes === undefined) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return INVALID;
  }
}

interface RowReading {
  readonly columns: Columns;
  readonly name: string;
  readonly classes: readonly string[] | undefined;
}

function tableRow(
  [text, label]: readonly unknown[],
  at: number,
  { columns, name, classes }: RowReading,
): TableRow {
  const where = `${name}, row ${at.toLocaleString("en-US")}`;
  if (text === INVALID || label === INVALID)
    throw new UserError(
      `${where}: its column "${text === INVALID ? columns.field : columns.label}" is not valid UTF-8; write the file anew from texts in UTF-8.`,
    );
  if (typeof text !== "string")
    throw new UserError(
      `${where}: there is no text in its column "${columns.field}"; give it one, or take the row out.`,
    );
  if (columns.label === undefined) return { text: withNewlines(text), label: undefined, at };
  const given = labelOf(classes ? (classes[Number(label)] ?? undefined) : label);
  if (given === undefined)
    throw new UserError(
      `${where}: there is no label in its column "${columns.label}"; give it one, or take the row out.`,
    );
  return { text: withNewlines(text), label: given, at };
}

/** The names of a column's classes, as Hugging Face's datasets write them beside the table. */
function classNames(
  { key_value_metadata }: FileMetaData,
  label: string | undefined,
): readonly string[] | undefined {
  const text = key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (label === undefined || text === undefined) return undefined;
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Record<string, Record<string, unknown>> } };
    const feature = info?.features?.[label];
    const names = feature?.["_type"] === "ClassLabel" ? feature["names"] : undefined;
    return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
  } catch {
    return undefined;
  }
}

/** @throws UserError for whatever the reader says, which knows only bytes */
async function whole<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const said =
      cause instanceof Error && /^parquet (?!.*undefined)[\x20-\x7e]{1,100}$/.test(cause.message)
        ? ` (${cause.message})`
        : "";
    throw new UserError(
      `${name} cannot be read as parquet: it is damaged, cut, or of a kind that is not known here${said}; write it anew.`,
      { cause },
    );
  }
}
