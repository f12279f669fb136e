/** The key of a text: the same however it comes, another for any other text. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openCorpus } from "../../src/text/corpus/corpus.js";
import { splitText } from "../../src/text/corpus/split.js";
import { textChunks } from "../../src/text/corpus/text-chunks.js";
import { TextKey } from "../../src/text/corpus/text-key.js";

function keyOf(...chunks: readonly string[]): string {
  const key = new TextKey();
  for (const chunk of chunks) key.push(chunk);
  return key.value;
}

test("does not depend on the chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (chunks) => {
      expect(keyOf(...chunks)).toBe(keyOf(chunks.join("")));
    }),
  );
});

test("changes with any character, with their order and with their number", () => {
  const text = "a".repeat(200_000);
  const keys = new Set([keyOf(text), keyOf(`${text}a`), keyOf(`\0${text.slice(1)}`), keyOf("")]);
  for (let at = 0; at < text.length; at += 9973) keys.add(keyOf(text.slice(0, at), "b", text.slice(at + 1)));
  expect(keys.size).toBe(4 + Math.ceil(text.length / 9973));
  expect(keyOf("ab")).not.toBe(keyOf("ba"));
});

test("of many short texts no two are alike", () => {
  const keys = new Set<string>();
  for (let i = 0; i < 50_000; i++) keys.add(keyOf(`line ${String(i).padStart(5, "0")}`));
  expect(keys.size).toBe(50_000);
});

test("is that of the text, whatever file it lies in, as running text and as lines", async () => {
  const folder = mkdtempSync(join(tmpdir(), "recurra-key-"));
  try {
    const text = "Call me Ishmael.\nSome years ago – never mind how long\n".repeat(9000);
    const files: Readonly<Record<string, Uint8Array | string>> = {
      "plain.txt": text,
      "windows.txt": `\ufeff${text.replaceAll("\n", "\r\n")}`,
      "packed.txt.gz": gzipSync(text),
      "records.jsonl": text.replaceAll(/(.*)\n/g, (_, line: string) => `${JSON.stringify({ text: line })}\n`),
    };
    for (const lines of [false, true]) {
      const inMemory = await splitText(() => textChunks(text), lines);
      expect(inMemory.key).toBe(keyOf(text));
      for (const [name, content] of Object.entries(files)) {
        const path = join(folder, name);
        writeFileSync(path, content);
        const corpus = await openCorpus([path]);
        expect([name, (await splitText(() => corpus.chunks(), lines)).key]).toEqual([name, inMemory.key]);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
