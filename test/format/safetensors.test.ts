import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.js";
import {
  readSafetensors,
  writeSafetensors,
  writeSafetensorsSync,
} from "../../src/format/safetensors-file.js";
import { DTYPES, type Dtype } from "../../src/format/safetensors-header.js";
import {
  type NamedTensor,
  decodeSafetensors,
  encodeSafetensors,
  encodeWithChecksum,
} from "../../src/format/safetensors.js";
import { HOSTILE_FILES, fileOf } from "./hostile-safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOLDEN = new URL("../fixtures/safetensors/golden.safetensors", import.meta.url);
const goldenMetadata = { "made by": "safetensors é" };
const goldenTensors: NamedTensor[] = [
  { name: "bool", dtype: "BOOL", shape: [3], data: Uint8Array.of(0, 1, 1) },
  { name: "uint8", dtype: "U8", shape: [3], data: Uint8Array.of(0, 1, 1) },
  { name: "int8", dtype: "I8", shape: [3], data: Int8Array.of(0, 1, 1) },
  { name: "int16", dtype: "I16", shape: [3], data: Int16Array.of(0, 1, 1) },
  { name: "uint16", dtype: "U16", shape: [3], data: Uint16Array.of(0, 1, 1) },
  { name: "float16", dtype: "F16", shape: [3], data: Uint16Array.of(0, 0x3c00, 0x3c00) },
  { name: "bfloat16", dtype: "BF16", shape: [3], data: Uint16Array.of(0, 0x3f80, 0x3f80) },
  { name: "int32", dtype: "I32", shape: [3], data: Int32Array.of(0, 1, 1) },
  { name: "uint32", dtype: "U32", shape: [3], data: Uint32Array.of(0, 1, 1) },
  { name: "float32", dtype: "F32", shape: [3], data: Float32Array.of(0, 1, 1) },
  { name: "float64", dtype: "F64", shape: [3], data: Float64Array.of(0, 1, 1) },
  { name: "int64", dtype: "I64", shape: [3], data: BigInt64Array.of(0n, 1n, 1n) },
  { name: "uint64", dtype: "U64", shape: [3], data: BigUint64Array.of(0n, 1n, 1n) },
  { name: "scalar", dtype: "F32", shape: [], data: Float32Array.of(1.5) },
  { name: "empty", dtype: "F32", shape: [0, 3], data: new Float32Array(0) },
  { name: "matrix", dtype: "F32", shape: [2, 3], data: Float32Array.of(0.5, -1, 2, 3, 1e-30, Infinity) },
  { name: 'é \n"\\/', dtype: "I32", shape: [1], data: Int32Array.of(-1) },
  { name: "\uffee", dtype: "I32", shape: [1], data: Int32Array.of(-2) },
  { name: "\u{1f600}", dtype: "I32", shape: [1], data: Int32Array.of(-3) },
];

/** What decoding gives for these tensors. */
function asMap(tensors: readonly NamedTensor[]): Map<string, unknown> {
  return new Map(tensors.map(({ name, dtype, shape, data }) => [name, { dtype, shape, data }]));
}

describe("the file made by the reference library", () => {
  const golden = new Uint8Array(readFileSync(GOLDEN));

  it("is what we write, byte for byte, in whatever order the tensors come", () => {
    expect(encodeSafetensors(goldenTensors, goldenMetadata)).toEqual(golden);
    expect(encodeSafetensors(goldenTensors.toReversed(), goldenMetadata)).toEqual(golden);
  });

  it("is read", () => {
    const { tensors, metadata } = decodeSafetensors(golden, "golden");
    expect(tensors).toEqual(asMap(goldenTensors));
    expect(metadata).toEqual(goldenMetadata);
  });
});

/** What the reference library writes of an int8 matrix with its scales: wider elements first. */
describe("int8 weights with their scales", () => {
  const header =
    '{"w.scale":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},' +
    '"w":{"dtype":"I8","shape":[2,3],"data_offsets":[8,14]}}';
  const tensors: NamedTensor[] = [
    { name: "w", dtype: "I8", shape: [2, 3], data: Int8Array.of(-128, -127, -1, 0, 1, 127) },
    { name: "w.scale", dtype: "F32", shape: [2], data: Float32Array.of(0.5, 1) },
  ];
  const text = header.padEnd(Math.ceil(header.length / 8) * 8);
  const golden = Uint8Array.from([
    text.length,
    ...new Uint8Array(7),
    ...new TextEncoder().encode(text),
    ...Uint8Array.of(0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f),
    ...Uint8Array.of(0x80, 0x81, 0xff, 0, 1, 0x7f),
  ]);

  it("are written byte for byte, and read", () => {
    expect(encodeSafetensors(tensors)).toEqual(golden);
    expect(decodeSafetensors(golden, "golden").tensors).toEqual(asMap(tensors.toReversed()));
  });
});

const dtype = fc.constantFrom(...(Object.keys(DTYPES) as Dtype[]));
const tensorName = fc
  .string({ unit: "binary", maxLength: 8 })
  .filter((text) => text !== "__proto__" && text !== "__metadata__");
const namedTensor: fc.Arbitrary<NamedTensor> = fc
  .record({ name: tensorName, dtype, shape: fc.array(fc.nat(4), { maxLength: 4 }), seed: fc.nat() })
  .map(({ name, dtype: kind, shape, seed }) => {
    const Elements = DTYPES[kind];
    const length = shape.reduce((x, y) => x * y, 1);
    // Any bits, so that NaNs with a payload and subnormal numbers are among them.
    const bytes = Uint8Array.from(
      { length: length * Elements.BYTES_PER_ELEMENT },
      (_, i) => (seed >> (i % 24)) + 37 * i,
    );
    return { name, dtype: kind, shape, data: new Elements(bytes.buffer) };
  });
const tensorSet = fc.uniqueArray(namedTensor, { selector: ({ name }) => name, maxLength: 6 });
const metadataRecord = fc.dictionary(tensorName, fc.string({ unit: "binary" }), { maxKeys: 4 });
/** Names as a hostile header may have them: escapes of any UTF-16 unit, reserved names. */
const anyName = fc.oneof(
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 4 }),
  fc.constantFrom("__proto__", "constructor", "toString", ""),
);

describe("round trip", () => {
  it("gives back the same bits, metadata and bytes, aligned or not", () => {
    fc.assert(
      fc.property(tensorSet, metadataRecord, fc.nat(7), (tensors, metadata, shift) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const read = decodeSafetensors(shifted, "x");
        expect({ ...read.metadata }).toEqual({ ...metadata });
        expect([...read.tensors.keys()].toSorted()).toEqual(tensors.map(({ name }) => name).toSorted());
        for (const { name, dtype: kind, shape, data } of tensors) {
          const other = read.tensors.get(name)!;
          expect([other.dtype, other.shape]).toEqual([kind, shape]);
          expect(other.data).toBeInstanceOf(DTYPES[kind]);
          const view = new Uint8Array(other.data.buffer, other.data.byteOffset, other.data.byteLength);
          expect(view).toEqual(new Uint8Array(data.buffer));
        }
        const again = [...read.tensors].map(([name, tensor]) => ({ name, ...tensor }));
        expect(encodeSafetensors(again, read.metadata)).toEqual(bytes);
      }),
      { numRuns: 150 },
    );
  });

  it("shares the memory of aligned data, and copies what is not aligned", () => {
    const bytes = encodeSafetensors(goldenTensors);
    for (const { data } of decodeSafetensors(bytes, "x").tensors.values())
      expect(data.buffer).toBe(bytes.buffer);
    // A header without padding is allowed; the data then begins anywhere.
    const crooked = fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ', 4);
    const { data } = decodeSafetensors(crooked, "x").tensors.get("a")!;
    expect(data).toEqual(Float32Array.of(0));
    expect(data.buffer).not.toBe(crooked.buffer);
  });

  it("goes through a file, asynchronously and at once", async () => {
    const one = join(folder, "one.safetensors");
    const other = join(folder, "other.safetensors");
    await writeSafetensors(one, goldenTensors, goldenMetadata);
    writeSafetensorsSync(other, goldenTensors, goldenMetadata);
    expect(new Uint8Array(readFileSync(one))).toEqual(encodeWithChecksum(goldenTensors, goldenMetadata));
    expect(readFileSync(other)).toEqual(readFileSync(one));
    const { tensors, metadata } = await readSafetensors(one);
    expect(tensors).toEqual(asMap(goldenTensors));
    const { crc32: checksum, ...rest } = metadata;
    expect(rest).toEqual(goldenMetadata);
    expect(checksum).toMatch(/^[0-9a-f]{8} of \d+ bytes$/);
  });

  it("reads tensors listed in another order than their data, and empty ones between", () => {
    const place = (shape: number[], begin: number, end: number) => ({
      dtype: "F32",
      shape,
      data_offsets: [begin, end],
    });
    const bytes = fileOf(
      { z: place([1], 4, 8), e: place([0], 4, 4), f: place([2, 0], 4, 4), a: place([1], 0, 4) },
      8,
    );
    expect([...decodeSafetensors(bytes, "x").tensors.keys()].toSorted()).toEqual(["a", "e", "f", "z"]);
  });
});

describe("what cannot be written is a mistake of the program", () => {
  const one = { dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
  it.each<[string, NamedTensor[]]>([
    ["data of another type", [{ ...one, name: "a", data: new Float64Array(1) }]],
    ["data of another length", [{ ...one, name: "a", shape: [2] }]],
    ["a negative shape", [{ ...one, name: "a", shape: [-1, -1] }]],
    [
      "a name twice",
      [
        { ...one, name: "a" },
        { ...one, name: "a" },
      ],
    ],
    ["the name __metadata__", [{ ...one, name: "__metadata__" }]],
    ["the name __proto__", [{ ...one, name: "__proto__" }]],
    ["a name that is half a character", [{ ...one, name: "\ud83d" }]],
  ])("%s", (_, tensors) => {
    expect(() => encodeSafetensors(tensors)).toThrow(TypeError);
  });
});

describe("hostile files", () => {
  const hostile = join(folder, "hostile");
  mkdirSync(hostile);

  it("have names of their own", () => {
    expect(new Set(HOSTILE_FILES.map(({ name }) => name)).size).toBe(HOSTILE_FILES.length);
  });

  it.each(HOSTILE_FILES)("$name", async ({ name, bytes, says }) => {
    const path = join(hostile, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.safetensors`);
    writeFileSync(path, bytes);
    const fromMemory = await Promise.resolve()
      .then(() => decodeSafetensors(bytes, path))
      .catch((error: unknown) => error);
    const fromFile = await readSafetensors(path).catch((error: unknown) => error);
    for (const error of [fromMemory, fromFile]) {
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).toContain(says);
      expect((error as Error).message).toContain(path);
    }
    expect((fromFile as Error).message).toBe((fromMemory as Error).message);
  });

  it("never make anything but a UserError, whatever bytes are changed or cut", () => {
    const golden = encodeSafetensors(goldenTensors, goldenMetadata);
    const change = fc.record({ at: fc.nat(golden.length - 1), byte: fc.nat(255) });
    const cut = fc.option(fc.nat(golden.length - 1), { nil: golden.length });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), cut, (changes, length) => {
        const bytes = golden.slice();
        for (const { at, byte } of changes) bytes[at] = byte;
        try {
          decodeSafetensors(bytes.subarray(0, length), "x");
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          return;
        }
        // Only a file of full length can be taken for whole, and what is read can be written.
        expect(length).toBe(golden.length);
        const read = decodeSafetensors(bytes, "x");
        const named = [...read.tensors].map(([name, tensor]) => ({ name, ...tensor }));
        expect(decodeSafetensors(encodeSafetensors(named, read.metadata), "x").metadata).toEqual(
          read.metadata,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("what is read can be written, and what cannot be written is not read, whatever the names", () => {
    fc.assert(
      fc.property(anyName, anyName, anyName, (name, key, value) => {
        const escaped = (text: string) =>
          `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
        fc.pre(name !== "__metadata__");
        const bytes = fileOf(
          `{"__metadata__":{${escaped(key)}:${escaped(value)}},${escaped(name)}:{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`,
          1,
        );
        const tensor: NamedTensor = { name, dtype: "U8", shape: [], data: new Uint8Array(1) };
        const notes = Object.fromEntries([[key, value]]);
        const writable = (() => {
          try {
            return encodeSafetensors([tensor], notes).length > 0;
          } catch {
            return false;
          }
        })();
        const readable = (() => {
          try {
            return decodeSafetensors(bytes, "x").tensors.has(name);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            return false;
          }
        })();
        expect(readable).toBe(writable);
      }),
      { seed: 27, numRuns: 2000 },
    );
  });

  it("a file that is missing, a folder, or cut off anywhere", async () => {
    await expect(readSafetensors(join(folder, "absent"))).rejects.toThrow(
      new UserError(
        `Cannot read ${join(folder, "absent")}: there is no such file or folder; check the path.`,
      ),
    );
    await expect(readSafetensors(folder)).rejects.toThrow(
      new UserError(`Cannot read ${folder}: it is a folder; give the path of a file.`),
    );
    const path = join(folder, "cut.safetensors");
    const whole = encodeSafetensors(goldenTensors);
    writeFileSync(path, whole);
    for (let length = whole.length - 1; length >= 0; length -= 41) {
      truncateSync(path, length);
      await expect(readSafetensors(path)).rejects.toThrow(UserError);
    }
  });
});
