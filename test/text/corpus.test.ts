/** Corpora: every kind of input gives its text, and every kind of trouble its sentence. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { type Corpus, type CorpusOptions, openCorpus } from "../../src/text/corpus/corpus.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "corpus-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function textOf(corpus: Corpus): Promise<string> {
  let text = "";
  for await (const chunk of corpus.chunks()) {
    expect(chunk).not.toBe("");
    // A chunk never begins or ends inside a surrogate pair.
    expect(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(chunk)).toBe(false);
    text += chunk;
  }
  return text;
}

async function read(inputs: readonly string[], options: CorpusOptions = {}): Promise<string> {
  const corpus = await openCorpus(inputs, options);
  try {
    const text = await textOf(corpus);
    // A second pass gives the same.
    expect((await textOf(corpus)) === text).toBe(true);
    return text;
  } finally {
    corpus.dispose();
  }
}

describe("what can be read", () => {
  test("a file, without its byte-order mark and carriage returns at line ends", async () => {
    expect(await read([file("a.txt", "\ufeffone\r\ntwo\rthree\n\ufeff\r\r\n")])).toBe(
      "one\ntwo\rthree\n\ufeff\r\n",
    );
  });

  test("several files, a newline between them where there is none", async () => {
    const inputs = [file("a", "one"), file("b", "two\n"), file("c", "three")];
    expect(await read(inputs)).toBe("one\ntwo\nthree");
  });

  test("a folder: text files below it by name; no hidden, empty, binary or packed ones", async () => {
    file("in/b.txt", "b\n");
    file("in/a/z.md", "az\n");
    file("in/a/.hidden", "hidden\n");
    file("in/.git/config", "hidden\n");
    file("in/empty.txt", "");
    file("in/image.png", new Uint8Array([137, 80, 0, 1]));
    file("in/archive.tar.gz", gzipSync("tar"));
    file("in/c.txt.gz", gzipSync("c\n"));
    symlinkSync(file("elsewhere.txt", "linked\n"), join(folder, "in/d.txt"));
    symlinkSync(join(folder, "in"), join(folder, "in/circle"));
    symlinkSync(join(folder, "nowhere"), join(folder, "in/dangling"));
    expect(await read([join(folder, "in")])).toBe("az\nb\nc\nlinked\n");
  });

  test("a pattern, sorted; and a file whose name looks like one", async () => {
    for (const name of ["b.txt", "a.txt", "c.md", "deep/d.txt"]) file(name, `${name}\n`);
    expect(await read([join(folder, "*.txt")])).toBe("a.txt\nb.txt\n");
    expect(await read([join(folder, "**/*.txt")])).toBe("a.txt\nb.txt\ndeep/d.txt\n");
    expect(await read([file("[1].txt", "odd")])).toBe("odd");
  });

  test("gzip, also of several members", async () => {
    const text = "räksmörgås 😀\n".repeat(200_000);
    expect((await read([file("a.txt.gz", gzipSync(text))])) === text).toBe(true);
    expect(await read([file("b.gz", Buffer.concat([gzipSync("one\n"), gzipSync("two\n")]))])).toBe(
      "one\ntwo\n",
    );
  });

  test("JSON Lines: a field of every record", async () => {
    const records = [{ text: "one\r\ntwo", body: "x" }, { text: "three\n" }, { text: "", n: 1 }];
    const content = `\ufeff${records.map((record) => JSON.stringify(record)).join("\r\n\r\n")}`;
    expect(await read([file("a.jsonl", content)])).toBe("one\ntwo\nthree\n\n");
    expect(await read([file("a.jsonl.gz", gzipSync('{"body":"ä"}'))], { field: "body" })).toBe("ä\n");
  });

  test("standard input, more than once, and nothing is left behind", async () => {
    const before = new Set(readdirSync(tmpdir()));
    const stdin = Readable.from([
      Buffer.from("from a "),
      Buffer.from("pipe €").subarray(0, 6),
      Buffer.from([0x82, 0xac]),
    ]);
    expect(await read([file("a", "first\n"), "-"], { stdin })).toBe("first\nfrom a pipe €");
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("recurra-") && !before.has(name))).toEqual(
      [],
    );
  });

  test.skipIf(process.platform === "win32")("a named pipe", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    execFileSync("sh", ["-c", `(printf 'through a pipe' > '${path}') >/dev/null 2>&1 &`]);
    expect(await read([path])).toBe("through a pipe");
  });

  test("latin1: each byte is the code point of its number", async () => {
    const bytes = Uint8Array.from({ length: 255 }, (_, i) => i + 1);
    const text = String.fromCharCode(...bytes);
    expect(await read([file("a.txt", bytes)], { encoding: "latin1" })).toBe(text);
  });

  test("large files, whatever their characters and line ends are cut into", async () => {
    for (const shift of ["", "x", "xy", "xyz"]) {
      const text = shift + "😀é€\r\n".repeat(260_000);
      expect((await read([file("a.txt", text)])) === text.replaceAll("\r\n", "\n")).toBe(true);
    }
  });
});

test("bytes read are told, up to all of them", async () => {
  const paths = [file("a.txt", "x".repeat(3_000_000)), file("b.txt.gz", gzipSync("y".repeat(3_000_000)))];
  const corpus = await openCorpus(paths);
  const told: number[] = [];
  for await (const _ of corpus.chunks((done) => told.push(done))) void _;
  expect(told.length).toBeGreaterThan(4);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(corpus.bytes);
});

describe("what cannot be read, and why", () => {
  async function refusal(inputs: readonly string[], options: CorpusOptions = {}): Promise<string> {
    const error: unknown = await read(inputs, options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).not.toContain("\n");
    return message.replaceAll(`${folder}/`, "");
  }

  test("nothing named", async () => {
    expect(await refusal([])).toBe("No text is given; name a file, a folder, or - for standard input.");
  });

  test("a file that is not there", async () => {
    file("book.txt", "x");
    expect(await refusal([join(folder, "bok.txt")])).toBe(
      "There is no file or folder bok.txt; did you mean book.txt?",
    );
    expect(await refusal([join(folder, "else/where.txt")])).toBe(
      "There is no file or folder else/where.txt; check the name.",
    );
    expect(await refusal([join(folder, "book.txt/x")])).toMatch(
      /^Cannot read book\.txt\/x: a part of its path/,
    );
    expect(await refusal([join(folder, "*.md")])).toBe(
      "No file matches *.md; check the pattern, and quote it in a shell.",
    );
  });

  test("empty ones", async () => {
    expect(await refusal([file("a", "text"), file("b", "")])).toBe("b is empty; there is nothing to read.");
    expect(await refusal(["-"], { stdin: Readable.from([]) })).toBe(
      "Standard input is empty; there is nothing to read.",
    );
    expect(await refusal([file("c.gz", gzipSync(""))])).toBe("There is no text in c.gz; give one with some.");
    expect(await refusal([file("d", "\ufeff")])).toBe("There is no text in d; give one with some.");
    expect(await refusal([file("e.jsonl", "\n\n")])).toBe("There is no text in e.jsonl; give one with some.");
    mkdirSync(join(folder, "f"));
    expect(await refusal([join(folder, "f")])).toBe(
      "The folder f has no text files in it; name a file or another folder.",
    );
  });

  test("standard input twice", async () => {
    expect(await refusal(["-", "-"])).toBe("Standard input (-) can be read only once; name it once.");
  });

  test("binary ones, as they are, packed or piped", async () => {
    const sentence = "is not a text: byte 2 is zero; give a text file, or one in .gz or .jsonl.";
    const bytes = Buffer.from("ab\0cd");
    expect(await refusal([file("a.bin", bytes)])).toBe(`a.bin ${sentence}`);
    expect(await refusal([file("a.gz", gzipSync(bytes))])).toBe(`a.gz ${sentence}`);
    expect(await refusal(["-"], { stdin: Readable.from([bytes]) })).toBe(`standard input ${sentence}`);
    expect(await refusal([file("u", Buffer.from("\ufefftext", "utf16le"))])).toBe(
      "u is encoded in UTF-16; convert it to UTF-8.",
    );
    expect(await refusal(["/dev/null"])).toBe(
      "/dev/null is a device, not a file; give a file, or - for a pipe.",
    );
  });

  test("gzip that is none, or cut", async () => {
    const zipped = gzipSync("x".repeat(10_000));
    expect(await refusal([file("a.gz", "plain")])).toMatch(
      /^a\.gz is not gzip or is damaged \(.+\); pack it/,
    );
    expect(await refusal([file("b.gz", zipped.subarray(0, zipped.length - 9))])).toMatch(
      /^b\.gz is not gzip or/,
    );
  });

  test.skipIf(process.platform === "win32")("a file without the right to read it", async () => {
    const path = file("a", "x");
    chmodSync(path, 0);
    chmodSync(folder, 0o755);
    // The superuser may read anything, and is nobody for a moment.
    const superuser = process.geteuid!() === 0;
    if (superuser) process.seteuid!(65_534);
    try {
      expect(await refusal([path])).toBe(
        "Cannot read a: you have no right to; change the file's rights, or choose another place.",
      );
    } finally {
      if (superuser) process.seteuid!(0);
    }
  });

  test("an unknown encoding", async () => {
    const encoding = "utf8" as "utf-8";
    expect(await refusal([file("a", "x")], { encoding })).toBe(
      'There is no encoding "utf8" here; did you mean utf-8?',
    );
    expect(await refusal([file("a", "x")], { encoding: "ebcdic" as "utf-8" })).toBe(
      'There is no encoding "ebcdic" here; use utf-8 or latin1.',
    );
  });

  const records: readonly (readonly [string, string, string])[] = [
    [
      "no JSON",
      '{"text":"a"}\n\n{"text":',
      "a.jsonl, line 3: this is not JSON; a .jsonl file has one JSON object a line.",
    ],
    ["no object", '["text"]', "a.jsonl, line 1: this is not a JSON object; a .jsonl file has one a line."],
    [
      "no such field",
      '{"title":"x","body":"y","n":1}',
      'a.jsonl, line 1: the record has no text in a field "text"; name one of its texts (title, body) with --field.',
    ],
    [
      "no text",
      '{"text":1}',
      'a.jsonl, line 1: the record has no text in a field "text"; no field of it is text.',
    ],
  ];
  test.each(records)("a record with %s", async (_name, content, message) => {
    expect(await refusal([file("a.jsonl", content)])).toBe(message);
  });

  const E_ACUTE = [0xc3, 0xa9];
  const ill: readonly (readonly [string, readonly number[]])[] = [
    ["a continuation by itself", [0x80]],
    ["latin1", [0xe9, 0x20]],
    ["an overlong form", [0xc0, 0xaf]],
    ["an overlong form of three", [0xe0, 0x9f, 0xbf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a cut character", [0xf0, 0x9f, 0x98, 0x0a]],
    ["a byte that is never right", [0xff]],
  ];
  test.each(ill)("invalid UTF-8: %s, at the byte and line it is", async (_name, bytes) => {
    const ends = [0, 5, 1 << 20, (1 << 20) - 1, (1 << 20) - 2, (1 << 20) - 3];
    for (const end of ends) {
      const lines = Math.floor(end / 100);
      const start = Buffer.from(
        "x"
          .repeat(99)
          .concat("\n")
          .repeat(lines)
          .padEnd(end - 2, "y"),
      );
      const path = file("a.txt", Buffer.concat([start, Buffer.from([...E_ACUTE, ...bytes, 0x61])]));
      expect(await refusal([path])).toBe(
        `a.txt is not valid UTF-8 at byte ${start.length + 2} (line ${lines + 1}); convert it, or read it as it is with --encoding latin1.`,
      );
    }
  });

  test("invalid UTF-8: the end of the file inside a character", async () => {
    expect(await refusal([file("a", Buffer.from([0x61, 0x0a, 0xf0, 0x9f, 0x98]))])).toBe(
      "a is not valid UTF-8 at byte 2 (line 2); convert it, or read it as it is with --encoding latin1.",
    );
  });

  test("nothing is left of what was piped in when another input is refused", async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith("recurra-"));
    await refusal(["-", join(folder, "none")], { stdin: Readable.from(["text"]) });
    expect(
      readdirSync(tmpdir()).filter((name) => name.startsWith("recurra-") && !before.includes(name)),
    ).toEqual([]);
    expect(existsSync(folder)).toBe(true);
  });
});
