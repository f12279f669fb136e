/** .npy files: as NumPy writes them, and damaged ones. */
import { describe, expect, test } from "vitest";
import { decodeNpy, npyHead } from "../../src/format/npy.js";
import { npy } from "./make-npy.js";

const bytesOf = (values: Float32Array | Float64Array | Uint16Array) => new Uint8Array(values.buffer);
const six = [1, 2, 3, 4, 5, -0.5];

describe("numbers", () => {
  test.each([1, 2, 3])("float32, version %i", (version) => {
    const { shape, data } = decodeNpy(
      npy("<f4", "2, 3", bytesOf(Float32Array.from(six)), { version }),
      "a.npy",
    );
    expect([shape, [...data]]).toEqual([[2, 3], six]);
  });

  test("float64, and float16", () => {
    expect([...decodeNpy(npy("<f8", "6,", bytesOf(Float64Array.from(six))), "a").data]).toEqual(six);
    const halves = Uint16Array.from([0x3c00, 0x4000, 0xb800]);
    expect([...decodeNpy(npy("<f2", "3,", bytesOf(halves)), "a").data]).toEqual([1, 2, -0.5]);
  });

  test("big-endian", () => {
    const data = new Uint8Array(24);
    for (const [i, value] of six.entries()) new DataView(data.buffer).setFloat32(4 * i, value, false);
    expect([...decodeNpy(npy(">f4", "2, 3", data), "a").data]).toEqual(six);
  });

  test("Fortran's order is turned into rows", () => {
    const columns = Float32Array.from([1, 4, 2, 5, 3, -0.5]);
    expect([...decodeNpy(npy("<f4", "2, 3", bytesOf(columns), { fortran: true }), "a").data]).toEqual(six);
    const cube = Float32Array.from([0, 4, 2, 6, 1, 5, 3, 7]);
    expect([...decodeNpy(npy("<f4", "2, 2, 2", bytesOf(cube), { fortran: true }), "a").data]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
  });
});

test("a head is the one by the definition", () => {
  for (const shape of [[2, 3], [6], [1_000_000, 1950]]) {
    const text = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
    expect(npyHead(shape)).toEqual(npy("<f4", text, new Uint8Array(0)));
  }
});

const good = npy("<f4", "2, 3", bytesOf(Float32Array.from(six)));

test("every shorter file is refused in one sentence", () => {
  for (let length = 0; length < good.length; length++)
    expect(() => decodeNpy(good.subarray(0, length), "a.npy")).toThrow(
      /^a\.npy is not a whole \.npy file: .*\.$/,
    );
});

test.each<[string, Uint8Array, RegExp]>([
  ["another file", new TextEncoder().encode("hello, this is text"), /does not begin as one/],
  ["whole numbers", npy("<i8", "1,", new Uint8Array(8)), /numbers of the type "<i8"; write it as floats/],
  ["objects", npy("|O", "1,", new Uint8Array(8)), /of the type "\|O"/],
  [
    "a shape that lies",
    npy("<f4", "3, 3", new Uint8Array(24)),
    /shape \(3, 3\) needs 36 bytes, and 24 follow/,
  ],
  ["a huge shape", npy("<f4", "99999999999, 99999999999", new Uint8Array(4)), /needs/],
  ["too much", npy("<f4", "1,", new Uint8Array(8)), /needs 4 bytes, and 8 follow/],
])("%s", (_, bytes, message) => expect(() => decodeNpy(bytes, "a.npy")).toThrow(message));
