/** CRC-32, and the checksum in the metadata: every flipped bit is found, other programs' files and notes are read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { CHECKSUM_KEY, withChecksum } from "../../src/format/checksum.js";
import { crc32 } from "../../src/format/crc32.js";
import { readSafetensors } from "../../src/format/safetensors-file.js";
import {
  type NamedTensor,
  decodeSafetensors,
  encodeSafetensors,
  encodeWithChecksum,
} from "../../src/format/safetensors.js";
import { fileOf } from "./hostile-safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "recurra-checksum-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("CRC-32 is zlib's, whatever the length and alignment, at once and in pieces", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(7), fc.nat(200), (bytes, shift, cut) => {
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      const whole = bytes.length > 0 ? zlibCrc32(bytes) : 0;
      expect(crc32(shifted)).toBe(whole);
      expect(crc32(shifted.subarray(cut), crc32(shifted.subarray(0, cut)))).toBe(whole);
    }),
    { seed: 1, numRuns: 500 },
  );
});

const tensors: NamedTensor[] = [
  { name: "a.weight", dtype: "F32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "empty", dtype: "F32", shape: [0], data: new Float32Array(0) },
  { name: "b", dtype: "I8", shape: [3], data: Int8Array.of(-1, 0, 1) },
];
const metadata = { format: "pt", note: "é" };

test("a file with its checksum is the same bytes each time, and read; the machine's CRC gives the same", () => {
  const bytes = encodeWithChecksum(tensors, metadata);
  expect(encodeWithChecksum(tensors.toReversed(), metadata)).toEqual(bytes);
  expect(withChecksum(tensors, metadata, zlibCrc32)).toEqual(withChecksum(tensors, metadata));
  const read = decodeSafetensors(bytes, "x");
  expect(read.metadata).toEqual({ ...metadata, [CHECKSUM_KEY]: expect.stringMatching(/ of 27 bytes$/) });
  // What is written again has the checksum of what is there now.
  const named = [...read.tensors].map(([name, tensor]) => ({ name, ...tensor }));
  expect(encodeWithChecksum(named, read.metadata)).toEqual(bytes);
});

test("no flipped bit is taken for the content, in memory or in a file", async () => {
  const bytes = encodeWithChecksum(tensors, metadata);
  const content = (read: Uint8Array): string => {
    const { tensors: found, metadata: notes } = decodeSafetensors(read, "x");
    // A flip in the checksum's own key makes it a note of no meaning.
    const known = Object.keys(metadata).map((key) => notes[key]);
    return JSON.stringify([
      [...found].map(([name, { dtype, shape, data }]) => [name, dtype, shape, [...(data as Float32Array)]]),
      known,
    ]);
  };
  const whole = content(bytes);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const path = join(folder, "flipped.safetensors");
    if (bit % 61 === 0) writeFileSync(path, flipped);
    try {
      // Where it is read at all, the flip was in the checksum itself or in spacing.
      expect(content(flipped)).toBe(whole);
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      if (bit % 61 === 0)
        await expect(readSafetensors(path)).rejects.toThrow(
          (error as Error).message.replace(/^x|of x/g, (at) => at.replace("x", path)),
        );
    }
  }
});

test("a changed weight is told with what to do", () => {
  const bytes = encodeWithChecksum(tensors, metadata);
  bytes[bytes.length - 1]! ^= 1;
  expect(() => decodeSafetensors(bytes, "m/model.safetensors")).toThrow(
    /^m\/model\.safetensors is damaged: its content does not fit its checksum; restore it from a copy/,
  );
});

test("files without one are read, and those that another program wrote with ours kept", () => {
  expect(decodeSafetensors(encodeSafetensors(tensors, metadata), "x").metadata).toEqual(metadata);
  const notes = withChecksum(tensors, metadata);
  // The same content in another order of keys and with other spacing.
  const other = fileOf(
    JSON.stringify(
      {
        b: { shape: [3], data_offsets: [0, 3], dtype: "I8" },
        empty: { dtype: "F32", shape: [0], data_offsets: [3, 3] },
        "a.weight": { dtype: "F32", shape: [2, 3], data_offsets: [3, 27] },
        __metadata__: { note: notes["note"], crc32: notes["crc32"], format: "pt" },
      },
      null,
      1,
    ),
    27,
  );
  other.set([255, 0, 1], other.length - 27);
  other.set(new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer), other.length - 24);
  expect(decodeSafetensors(other, "x").tensors.size).toBe(3);
  // The weights halved, and all the metadata kept.
  const halved: NamedTensor[] = [{ name: "a.weight", dtype: "F16", shape: [2], data: new Uint16Array(2) }];
  expect(decodeSafetensors(encodeSafetensors(halved, notes), "x").tensors.size).toBe(1);
  // A note of that name that is another's.
  expect(decodeSafetensors(encodeSafetensors(tensors, { crc32: "yes" }), "x").tensors.size).toBe(3);
});
