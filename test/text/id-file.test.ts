/** Ids on the disk: read back as they were encoded, and never taken for what they are not. */
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import { encodeToMemory } from "../../src/text/windows/encode.js";
import { encodeToFile, FileTokens, openIdFile } from "../../src/text/windows/id-file.js";
import type { Tokenizer } from "../../src/text/tokenizers/tokenizer.js";
import type { TokenSource } from "../../src/text/windows/token-source.js";
import { trainTokenizer } from "../../src/text/tokenizers/train-tokenizer.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-ids-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const all = (tokens: TokenSource): number[] => {
  const ids = new Int32Array(tokens.length);
  tokens.read(0, ids);
  return [...ids];
};

const LETTERS = "abc dé\u{1f600}\n";
const running = await trainTokenizer("char", [LETTERS]);
const byLine = await trainTokenizer("char", [LETTERS], { lines: true });
/** The ids of a tokenizer, moved up to where they need 32 bits. */
const large: Tokenizer = {
  ...running,
  kind: "char",
  size: 70_000 + running.size,
  unknownId: undefined,
  bosId: undefined,
  eosId: undefined,
  encode: (text) => running.encode(text).map((id) => id + 70_000),
  encodeStream: () => {
    const stream = running.encodeStream();
    return { push: (text) => stream.push(text).map((id) => id + 70_000), end: () => stream.end() };
  },
  decode: (ids) => running.decode(Array.from(ids, (id) => id - 70_000)),
};

/** More than the largest id of any of them. */
const VOCABULARY = large.size;

describe("encoded into a file", () => {
  const path = join(folder, "round-trip");
  const chunks = fc.array(fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 40 }), { maxLength: 8 });

  it.each([
    ["running text", running, false, 2],
    ["lines", byLine, true, 2],
    ["a vocabulary of more than 65,536", large, false, 4],
  ] as const)("%s is what it is in memory", async (_, tokenizer, lines, bytesPerId) => {
    await fc.assert(
      fc.asyncProperty(chunks, async (text) => {
        const memory = await encodeToMemory(text, tokenizer, lines);
        const written = await encodeToFile(text, tokenizer, lines, path, "key");
        const opened = openIdFile(path, "key", VOCABULARY)!;
        for (const file of [written, opened]) {
          expect(all(file.tokens)).toEqual(all(memory.tokens));
          expect(file.offsets).toEqual(memory.offsets);
          expect(file.stats).toEqual(memory.stats);
          file.tokens.close();
        }
        expect(readFileSync(path).length).toBe(bytesPerId * memory.tokens.length);
      }),
      { numRuns: 40 },
    );
    expect(readdirSync(folder).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  it("is little-endian, and longer than one buffer", async () => {
    const text = Array.from({ length: 70 }, () => LETTERS.repeat(600));
    const { tokens } = await encodeToFile(text, running, false, path, "long");
    expect(tokens.length).toBe(70 * 600 * 8);
    expect(all(tokens)).toEqual([...running.encode(text.join(""))]);
    expect(readFileSync(path).readUInt16LE(2 * 300_001)).toBe(running.encode(LETTERS)[300_001 % 8]);
    tokens.close();
  });
});

describe("windows of a file", () => {
  it("are read from any place, and not past the ends", async () => {
    const path = join(folder, "windows");
    const { tokens } = await encodeToFile([LETTERS.repeat(50)], running, false, path, "k");
    const whole = all(tokens);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(60), (start, length) => {
        const into = new Int32Array(length);
        if (start + length > whole.length) expect(() => tokens.read(start, into)).toThrow(RangeError);
        else {
          tokens.read(start, into);
          expect([...into]).toEqual(whole.slice(start, start + length));
        }
      }),
    );
    expect(() => tokens.read(-1, new Int32Array(1))).toThrow(RangeError);
    tokens.close();
    tokens.close();
    expect(() => tokens.read(0, new Int32Array(1))).toThrow(RangeError);
  });

  it("say that the file was cut short", async () => {
    const path = join(folder, "shrinking");
    const { tokens } = await encodeToFile([LETTERS.repeat(50)], running, false, path, "k");
    truncateSync(path, 20);
    expect(() => tokens.read(5, new Int32Array(10))).toThrow(
      new UserError(`${path} was cut short while it was read; start again, and the text is encoded anew.`),
    );
    tokens.close();
  });

  it("say that there is no file", () => {
    const path = join(folder, "nothing");
    expect(() => new FileTokens(path, 2)).toThrow(
      new UserError(`Cannot read ${path}: there is no such file or folder; check the path.`),
    );
  });
});

describe("an earlier encoding", () => {
  const path = join(folder, "earlier");
  const encode = async () => {
    const encoded = await encodeToFile(["ab\nc"], byLine, true, path, "key");
    encoded.tokens.close();
  };

  it.each([
    ["of another key", () => {}, "other"],
    ["without a record", () => rmSync(`${path}.json`), "key"],
    ["without ids", () => rmSync(path), "key"],
    ["without offsets", () => rmSync(`${path}.lines`), "key"],
    ["with ids torn off", () => truncateSync(path, 3), "key"],
    ["with too many ids", () => writeFileSync(path, "more", { flag: "a" }), "key"],
    ["with offsets torn off", () => truncateSync(`${path}.lines`, 8), "key"],
    ["with offsets of something else", () => writeFileSync(`${path}.lines`, new Uint8Array(24)), "key"],
    ["with half a record", () => truncateSync(`${path}.json`, 30), "key"],
    ["with a record that is none", () => writeFileSync(`${path}.json`, "null"), "key"],
    [
      "of another version",
      () => {
        const record = JSON.parse(readFileSync(`${path}.json`, "utf8")) as { version: string };
        writeFileSync(`${path}.json`, JSON.stringify({ ...record, version: `${record.version}0` }));
      },
      "key",
    ],
  ])("%s counts for nothing", async (_, harm, key) => {
    await encode();
    const before = openIdFile(path, "key", VOCABULARY)!;
    expect(before.stats.lines).toBe(2);
    before.tokens.close();
    harm();
    expect(openIdFile(path, key, VOCABULARY)).toBeUndefined();
    await encode();
    openIdFile(path, "key", VOCABULARY)!.tokens.close();
  });

  it("with any bit flipped, in ids, offsets or record, counts for nothing", async () => {
    for (const file of [path, `${path}.lines`, `${path}.json`]) {
      await encode();
      const whole = readFileSync(file);
      await fc.assert(
        fc.asyncProperty(fc.nat(8 * whole.length - 1), async (bit) => {
          const flipped = Uint8Array.from(whole);
          flipped[bit >> 3]! ^= 1 << (bit & 7);
          writeFileSync(file, flipped);
          const opened = openIdFile(path, "key", VOCABULARY);
          opened?.tokens.close();
          expect(opened).toBeUndefined();
        }),
        { numRuns: 60, seed: 24 },
      );
    }
  });

  it("of a record without checksums, as they were once, counts for nothing", async () => {
    await encode();
    const {
      checksum: _,
      checksums: __,
      ...record
    } = JSON.parse(readFileSync(`${path}.json`, "utf8")) as Record<string, unknown>;
    writeFileSync(`${path}.json`, JSON.stringify(record));
    expect(openIdFile(path, "key", VOCABULARY)).toBeUndefined();
  });

  it("with ids that the vocabulary does not have counts for nothing", async () => {
    await encode();
    const highest = Math.max(...byLine.encode("abc"));
    openIdFile(path, "key", byLine.size)!.tokens.close();
    expect(openIdFile(path, "key", highest)).toBeUndefined();
  });

  it("that fills whole buffers is found again", async () => {
    const full = join(folder, "full");
    const letters = "ab".repeat(1 << 16);
    (await encodeToFile([letters], running, false, full, "key")).tokens.close();
    const opened = openIdFile(full, "key", VOCABULARY)!;
    expect(opened.tokens.length).toBe(1 << 17);
    opened.tokens.close();
  });

  it("is gone when a new one fails midway, which leaves no rest", async () => {
    await encode();
    async function* failing() {
      yield "abc\n";
      throw new UserError("The text is not valid.");
    }
    await expect(encodeToFile(failing(), byLine, true, path, "key")).rejects.toThrow(
      "The text is not valid.",
    );
    expect(openIdFile(path, "key", VOCABULARY)).toBeUndefined();
    expect(existsSync(`${path}.tmp`) || existsSync(`${path}.lines.tmp`)).toBe(false);
  });

  it("cannot be met with the record of one before it", async () => {
    await encode();
    copyFileSync(`${path}.json`, join(folder, "old.json"));
    (await encodeToFile(["abba"], byLine, true, path, "other")).tokens.close();
    expect(openIdFile(path, "key", VOCABULARY)).toBeUndefined();
  });
});

describe("a place that cannot be written", () => {
  it("is told: a file where the folder should be", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const error = await encodeToFile(["a"], running, false, join(file, "ids"), "k").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain("there is something else of that name");
  });

  it("is told: a full disk", async ({ skip }) => {
    const disk = mkdtempSync(join(tmpdir(), "recurra-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], { stdio: "pipe" });
    } catch {
      rmSync(disk, { recursive: true, force: true });
      skip("mounting a small disk is not permitted here");
    }
    try {
      const path = join(disk, "ids");
      const error = await encodeToFile([LETTERS.repeat(100_000)], running, false, path, "k").catch(
        (e: unknown) => e,
      );
      expect(error).toEqual(
        new UserError(`Cannot write ${path}: the disk is full; free some space, or write to another disk.`),
      );
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync("umount", [disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  });
});

describe("what is no file with an end", () => {
  const replaced: [string, (path: string) => void][] = [
    ["a pipe", (path) => void execFileSync("mkfifo", [path])],
    ["a device", (path) => symlinkSync("/dev/zero", path)],
    ["a folder", (path) => mkdirSync(path)],
    // Sixty gigabytes that take no room on the disk, but would in memory.
    ["far too long", (path) => (writeFileSync(path, ""), truncateSync(path, 2 ** 36))],
  ];
  const cases = ["", ".json", ".lines"].flatMap((end) =>
    replaced.map(([kind, make]) => ({ end, kind, make })),
  );

  it.each(cases)("ids$end: $kind counts for nothing, at once", async ({ end, kind, make }) => {
    const path = join(folder, `ids${end}-${kind.replaceAll(" ", "-")}`);
    const { tokens } = await encodeToFile(["ab\ncd\n"], byLine, true, path, "key");
    (tokens as FileTokens).close();
    rmSync(`${path}${end}`);
    make(`${path}${end}`);
    expect(openIdFile(path, "key", VOCABULARY)).toBeUndefined();
  });
});
