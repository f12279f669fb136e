/** Gzip is read alike on Node and in a page: several members, zeros after the end, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { readText } from "../../src/browser/read-text.js";
import { UserError } from "../../src/errors.js";
import { seededHash } from "../../src/text/line-hash.js";
import { openCorpus } from "../../src/text/corpus/corpus.js";
import { gunzip } from "../../src/text/corpus/gunzip.js";

const folder = mkdtempSync(join(tmpdir(), "gzip-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As a page reads it, and as Node does: the text, or what is said of it. */
async function bothWays(bytes: Uint8Array): Promise<string[]> {
  const path = join(folder, "a.gz");
  writeFileSync(path, bytes);
  const picked = { name: path, arrayBuffer: async () => Uint8Array.from(bytes).buffer };
  const onNode = async (): Promise<string> => {
    const corpus = await openCorpus([path]);
    let text = "";
    for await (const chunk of corpus.chunks()) text += chunk;
    return text;
  };
  const refusal = (error: unknown): string => {
    if (!(error instanceof UserError)) throw error;
    return `refused: ${error.message.replaceAll(`${folder}/`, "")}`;
  };
  return [await readText(picked).catch(refusal), await onNode().catch(refusal)];
}

const DAMAGED =
  "refused: a.gz is gzip that is damaged or cut, or has something else after its end; pack it again, or give it unpacked.";
const [one, two, none] = [gzipSync("one\n"), gzipSync("two\n"), gzipSync("")];
const zeros = (count: number): Buffer => Buffer.alloc(count);
const noise = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => 32 + (seededHash(1, i) % 90)));
/** A member with a name, a comment, an extra field and a header's checksum, as some tools write them. */
const named = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3]),
  Buffer.from("name\0comment\0"),
  deflateRawSync("one\n"),
  one.subarray(-8),
]);

test.each<[string, Uint8Array[], string]>([
  ["one member", [one], "one\n"],
  ["several", [one, two, one], "one\ntwo\none\n"],
  ["one with nothing in it", [one, none, two], "one\ntwo\n"],
  ["nothing at the end", [one, none], "one\n"],
  ["nothing at the end, and padding", [one, none, zeros(3)], "one\n"],
  ["a name and a comment", [named, two], "one\ntwo\n"],
  ["stored, not deflated", [gzipSync("one\n", { level: 0 })], "one\n"],
  ["a zero after the end", [one, zeros(1)], "one\n"],
  ["zeros after the end", [one, two, zeros(3_000_000)], "one\ntwo\n"],
  ["longer than any buffer", [gzipSync(noise), gzipSync(noise)], noise.toString() + noise.toString()],
  ["much in few bytes", [gzipSync("x".repeat(9e6))], "x".repeat(9e6)],
])("%s", async (_name, parts, text) => {
  const [inPage, onNode] = await bothWays(Buffer.concat(parts));
  expect(inPage === text && onNode === text).toBe(true);
});

test.each<[string, Uint8Array[]]>([
  ["cut in the data", [one.subarray(0, 13)]],
  ["cut in the checksum", [one.subarray(0, -6)]],
  ["cut in the size", [one.subarray(0, -1)]],
  ["cut in the second member", [one, two.subarray(0, -5)]],
  ["cut in the second header", [one, two.subarray(0, 4)]],
  ["something else after the end", [one, Buffer.from("and more text")]],
  ["one byte after the end", [one, Buffer.from("x")]],
  ["something else after the zeros", [one, zeros(2000), Buffer.from("x")]],
  ["a member after zeros", [one, zeros(512), two]],
  ["a wrong checksum", [flipped(one, -8), two]],
  ["a wrong checksum at the end", [one, flipped(two, -5)]],
  ["a wrong size", [flipped(one, -4), two]],
  ["a wrong size at the end", [flipped(one, -4)]],
  ["bits flipped in the data", [flipped(gzipSync(noise), 150_000)]],
])("%s is refused", async (_name, parts) => {
  expect(await bothWays(Buffer.concat(parts))).toEqual([DAMAGED, DAMAGED]);
});

test.each<[string, Uint8Array[], string]>([
  ["in the second member", [one, gzipSync("a\0")], "byte 5 is zero"],
  ["after a member with nothing in it", [none, gzipSync("\0")], "byte 0 is zero"],
])("a zero %s tells that it is no text", async (_name, parts, where) => {
  const refused = `refused: a.gz is not a text: ${where}; give a text file, or one in .gz or .jsonl.`;
  expect(await bothWays(Buffer.concat(parts))).toEqual([refused, refused]);
});

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = copy[index]! ^ 0x10;
  return copy;
}

/** RECURRA_FUZZ tells another number for a long run. */
const ROUNDS = Number(process.env["RECURRA_FUZZ"] ?? 400);

test("what is binary is told alike, however the members divide it", async () => {
  const expected =
    "refused: a.gz is not a text: byte 5001 is zero; give a text file, or one in .gz or .jsonl.";
  const invalid = Buffer.concat([Buffer.from([0xff]), Buffer.alloc(5000, "x"), zeros(1)]);
  for (const cut of [1, 100, 5001]) {
    const members = [gzipSync(invalid.subarray(0, cut)), gzipSync(invalid.subarray(cut))];
    expect(await bothWays(Buffer.concat(members))).toEqual([expected, expected]);
  }
});

describe("any bytes changed", () => {
  test("give the text or a sentence, in a page as on Node", async () => {
    const text = "the sea the ship ".repeat(20);
    const more = "a whale ".repeat(30);
    const bytes = Buffer.concat([gzipSync(text), gzipSync(more), zeros(5)]);
    for (let round = 0; round < ROUNDS; round++) {
      const changed = Buffer.from(bytes);
      // The first two bytes tell that it is gzip at all.
      for (let n = 0; n <= round % 3; n++) {
        changed[2 + (seededHash(round, 2 * n) % (bytes.length - 2))] = seededHash(round, 2 * n + 1);
      }
      const cut = round % 2 === 0 ? changed : changed.subarray(0, 3 + (seededHash(round, 9) % bytes.length));
      const [inPage, onNode] = await bothWays(cut);
      if (inPage === onNode && (inPage === text + more || inPage === text)) continue;
      // Where the bytes are no text any more before the damage is found, that is said.
      expect([inPage, onNode], `round ${round}`).toEqual([
        expect.stringMatching(/^refused: /),
        expect.stringMatching(/^refused: /),
      ]);
    }
  }, 600_000);
});

test("it is unpacked in pieces", () => {
  let largest = 0;
  for (const piece of gunzip(gzipSync(Buffer.alloc(200e6, "x")), "a.gz"))
    largest = Math.max(largest, piece.length);
  expect(largest).toBeLessThan(100e6);
});
