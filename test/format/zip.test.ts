/** Zips of models: those of several programs are read, and damaged or hostile ones are refused at once. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { unzipModel } from "../../src/format/unzip-model.js";
import { UserError } from "../../src/errors.js";
import { unzipEntry, zipEntries } from "../../src/format/zip.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-zip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = new TextEncoder();
const FILES = {
  "config.json": text.encode('{"format":"recurra"}'.repeat(20)),
  "tokenizer.json": text.encode("{}"),
  "model.safetensors": Uint8Array.from({ length: 5000 }, (_, i) => (i * 2654435761) >>> 13),
};
const inFolder = Object.fromEntries(
  Object.entries(FILES).map(([name, bytes]) => [`toy.model/${name}`, bytes]),
);

test.each([0, 6] as const)("at level %d, at the top or in a folder", (level) => {
  expect(unzipModel(zipSync(FILES, { level }))).toEqual(FILES);
  expect(unzipModel(zipSync({ ...inFolder, "toy.model/notes.txt": text.encode("x") }, { level }))).toEqual(
    FILES,
  );
});

test.runIf(spawnSync("python3", ["--version"]).status === 0)(
  "of another program, also with sizes of 64 bits",
  () => {
    const path = join(folder, "python.zip");
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.comment = b"PK\\x05\\x06 a comment"
    z.mkdir("toy.model") if hasattr(z, "mkdir") else None
    for name in sys.argv[2:]:
        with z.open("toy.model/" + name, "w", force_zip64=True) as f:
            f.write(open("${folder}/" + name, "rb").read())
`;
    for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(folder, name), bytes);
    execFileSync("python3", ["-c", script, path, ...Object.keys(FILES)]);
    expect(unzipModel(new Uint8Array(readFileSync(path)))).toEqual(FILES);
  },
);

describe("damaged", () => {
  const refusal = (zip: Uint8Array): string => {
    try {
      return JSON.stringify(Object.keys(unzipModel(zip)));
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return (error as Error).message;
    }
  };

  test.each([0, 6] as const)("no changed byte of a file is taken for the file, level %d", (level) => {
    const zip = zipSync(inFolder, { level });
    fc.assert(
      fc.property(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = zip.slice();
        changed[at]! ^= flip;
        try {
          const read = unzipModel(changed);
          for (const [name, bytes] of Object.entries(FILES))
            expect(Buffer.compare(read[name]!, bytes)).toBe(0);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { seed: 8, numRuns: 1500 },
    );
    // In the weights themselves, every one is refused.
    const { offset, packedBytes } = zipEntries(zip, "x").at(-1)!;
    for (let at = 100; at < packedBytes; at += 37) {
      const changed = zip.slice();
      changed[offset + at]! ^= 1;
      expect(refusal(changed)).toMatch(/is torn or damaged: it cannot be unpacked; download it again/);
    }
  });

  test("cut anywhere, or bytes that only begin as one", () => {
    const zip = zipSync(FILES);
    for (let length = 2; length < zip.length; length += 97) {
      expect(refusal(zip.subarray(0, length))).toMatch(/torn or damaged/);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(refusal(Uint8Array.of(0x50, 0x4b, ...bytes))).toMatch(/torn or damaged|no config/);
      }),
      { seed: 9, numRuns: 500 },
    );
  });
});

describe("hostile", () => {
  const zeros = (bytes: number) => new Uint8Array(bytes);

  test("what is not a model's is not unpacked", { timeout: 20_000 }, () => {
    const zip = zipSync({ ...FILES, "bomb.bin": zeros(60e6) }, { level: 9 });
    expect(zip.length).toBeLessThan(1e6);
    const before = process.memoryUsage().arrayBuffers;
    expect(unzipModel(zip)).toEqual(FILES);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
  });

  test("a file that grows out of all proportion, or beyond what it may have", { timeout: 20_000 }, () => {
    const bomb = zipSync({ ...FILES, "model.safetensors": zeros(60e6) }, { level: 9 });
    expect(() => unzipModel(bomb, "a.zip")).toThrow(
      /a\.zip cannot be unpacked: model\.safetensors would grow from/,
    );
    const config = zipSync({ ...FILES, "config.json": zeros(2e6) }, { level: 9 });
    expect(() => unzipModel(config)).toThrow(/config\.json would have 2000000 bytes, more than the 1000000/);
  });

  test("a size that is not the true one, smaller or larger", () => {
    const zip = zipSync(FILES);
    const entries = zipEntries(zip, "x");
    for (const entry of entries) {
      for (const bytes of [entry.bytes - 1, entry.bytes + 1, 0]) {
        expect(() => unzipEntry(zip, { ...entry, bytes }, 1e6, "x")).toThrow(/torn or damaged/);
      }
    }
  });

  test("encrypted, packed in another way, a name twice", () => {
    const zip = zipSync(FILES);
    const entry = zipEntries(zip, "x")[0]!;
    expect(() => unzipEntry(zip, { ...entry, encrypted: true }, 1e6, "x")).toThrow(
      /config\.json is encrypted/,
    );
    expect(() => unzipEntry(zip, { ...entry, method: 14 }, 1e6, "x")).toThrow(/packed by method 14/);
    const twice = zipSync({ "config.json": text.encode("a"), "config.jsoN": text.encode("b") });
    for (let i = 0; i < twice.length; i++) if (twice[i] === 0x4e && twice[i - 1] === 0x6f) twice[i] = 0x6e;
    expect(() => zipEntries(twice, "x")).toThrow(/torn or damaged/);
  });
});
