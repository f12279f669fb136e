/**
 * Rows of .csv and .tsv, whose first row names the columns. CSV is RFC 4180's, with a comma, a semicolon, a tab or a bar
 * between cells, whichever its first line has most of; in TSV, as IANA's text/tab-separated-values has it, nothing is
 * quoted, so that a quote is a letter. Blank lines are skipped.
 */
import type { CsvError, Parser } from "csv-parse";
import { UserError } from "../../../errors.js";
import { optionalPackage } from "../../../optional-package.js";
import { LONGEST_LINE } from "../../limits.js";
import { type Columns, labelOf, refuseColumn, type TableRow, wanted } from "./table-row.js";

export type DelimitedForm = "csv" | "tsv";

/** UTF-16 units in which the end of the first row is looked for, to see what stands between its cells. */
const LONGEST_FIRST_ROW = 1 << 20;

/** A row as it stands in the file. */
interface RawRow {
  readonly cells: readonly string[];
  /** The line in which it begins. */
  readonly line: number;
}

/**
 * The rows, in groups: those that end in one chunk.
 * @param chunks the file as text, with `\n` for every line end
 * @param name of the file, for messages
 * @param longest bytes of UTF-8 that a row may have
 * @throws UserError with the line where a quote is torn, a row is too long or has more or fewer cells than there are
 * columns; where a column is missing, or the parser is not installed
 */
export async function* delimitedRows(
  chunks: AsyncIterable<string>,
  form: DelimitedForm,
  columns: Columns,
  name: string,
  longest = LONGEST_LINE,
): AsyncGenerator<TableRow[]> {
  let picked: Picked | undefined;
  for await (const rows of rawRows(chunks, form, name, longest)) {
    const first = picked === undefined ? 1 : 0;
    const picking = (picked ??= pickColumns(rows[0]!.cells, columns, name));
    const found = rows.slice(first).map((row) => tableRow(row, picking, form, name));
    if (found.length > 0) yield found;
  }
}

/** Where in a row the columns stand. */
interface Picked {
  readonly count: number;
  readonly text: number;
  readonly label: number | undefined;
  readonly labelName: string | undefined;
}

/** @param header the cells of the first row @throws UserError where a column is missing, or there twice */
function pickColumns(header: readonly string[], columns: Columns, name: string): Picked {
  const names = header.map((cell) => cell.trim());
  const [text, label] = wanted(columns).map((column) => {
    const at = names.indexOf(column.name);
    if (at < 0)
      refuseColumn(column, `${name} has no column "${column.name}" in its first row`, {
        names,
        noun: "columns",
        none: "the first row has to name the columns",
      });
    if (names.includes(column.name, at + 1))
      throw new UserError({
        option: column.option,
        problem: `${name} has two columns "${column.name}"`,
        advice: "rename one of them in its first row",
      });
    return at;
  });
  return { count: header.length, text: text!, label, labelName: columns.label };
}

function tableRow(
  row: RawRow,
  { count, text, label, labelName }: Picked,
  form: DelimitedForm,
  name: string,
): TableRow {
  const { cells, line } = row;
  const where = `${name}, line ${line}`;
  if (cells.length !== count) {
    const advice =
      form === "csv"
        ? 'where a cell has a separator or a line end in it, the cell has to stand in quotes ("…")'
        : "in .tsv a quote is a letter and a cell has neither tab nor line end; where cells are quoted, name the file .csv, which may have tabs too";
    throw new UserError({
      problem: `${where}: the row has ${counted(cells.length)}, and the first row ${counted(count)}`,
      advice,
    });
  }
  if (label === undefined) return { text: cells[text]!, label, at: line };
  const given = labelOf(cells[label]);
  if (given === undefined)
    throw new UserError({
      problem: `${where}: the label is empty (column "${labelName}")`,
      advice: "give it one, or take the row out",
    });
  return { text: cells[text]!, label: given, at: line };
}

const counted = (cells: number): string => `${cells.toLocaleString("en-US")} cell${cells === 1 ? "" : "s"}`;

async function* rawRows(
  chunks: AsyncIterable<string>,
  form: DelimitedForm,
  name: string,
  longest: number,
): AsyncGenerator<RawRow[]> {
  const { parse } = await optionalPackage("csv-parse", `Reading ${name}`, () => import("csv-parse"));
  const reading = { form, name, longest };
  let parsing = form === "tsv" ? new Parsing(parse, "\t", reading) : undefined;
  let held = "";
  for await (const chunk of chunks) {
    held += chunk;
    if (parsing === undefined) {
      const end = firstRowEnd(held);
      if (end < 0 && held.length < LONGEST_FIRST_ROW) continue;
      parsing = new Parsing(parse, delimiterOf(end < 0 ? held : held.slice(0, end)), reading);
    }
    yield* parsing.push(held);
    held = "";
  }
  parsing ??= new Parsing(parse, delimiterOf(held), reading);
  if (held !== "") yield* parsing.push(held);
  yield* parsing.end();
}

interface Reading {
  readonly form: DelimitedForm;
  readonly name: string;
  readonly longest: number;
}

/** A parser into which chunks are put, and whose rows are taken after each. */
class Parsing {
  readonly #parser: Parser;
  readonly #reading: Reading;
  #rows: RawRow[] = [];
  /** The line after the last whole row. */
  #next = 1;

  constructor(parse: typeof import("csv-parse").parse, delimiter: string, reading: Reading) {
    this.#reading = reading;
    this.#parser = parse({
      delimiter,
      record_delimiter: "\n",
      quote: reading.form === "csv" ? '"' : null,
      bom: false,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: reading.longest,
      on_record: (cells: string[], { lines }) => {
        this.#add(cells, lines);
        return null;
      },
    });
    // Told by the callbacks, too; without a listener the process would end.
    this.#parser.on("error", () => {});
  }

  /** The rows that end in this chunk. */
  async *push(chunk: string): AsyncGenerator<RawRow[]> {
    await this.#done((callback) => void this.#parser.write(chunk, callback));
    yield* this.#taken();
  }

  /** The last row, where no line end follows it. */
  async *end(): AsyncGenerator<RawRow[]> {
    await this.#done((callback) => void this.#parser.end(callback));
    yield* this.#taken();
  }

  /** @param line in which it ends */
  #add(cells: string[], line: number): void {
    this.#next = line + 1;
    // A line of white space alone.
    if (cells.length === 1 && cells[0]!.trim() === "") return;
    const within = cells.reduce((count, cell) => count + newlinesIn(cell), 0);
    this.#rows.push({ cells, line: line - within });
  }

  *#taken(): Generator<RawRow[]> {
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length > 0) yield rows;
  }

  async #done(work: (callback: (error?: Error | null) => void) => void): Promise<void> {
    const error = await new Promise<Error | null | undefined>((resolve) => work(resolve));
    if (error) throw this.#told(error as CsvError);
  }

  #told(error: CsvError): Error {
    const { name, longest } = this.#reading;
    const line = this.#parser.info.lines;
    const where = `${name}, line ${line}`;
    const since = this.#next < line ? ` (the row begins in line ${this.#next})` : "";
    switch (error.code as string) {
      case "CSV_QUOTE_NOT_CLOSED":
        return new UserError(
          `${name}, line ${this.#next}: a quote is opened in the row that begins here, and never closed; close it, and double the quotes within a cell.`,
        );
      case "CSV_INVALID_CLOSING_QUOTE":
        return new UserError(
          `${where}: something follows a closing quote${since}; double the quotes within a cell, and close each that is opened.`,
        );
      case "INVALID_OPENING_QUOTE":
        return new UserError(
          `${where}: a quote stands within a cell that does not begin with one${since}; put the cell in quotes, and double those within it.`,
        );
      case "CSV_MAX_RECORD_SIZE":
        return new UserError(
          `${name}, line ${this.#next}: the row that begins here has more than ${longest.toLocaleString("en-US")} bytes, too many to be read as one; close its quotes, or cut its texts.`,
        );
      default:
        return error;
    }
  }
}

function newlinesIn(cell: string): number {
  let count = 0;
  for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count++;
  return count;
}

/** Index of the line end that ends the first row which is not blank; −1 where there is none yet. */
function firstRowEnd(text: string): number {
  let quoted = false;
  let blank = true;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (unit === '"') quoted = !quoted;
    if (unit === "\n" && !quoted && !blank) return i;
    if (unit.trim() !== "") blank = false;
  }
  return -1;
}

const DELIMITERS = [",", ";", "\t", "|"] as const;

/** Of these the one that the first row has most of outside of quotes; a comma where it has none. */
function delimiterOf(row: string): string {
  const bare = row.replaceAll(/"[^"]*"?/g, "");
  let most = 0;
  let best: string = DELIMITERS[0];
  for (const delimiter of DELIMITERS) {
    const count = bare.split(delimiter).length - 1;
    if (count > most) [most, best] = [count, delimiter];
  }
  return best;
}
