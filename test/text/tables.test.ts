/** Tables: their rows as text and with labels, whatever they are packed and separated by; and what is wrong with them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { optionalPackage } from "../../src/optional-package.js";
import { type OpeningOptions, openCorpus } from "../../src/text/corpus/corpus.js";
import { type LabelledOptions, openLabelled } from "../../src/text/corpus/labelled-texts.js";
import type { LabelledText } from "../../src/text/labelled-text.js";

const fixtures = fileURLToPath(new URL("../fixtures/tables/", import.meta.url));
const PARQUET = ["none", "snappy", "gzip", "zstd", "brotli", "lz4", "plain", "delta"] as const;
const parquet = (name: string): string => join(fixtures, `${name}.parquet`);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tables-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** The text, read twice. */
async function text(inputs: readonly string[], options: OpeningOptions = {}): Promise<string> {
  const corpus = await openCorpus(inputs, options);
  try {
    let [first, second] = ["", ""];
    for await (const chunk of corpus.chunks()) first += chunk;
    for await (const chunk of corpus.chunks()) second += chunk;
    expect(second).toBe(first);
    return first;
  } finally {
    corpus.dispose();
  }
}

async function labelled(input: string, options: LabelledOptions = {}): Promise<LabelledText[]> {
  const texts = await openLabelled([input], options);
  try {
    const [first, second]: LabelledText[][] = [[], []];
    for await (const one of texts) first!.push(one);
    for await (const one of texts) second!.push(one);
    expect(second).toEqual(first);
    return first!;
  } finally {
    texts.dispose();
  }
}

const short = (message: string): string => message.replaceAll(`${folder}/`, "").replaceAll(fixtures, "");

async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  const { message } = error as UserError;
  expect(message).not.toContain("\n");
  return short(message);
}

/** "label: text" of each, and where. */
const lines = (found: readonly LabelledText[]): string[] =>
  found.map((one) => `${one.label}: ${one.text} @ ${short(one.source!)}`);

describe("csv and tsv as text", () => {
  test("a column, with quotes and line ends in its cells, whatever ends its lines; blank lines are skipped", async () => {
    const content = '\ufeffid,text\r\n1,"one, ""two"""\r\n\r\n2,"two\r\nlines"\r\n3,last';
    expect(await text([file("a.csv", content)])).toBe('one, "two"\ntwo\nlines\nlast\n');
    expect(await text([file("b.CSV", content.replaceAll("\r\n", "\r"))])).toBe(
      'one, "two"\ntwo\nlines\nlast\n',
    );
    expect(await text([file("c.csv.gz", gzipSync(content))], { field: "id" })).toBe("1\n2\n3\n");
  });

  test.each([",", ";", "\t", "|"])("cells with %j between them", async (separator) => {
    const rows = [
      ["text", "n"],
      [`"a${separator}b"`, "1"],
      ["plain; text, and | more", "2"],
    ];
    const quoted = rows.map((row) =>
      row.map((cell) => (cell.length > 9 ? `"${cell}"` : cell)).join(separator),
    );
    expect(await text([file("a.csv", quoted.join("\n"))])).toBe(`a${separator}b\nplain; text, and | more\n`);
  });

  test("a first row that is quoted, and a single column", async () => {
    expect(await text([file("a.csv", '"a;b;c","text"\n1,2\n')])).toBe("2\n");
    expect(await text([file("b.csv", "\n\n text \nhello\n \nworld\n")])).toBe("hello\nworld\n");
  });

  test("in tsv a quote is a letter", async () => {
    expect(await text([file("a.tsv", 'text\tn\n"half\t1\n"Hi" he said\t2\n')])).toBe('"half\n"Hi" he said\n');
  });

  test("latin1, and a mark of byte order", async () => {
    const bytes = Buffer.from("text,n\ncaf\xe9,1\n", "latin1");
    expect(await text([file("a.csv", bytes)], { encoding: "latin1" })).toBe("café\n");
    expect(await refusal(text([file("a.csv", bytes)]))).toBe(
      "a.csv is not valid UTF-8 at byte 10 (line 2); convert it, or read it with encoding: latin1.",
    );
  });

  test("rows that are cut anywhere into chunks, and as many as there are", async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `"${"é😀".repeat(i % 9)}""${i}\n",${i}`);
    const whole = await text([file("a.csv", `text,n\n${rows.join("\n")}\n`)]);
    expect(whole === rows.map((_, i) => `${"é😀".repeat(i % 9)}"${i}\n`).join("")).toBe(true);
  });

  test("beside other files, in folders, and told as text where they are none", async () => {
    file("in/a.csv", "text\na\n");
    file("in/b.txt", "b\n");
    file("in/c.tsv.gz", gzipSync("text\nc\n"));
    writeFileSync(file("in/d.parquet", ""), readFileSync(parquet("zstd")));
    expect(await text([join(folder, "in")])).toBe(
      'a\nb\nc\none, "two"\ntwo\nlines\nräksmörgås 😀\n\nthe whale swims\n',
    );
    const corpus = await openCorpus([join(folder, "in")]);
    expect(corpus.notices).toEqual([]);
  });
});

describe("labelled rows", () => {
  const ROWS = ["b: one @ $, line 2", "a: two @ $, line 3", "b: three @ $, line 5"];
  test.each<[string, string]>([
    ["t.csv", "label,n,text\nb,1,one\n a ,2,two\n\nb,3,three"],
    ["t.csv.gz", "label,n,text\nb,1,one\na,2,two\n\nb,3,three"],
    ["t.tsv", "text\tlabel\none\tb\ntwo\ta\n\nthree\tb\n"],
    ["t.jsonl", '\n{"text":"one","label":"b"}\n{"label":"a","text":"two"}\n\n{"text":"three","label":"b"}'],
  ])("%s", async (name, content) => {
    const path = file(name, name.endsWith(".gz") ? gzipSync(content) : content);
    expect(lines(await labelled(path))).toEqual(ROWS.map((row) => row.replace("$", name)));
  });

  test("the line in which a row begins, where cells have several", async () => {
    const path = file("t.csv", 'text,label\n"one\n\ntwo","a"\n"three","b\nc"\nfour,d\n');
    const found = await labelled(path);
    expect(found.map(({ source }) => short(source!))).toEqual([
      "t.csv, line 2",
      "t.csv, line 5",
      "t.csv, line 7",
    ]);
    expect(found[1]!.label).toBe("b\nc");
  });

  test("labels that are numbers or truth values, as they are written", async () => {
    const path = file("t.jsonl", '{"text":"a","y":1}\n{"text":"b","y":false}\n{"text":"c","y":0.5}\n');
    expect((await labelled(path, { label: "y" })).map(({ label }) => label)).toEqual(["1", "false", "0.5"]);
  });

  test("named columns, and the same for both", async () => {
    const path = file("t.csv", "review,stars\ngood,5\n");
    expect(lines(await labelled(path, { field: "review", label: "stars" }))).toEqual([
      "5: good @ t.csv, line 2",
    ]);
    expect(lines(await labelled(path, { field: "review", label: "review" }))).toEqual([
      "good: good @ t.csv, line 2",
    ]);
  });

  test("records and parquet through a pipe", async () => {
    const records = { stdin: Readable.from([Buffer.from('{"text":"one","label":"a"}\n')]) };
    const texts = await openLabelled(["-"], records);
    const found: LabelledText[] = [];
    for await (const one of texts) found.push(one);
    texts.dispose();
    expect(found).toEqual([{ text: "one", label: "a", source: "standard input, line 1" }]);
    const piped = { stdin: Readable.from([readFileSync(parquet("snappy"))]), field: "note" };
    expect(await refusal(labelled("-", piped))).toBe(
      'standard input, row 2: there is no text in its column "note"; give it one, or take the row out.',
    );
  });

  test("bytes read are told, up to all of them", async () => {
    const row = `${"x".repeat(1000)},a\n`;
    const texts = await openLabelled([
      file("a.csv", `text,label\n${row.repeat(3000)}`),
      file("b.csv", "text,label\ny,b\n"),
    ]);
    const told: number[] = [];
    for await (const _ of texts.texts((done) => told.push(done))) void _;
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toBe(texts.bytes);
  });
});

describe("parquet", () => {
  const TEXT = 'one, "two"\ntwo\nlines\nräksmörgås 😀\n\nthe whale swims\n';
  test.each(PARQUET)("%s", async (name) => {
    expect(await text([parquet(name)])).toBe(TEXT);
    expect(await text([parquet(name)], { field: "label" })).toBe("calm\nstorm\ncalm\nstorm\nstorm\n");
    expect(await refusal(labelled(parquet(name)))).toBe(
      `${name}.parquet, row 4: the text is empty; write one, or take it out.`,
    );
  });

  test("labels of other types, and classes by their names", async () => {
    const labels = async (label: string) =>
      (await labelled(parquet("snappy"), { field: "label", label })).map((one) => one.label);
    expect(await labels("id")).toEqual(["0", "1", "2", "3", "4"]);
    expect(await labels("sure")).toEqual(["true", "false", "true", "true", "false"]);
    expect(await labels("weight")).toEqual(["0.5", "1", "2", "0.25", "3"]);
    expect(await labels("class")).toEqual(["calm", "storm", "calm", "storm", "storm"]);
    expect((await labelled(parquet("snappy"), { field: "label", label: "class" }))[4]!.source).toMatch(
      /, row 5$/,
    );
  });

  test("known by its beginning where it has another name; not one that is packed as a whole", async () => {
    expect(await text([file("table", readFileSync(parquet("none")))])).toBe(TEXT);
    expect(await text([file("PAR1.txt", "PAR1 is how parquet begins\n")])).toBe(
      "PAR1 is how parquet begins\n",
    );
    expect(await refusal(text([file("a.parquet.gz", gzipSync(readFileSync(parquet("none"))))]))).toBe(
      "a.parquet.gz is parquet that is packed by gzip as a whole; unpack it (gunzip), as it is packed inside.",
    );
  });

  test("what is no parquet, is cut or has another codec", async () => {
    const bytes = readFileSync(parquet("zstd"));
    expect(await refusal(text([file("a.parquet", "PAR1")]))).toMatch(
      /^a\.parquet cannot be read as parquet: it is damaged, cut/,
    );
    expect(await refusal(text([file("b.parquet", "text,label\nno,table\n")]))).toMatch(
      /^b\.parquet cannot be read as parquet: .* \(parquet file invalid \(footer != PAR1\)\); write it anew\.$/,
    );
    for (let end = 4; end < bytes.length; end += 97)
      expect(await refusal(text([file("c.parquet", bytes.subarray(0, end))]))).toMatch(
        /^c\.parquet cannot be read as parquet/,
      );
    // The codec of each column: field 4, zstd (6) becomes LZO (3), zigzag; then field 5.
    const lzo = Buffer.from(bytes.toString("latin1").replaceAll("\x15\x0c\x16", "\x15\x06\x16"), "latin1");
    expect(await refusal(text([file("d.parquet", lzo)]))).toBe(
      "d.parquet is packed by a codec that is not read here (LZO); write it with snappy, zstd or gzip.",
    );
  });

  test("columns that are missing, have no text, or nothing in a row", async () => {
    const name = parquet("snappy");
    expect(await refusal(text([name], { field: "txet" }))).toBe(
      'snappy.parquet has no column "txet"; the nearest is "text": name it with field: text.',
    );
    expect(await refusal(text([name], { field: "review" }))).toBe(
      'snappy.parquet has no column "review"; name one of its columns (text, label, note) with field.',
    );
    expect(await refusal(text([name], { field: "id" }))).toBe(
      'snappy.parquet: its column "id" is no column of texts; name one of its columns (text, label, note) with field.',
    );
    expect(await refusal(labelled(name, { label: "tags" }))).toBe(
      'snappy.parquet: its column "tags" is no column of labels; name one of its columns (id, text, label, class, sure, weight, note) with label.',
    );
    expect(await refusal(labelled(name, { field: "label", label: "note" }))).toBe(
      'snappy.parquet, row 2: there is no label in its column "note"; give it one, or take the row out.',
    );
    expect(await refusal(labelled(parquet("binary")))).toBe(
      'binary.parquet, row 2: its column "text" is not valid UTF-8; write the file anew from texts in UTF-8.',
    );
  });
});

describe("a folder for each class", () => {
  test("texts, tables and what is passed over", async () => {
    file("in/storm/1.txt", "wind\n");
    file("in/storm/deep/2.txt.gz", gzipSync("waves\n"));
    file("in/calm/a.csv", "text\nstill\nquiet\n");
    file("in/calm/b.bin", Uint8Array.of(1, 0));
    file("in/.git/config", "x");
    file("in/README", "x");
    mkdirSync(join(folder, "in/empty"));
    const texts = await openLabelled([join(folder, "in")]);
    const found: LabelledText[] = [];
    for await (const one of texts) found.push(one);
    expect(lines(found)).toEqual([
      "calm: still @ in/calm/a.csv, line 2",
      "calm: quiet @ in/calm/a.csv, line 3",
      "storm: wind\n @ in/storm/1.txt",
      "storm: waves\n @ in/storm/deep/2.txt.gz",
    ]);
    expect(texts.notices.map(short)).toEqual([
      "Of the files found, 3 were passed over: in/README (in no class's folder), in/calm/b.bin (binary), in/empty (no text in it).",
    ]);
  });

  test("one class, none, or tables in it", async () => {
    file("in/storm/1.txt", "wind\n");
    file("tables/a.csv", "text,label\n");
    mkdirSync(join(folder, "none"));
    expect(await refusal(labelled(join(folder, "in")))).toBe(
      "The folder in has the texts of one class, storm; give a folder that has a folder for each of two classes or more.",
    );
    expect(await refusal(labelled(join(folder, "tables")))).toBe(
      "The folder tables has no folders of classes; where its tables are meant, name them: tables/a.csv.",
    );
    expect(await refusal(labelled(join(folder, "none")))).toBe(
      "The folder none has no folders with texts in them; give one that has a folder for each class, or a table.",
    );
  });
});

describe("what is wrong with a table", () => {
  const QUOTED = 'where a cell has a separator or a line end in it, the cell has to stand in quotes ("…")';
  test.each<[string, string, string, string]>([
    [
      "a quote that is never closed",
      "t.csv",
      'label,text\na,x\n"b","y"\n"c","y\nd,z\n',
      "t.csv, line 4: a quote is opened in the row that begins here, and never closed; close it, and double the quotes within a cell.",
    ],
    [
      "a quote that is closed by the next cell's",
      "t.csv",
      'label,text\na,"x\nb,"y"\n',
      "t.csv, line 3: something follows a closing quote (the row begins in line 2); double the quotes within a cell, and close each that is opened.",
    ],
    [
      "a quote within a cell",
      "t.csv",
      'label,text\na,say "x"\n',
      "t.csv, line 2: a quote stands within a cell that does not begin with one; put the cell in quotes, and double those within it.",
    ],
    [
      "a row that is too long",
      "t.csv",
      "label,text\n\na,x\nb,y,z\n",
      `t.csv, line 4: the row has 3 cells, and the first row 2 cells; ${QUOTED}.`,
    ],
    [
      "a row that is too short",
      "t.csv",
      "label,text\na\n",
      `t.csv, line 2: the row has 1 cell, and the first row 2 cells; ${QUOTED}.`,
    ],
    [
      "a tsv of quoted cells",
      "t.tsv",
      'label\ttext\na\t"x\ny"\n',
      "t.tsv, line 3: the row has 1 cell, and the first row 2 cells; in .tsv a quote is a letter and a cell has neither tab nor line end; where cells are quoted, name the file .csv, which may have tabs too.",
    ],
    [
      "a column that is called a little otherwise",
      "t.csv",
      "lable,text\na,x\n",
      't.csv has no column "label" in its first row; the nearest is "lable": name it with label: lable.',
    ],
    [
      "no such column",
      "t.csv",
      "a,x\nb,y\n",
      't.csv has no column "text" in its first row; name one of its columns (a, x) with field.',
    ],
    [
      "a column twice",
      "t.csv",
      "text,text,label\na,x,y\n",
      't.csv has two columns "text"; rename one of them in its first row.',
    ],
    [
      "an empty text",
      "t.csv",
      "text,label\na,b\n ,b\n",
      "t.csv, line 3: the text is empty; write one, or take it out.",
    ],
    [
      "an empty label",
      "t.csv",
      'text,label\na," "\n',
      't.csv, line 2: the label is empty (column "label"); give it one, or take the row out.',
    ],
    ["no rows", "t.csv", "text,label\n", "There are no texts in t.csv; give a table with some rows."],
    [
      "nothing but blank lines",
      "t.csv",
      "\n \n",
      "There are no texts in t.csv; give a table with some rows.",
    ],
    [
      "a record without a label",
      "t.jsonl",
      '{"text":"x","lable":"a"}\n',
      't.jsonl, line 1: the record has no label in a field "label"; the nearest is "lable": name it with label: lable.',
    ],
    [
      "a record whose label is none",
      "t.jsonl",
      '{"text":"x","label":null}\n',
      't.jsonl, line 1: the record has no label in a field "label"; name one of its labels (text) with label.',
    ],
    [
      "a text without labels",
      "t.txt",
      "just text\n",
      "t.txt has texts without labels; give a table (.csv, .tsv, .jsonl or .parquet) with a column of labels, which label names, or a folder that has a folder for each class.",
    ],
  ])("%s", async (_name, name, content, message) => {
    expect(await refusal(labelled(file(name, content)))).toBe(message);
  });

  test("nothing named, and standard input twice", async () => {
    expect(await refusal(openLabelled([]))).toMatch(/^No labelled texts are given; name a table/);
    expect(await refusal(openLabelled(["-", "-"]))).toBe(
      "Standard input (-) can be read only once; name it once.",
    );
    expect(await refusal(openLabelled([join(folder, "no.csv")]))).toMatch(
      /^There is no file or folder no\.csv/,
    );
  });

  test("a row longer than rows may be, without holding all of it", async () => {
    const path = file("t.csv", `text,label\n${"x".repeat(100)},a\n"${"y".repeat(3e6)}`);
    expect(await refusal(text([path], { longestLine: 1e6 }))).toBe(
      "t.csv, line 3: the row that begins here has more than 1,000,000 bytes, too many to be read as one; close its quotes, or cut its texts.",
    );
  });
});

test("a package that is not installed is asked for by its name", async () => {
  const name = "recurra-has-no-such-package";
  const missing = optionalPackage("csv-parse", "Reading a.csv", () => import(/* @vite-ignore */ name));
  expect(await refusal(missing)).toBe(
    "Reading a.csv takes the package csv-parse, which is not installed; install it with npm install csv-parse.",
  );
  const broken = optionalPackage("csv-parse", "Reading a.csv", () => Promise.reject(new Error("broken")));
  await expect(broken).rejects.toThrow(/^broken$/);
});
