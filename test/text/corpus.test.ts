/** Corpora: every kind of input gives its text, and every kind of trouble its sentence. */
import { execFileSync, spawn } from "node:child_process";
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
import { type Corpus, type OpeningOptions, openCorpus } from "../../src/text/corpus/corpus.js";

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

async function read(inputs: readonly string[], options: OpeningOptions = {}): Promise<string> {
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
  test("a file, without its byte-order mark, whatever ends its lines", async () => {
    expect(await read([file("a.txt", "\ufeffone\r\ntwo\rthree\n\ufeff\r\r\n")])).toBe(
      "one\ntwo\nthree\n\ufeff\n\n",
    );
    expect(await read([file("mac.txt", "one\rtwo\r\rthree\r")])).toBe("one\ntwo\n\nthree\n");
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
    const corpus = await openCorpus([join(folder, "in")]);
    const skipped = corpus.skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason]);
    expect(skipped).toEqual([
      ["in/archive.tar.gz", "packed"],
      ["in/circle", "a link to a folder"],
      ["in/dangling", "a link that leads nowhere"],
      ["in/empty.txt", "empty"],
      ["in/image.png", "binary"],
    ]);
    expect(corpus.notices.map((notice) => notice.replaceAll(`${folder}/`, ""))).toEqual([
      "Of the files found, 5 were passed over: in/archive.tar.gz (packed), in/circle (a link to a folder), in/dangling (a link that leads nowhere), in/empty.txt (empty), in/image.png (binary).",
    ]);
  });

  test("a link that leads nowhere is told as one", async () => {
    symlinkSync(join(folder, "gone.txt"), join(folder, "dangling.txt"));
    await expect(openCorpus([join(folder, "dangling.txt")])).rejects.toThrow(
      /dangling\.txt is a link that leads nowhere; give the file that is meant\.$/,
    );
  });

  test("a folder in which a link leads to itself, or something is no file, may not be read, or is a model", async () => {
    file("in/a.txt", "a\n");
    symlinkSync("self", join(folder, "in/self"));
    symlinkSync(file("x", ""), join(folder, "in/link-to-empty"));
    symlinkSync(join(folder, "in/a.txt/b"), join(folder, "in/through-a-file"));
    file("in/wide.txt", Uint8Array.of(0xff, 0xfe, 0x41, 0x4e));
    file("in/locked.txt", "no");
    file("in/locked/b.txt", "no");
    file("in/model/config.json", "{}");
    file("in/model/model.safetensors", "{}");
    for (const name of ["g1", "g2", "g3"]) file(`in/z/${name}`, "");
    if (process.platform !== "win32") execFileSync("mkfifo", [join(folder, "in/pipe")]);
    chmodSync(join(folder, "in/locked.txt"), 0);
    chmodSync(join(folder, "in/locked"), 0);
    chmodSync(folder, 0o755);
    // The superuser may read anything, and is nobody for a moment.
    const superuser = process.geteuid!() === 0;
    if (superuser) process.seteuid!(65_534);
    try {
      const corpus = await openCorpus([join(folder, "in")]);
      expect(await textOf(corpus)).toBe("a\n");
      const reasons = Object.fromEntries(
        corpus.skipped.map(({ path, reason }) => [path.slice(folder.length + 4), reason]),
      );
      expect(reasons).toEqual({
        "link-to-empty": "empty",
        locked: "no right to read it",
        "locked.txt": "no right to read it",
        model: "a model",
        pipe: "no file, but a pipe or a device",
        self: "a link that leads to itself",
        "through-a-file": "a link that leads nowhere",
        "wide.txt": "UTF-16",
        "z/g1": "empty",
        "z/g2": "empty",
        "z/g3": "empty",
      });
      expect(corpus.notices).toEqual([
        expect.stringMatching(/^Of the files found, 11 were .*, and 6 more\.$/),
      ]);
    } finally {
      if (superuser) process.seteuid!(0);
    }
  });

  test("a pattern, sorted; and a file whose name looks like one", async () => {
    for (const name of ["b.txt", "a.txt", "c.md", "deep/d.txt"]) file(name, `${name}\n`);
    expect(await read([join(folder, "*.txt")])).toBe("a.txt\nb.txt\n");
    expect(await read([join(folder, "**/*.txt")])).toBe("a.txt\nb.txt\ndeep/d.txt\n");
    expect(await read([file("[1].txt", "odd")])).toBe("odd");
  });

  test("gzip by its first bytes, whatever its name", async () => {
    expect(await read([file("a.txt", gzipSync("packed\n"))])).toBe("packed\n");
    expect(await read([file("b.gz", "plain\n")])).toBe("plain\n");
    expect(await read(["-"], { stdin: Readable.from([gzipSync("packed\n")]) })).toBe("packed\n");
    file("in/c.txt.gz", "plain\n");
    file("in/d.txt", gzipSync("packed\n"));
    expect(await read([join(folder, "in")])).toBe("plain\npacked\n");
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

  describe("JSON Lines through a pipe", () => {
    const content = '{"body":"one\\rtwo","text":"x"}\n{"body":"three"}\n';
    const stdin = (bytes: string | Uint8Array) => Readable.from([Buffer.from(bytes as string)]);

    test("with a field are records", async () => {
      expect(await read(["-"], { stdin: stdin(content), field: "body" })).toBe("one\ntwo\nthree\n");
      expect(await read(["-"], { stdin: stdin(gzipSync(content)), field: "body" })).toBe("one\ntwo\nthree\n");
    });

    test("without one are learned as written, which is told", async () => {
      const corpus = await openCorpus(["-"], { stdin: stdin(content) });
      expect(await textOf(corpus)).toBe(content);
      expect(corpus.notices).toEqual([
        "standard input looks like JSON Lines and is learned as written, braces and all; name the field that holds the text to learn only that.",
      ]);
      corpus.dispose();
      const text = await openCorpus(["-"], { stdin: stdin('{ "quoted" } text') });
      expect(text.notices).toEqual([]);
      text.dispose();
    });

    test.skipIf(process.platform === "win32").each<[string, string, OpeningOptions]>([
      ["r.jsonl", content, { field: "body" }],
      ["r.jsonl", content.replaceAll("body", "text").replace(',"text":"x"', ""), {}],
      ["x.txt.gz", content, { field: "body" }],
      ["63", content, { field: "body" }],
    ])("a named pipe %s", async (name, text, options) => {
      const path = join(folder, name);
      execFileSync("mkfifo", [path]);
      const writer = spawn("sh", ["-c", `cat > '${path}'`]);
      writer.stdin.end(name.endsWith(".gz") ? gzipSync(text) : text);
      expect(await read([path], options)).toBe("one\ntwo\nthree\n");
    });
  });

  test.skipIf(process.platform === "win32")("a named pipe", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    execFileSync("sh", ["-c", `(printf 'through a pipe' > '${path}') >/dev/null 2>&1 &`]);
    expect(await read([path])).toBe("through a pipe");
  });

  test("latin1 is windows-1252, as browsers have it: curly quotes are no control characters", async () => {
    const bytes = Uint8Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 0x0d);
    const text = execFileSync("iconv", ["-f", "latin1", "-t", "utf-8"], {
      input: bytes.filter((byte) => byte < 0x80 || byte >= 0xa0),
      encoding: "utf8",
    });
    const read1252 = await read([file("a.txt", bytes)], { encoding: "latin1" });
    expect(read1252.replaceAll(/[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\x81\x8d\x8f\x90\x9d]/g, "")).toBe(text);
    const quoted = Uint8Array.of(0x93, 0x49, 0x92, 0x6d, 0x94, 0x97, 0x80);
    expect(await read([file("b.txt", quoted)], { encoding: "latin1" })).toBe("“I’m”—€");
  });

  test("large files, whatever their characters and line ends are cut into", async () => {
    for (const shift of ["", "x", "xy", "xyz"]) {
      const text = shift + "😀é€\r\n".repeat(260_000);
      expect((await read([file("a.txt", text)])) === text.replaceAll("\r\n", "\n")).toBe(true);
      const mac = text.replaceAll("\r\n", "\r");
      expect((await read([file("b.txt", mac)])) === mac.replaceAll("\r", "\n")).toBe(true);
    }
  });
});

test("what is learned as written, though something else may be meant, is told", async () => {
  const names = ["a.XML.gz", "c.json", "d.html", "e.rtf", "f.md", "g.jsonl"];
  const paths = names.map((name) => file(name, name === "g.jsonl" ? '{"text":"a"}' : "x"));
  const { notices } = await openCorpus(paths);
  expect(notices.map((notice) => notice.replaceAll(`${folder}/`, ""))).toEqual([
    "c.json is learned as written, braces and keys and all; to learn only the texts inside, write them as .jsonl, one object a line, and name their field.",
    "a.XML.gz, d.html are learned as written, tags and all; to learn only the text, take the tags out first.",
    "e.rtf is learned as written, control words and all; to learn only the text, save it as plain text first.",
  ]);
});

test("bytes read are told, up to all of them", async () => {
  const paths = [file("a.txt", "x".repeat(3_000_000)), file("b.txt.gz", gzipSync("y".repeat(3_000_000)))];
  const corpus = await openCorpus(paths);
  const reported: number[] = [];
  for await (const _ of corpus.chunks((done) => reported.push(done))) void _;
  expect(reported.length).toBeGreaterThan(4);
  expect(reported).toEqual(reported.toSorted((a, b) => a - b));
  expect(reported.at(-1)).toBe(corpus.bytes);
});

describe("what cannot be read, and why", () => {
  async function refusal(inputs: readonly string[], options: OpeningOptions = {}): Promise<string> {
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

  test("gzip that is cut", async () => {
    const zipped = gzipSync("x".repeat(10_000));
    expect(await refusal([file("b.gz", zipped.subarray(0, zipped.length - 9))])).toBe(
      "b.gz is gzip that is damaged or cut, or has something else after its end; pack it again, or give it unpacked.",
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

  test("a field that is asked of what has none", async () => {
    const sentence = "is no table, so there is no field: body in it; leave field out, or";
    const options = { field: "body" };
    const records = file("r.jsonl", '{"body":"a"}');
    expect(await refusal([file("a.txt", "x")], options)).toMatch(`a.txt ${sentence}`);
    expect(await refusal([file("a.json", "{}")], options)).toMatch(`a.json ${sentence}`);
    expect(await refusal([records, file("b.txt.gz", gzipSync("x"))], options)).toMatch(
      `b.txt.gz ${sentence}`,
    );
    file("in/a.txt", "x");
    expect(await refusal([join(folder, "in")], options)).toMatch(`in ${sentence}`);
    file("in/r.ndjson", '{"body":"records"}');
    expect(await read([join(folder, "in")], options)).toBe("x\nrecords\n");
    expect(await refusal(["-"], { ...options, stdin: Readable.from([Buffer.from("a book\n")]) })).toBe(
      "standard input, line 1: this is not JSON; a .jsonl file has one JSON object a line.",
    );
    // A name that every object answers to is no field.
    for (const field of ["constructor", "toString", "__proto__"]) {
      expect(await refusal([records], { field })).toMatch(`no text in a field "${field}"; name one of`);
    }
    expect(await read([file("p.jsonl", '{"__proto__":"own"}')], { field: "__proto__" })).toBe("own\n");
  });

  describe("a line longer than it may be", () => {
    const longestLine = 5;

    test("where lines count, with its number", async () => {
      const sentence =
        "the line has more than 5 characters, too many to be read as one; cut it into shorter lines.";
      expect(await read([file("a.txt", "12345\r\n12345")], { longestLine })).toBe("12345\n12345");
      for (const text of ["1\n2\n123456\n", "1\n2\n123456"]) {
        expect(await refusal([file("a.txt", text)], { longestLine })).toBe(`a.txt, line 3: ${sentence}`);
      }
      // Over many chunks.
      const long = "x".repeat(3 << 20);
      expect(await refusal([file("b.txt", `a\n${long}`)], { longestLine: 2 << 20 })).toMatch(
        /^b\.txt, line 2: /,
      );
      expect((await read([file("c.txt", `a\n${long}`)])).length).toBe(long.length + 2);
    });

    test("of records", async () => {
      expect(await refusal([file("a.jsonl", '{"text":"a"}\n{"text":"bcd"}')], { longestLine: 13 })).toMatch(
        /^a\.jsonl, line 2: the line has more than 13 /,
      );
    });
  });

  test("an unknown encoding", async () => {
    const encoding = "utf8" as "utf-8";
    expect(await refusal([file("a", "x")], { encoding })).toBe(
      'There is no encoding "utf8" here; did you mean utf-8?',
    );
    expect(await refusal([file("a", "x")], { encoding: "ebcdic" as "utf-8" })).toBe(
      'There is no encoding "ebcdic" here; use utf-8 or latin1.',
    );
    for (const name of ["windows-1252", "CP1252", "ISO-8859-1"]) {
      expect(await refusal([file("a", "x")], { encoding: name as "utf-8" })).toMatch(
        /did you mean latin1\?$/,
      );
    }
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
      'a.jsonl, line 1: the record has no text in a field "text"; name one of its texts (title, body) with field.',
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
        `a.txt is not valid UTF-8 at byte ${start.length + 2} (line ${lines + 1}); convert it, or read it with encoding: latin1.`,
      );
    }
  });

  test("invalid UTF-8: the end of the file inside a character", async () => {
    expect(await refusal([file("a", Buffer.from([0x61, 0x0a, 0xf0, 0x9f, 0x98]))])).toBe(
      "a is not valid UTF-8 at byte 2 (line 2); convert it, or read it with encoding: latin1.",
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
