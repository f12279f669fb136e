/** Files that are not safetensors, or not whole, each with what has to be said about it. */

export interface HostileFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Part of the message. */
  readonly says: string;
}

/** A file of this header (text, bytes or a value for JSON) and `data` zero bytes; its length claimed as `claims`. */
export function fileOf(header: unknown, data = 0, claims?: bigint): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const bytes = header instanceof Uint8Array ? header : new TextEncoder().encode(text);
  const file = new Uint8Array(8 + bytes.length + data);
  new DataView(file.buffer).setBigUint64(0, claims ?? BigInt(bytes.length), true);
  file.set(bytes, 8);
  return file;
}

function tensor(dtype: unknown, shape: unknown, begin: unknown, end: unknown): Record<string, unknown> {
  return { dtype, shape, data_offsets: [begin, end] };
}

/** The text of a header with one tensor "a" described by this text. */
function a(description: string): string {
  return `{"a":${description}}`;
}

const ok = tensor("F32", [1], 0, 4);
const OK_TEXT = JSON.stringify(ok);

const files: [name: string, bytes: Uint8Array, says: string][] = [
  // Names and notes that could not be written again.
  ["half a character in a name", fileOf(`{"\\ud83d":${OK_TEXT}}`, 4), "has a name that is not Unicode text"],
  [
    "half a character in a key of the metadata",
    fileOf('{"__metadata__":{"\\udc00":"x"}}'),
    "its __metadata__ has a key that is not Unicode text",
  ],
  [
    "half a character in the metadata",
    fileOf('{"__metadata__":{"k":"\\ud83d!"}}'),
    'its __metadata__ gives "k" a value that is not Unicode text',
  ],

  // The length.
  ["empty file", new Uint8Array(0), "it has 0 bytes, fewer than the 8 of a header's length"],
  ["five bytes", new Uint8Array(5), "it has 5 bytes, fewer than the 8 of a header's length"],
  ["length beyond the file", fileOf({ a: ok }, 4, 1000n), "its header claims 1000 bytes, but only"],
  ["length one too much", fileOf("{}", 0, 3n), "its header claims 3 bytes, but only 2 follow"],
  ["length of 4 MB and 1", fileOf("{}", 0, 4_000_001n), "more than the 4000000 allowed"],
  ["length of 100 MB and 1", fileOf("{}", 0, 100_000_001n), "more than the 4000000 allowed"],
  ["length of 2^64 − 1", fileOf("{}", 0, 2n ** 64n - 1n), "its header claims 18446744073709551615 bytes"],
  ["length of 2^53 + 1", fileOf("{}", 0, 2n ** 53n + 1n), "its header claims 9007199254740993 bytes"],
  ["length of zero", fileOf(""), 'its header does not begin with "{"'],
  [
    "length in the middle of the header",
    fileOf({ a: ok }, 4, 10n),
    "is not valid JSON: line 1, column 7: this string has no end",
  ],
  ["text file", new TextEncoder().encode("This is no model at all.\n"), "more than the 4000000 allowed"],

  // The header's text.
  ["header not UTF-8", fileOf(new Uint8Array([0x7b, 0xff, 0x7d])), "its header is not UTF-8 text"],
  ["surrogate in UTF-8", fileOf(new Uint8Array([0x7b, 0xed, 0xa0, 0x80])), "its header is not UTF-8 text"],
  ["byte order mark", fileOf("\ufeff{}"), 'its header does not begin with "{"'],
  ["space before the header", fileOf(" {}"), 'its header does not begin with "{"'],
  ["header an array", fileOf("[]"), 'its header does not begin with "{"'],
  ["header a number", fileOf("1"), 'its header does not begin with "{"'],
  ["header not JSON", fileOf("{a: 1}"), "line 1, column 2: a key in quotes is expected"],
  ["zeros after the header", fileOf("{}\0\0"), "stands after the end"],
  ["header nested deep", fileOf(`{"a":${"[".repeat(100_000)}`), "nested more than 100 levels deep"],
  ["a name twice", fileOf(`{"a":${OK_TEXT},"a":${OK_TEXT}}`, 4), 'the key "a" stands twice in one object'],
  ["a name twice, once escaped", fileOf(`{"a":${OK_TEXT},"\\u0061":${OK_TEXT}}`, 4), "stands twice"],
  [
    "dtype twice",
    fileOf(a('{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]}'), 4),
    "stands twice",
  ],
  ["name __proto__", fileOf(`{"__proto__":${OK_TEXT}}`, 4), 'tensor "__proto__" has a reserved name'],
  ["metadata not an object", fileOf({ __metadata__: ["x"] }), "its __metadata__ is not an object"],
  ["metadata null", fileOf({ __metadata__: null }), "its __metadata__ is not an object"],
  [
    "metadata not strings",
    fileOf({ __metadata__: { epoch: 3 } }),
    'gives "epoch" a value that is not a string',
  ],
  [
    "metadata with __proto__",
    fileOf('{"__metadata__":{"__proto__":"x"}}'),
    'has the reserved key "__proto__"',
  ],

  // One tensor.
  ["tensor null", fileOf({ a: null }), 'tensor "a" is not described by an object'],
  ["tensor an array", fileOf({ a: [] }), 'tensor "a" is not described by an object'],
  ["unknown key", fileOf({ a: { ...ok, stride: 1 } }, 4), 'tensor "a" has the unknown key "stride"'],
  [
    "__proto__ as key",
    fileOf(a('{"__proto__":{"dtype":"F32"},"shape":[1]}')),
    'has the unknown key "__proto__"',
  ],
  ["no dtype", fileOf(a('{"shape":[1],"data_offsets":[0,4]}'), 4), 'tensor "a" has no dtype'],
  [
    "wrong dtype",
    fileOf({ a: tensor("F33", [1], 0, 4) }, 4),
    'tensor "a" has the dtype "F33", which is not one of',
  ],
  ["dtype of an object's own", fileOf({ a: tensor("constructor", [1], 0, 4) }, 4), 'the dtype "constructor"'],
  ["dtype in small letters", fileOf({ a: tensor("f32", [1], 0, 4) }, 4), 'the dtype "f32"'],
  ["no shape", fileOf(a('{"dtype":"F32","data_offsets":[0,4]}'), 4), 'tensor "a" has no shape'],
  ["shape a number", fileOf({ a: tensor("F32", 1, 0, 4) }, 4), 'tensor "a" has no shape'],
  [
    "negative shape",
    fileOf({ a: tensor("F32", [-1, -1], 0, 4) }, 4),
    "the shape [-1,-1], which is not of whole",
  ],
  [
    "shape of fractions",
    fileOf({ a: tensor("F32", [0.5, 2], 0, 4) }, 4),
    "the shape [0.5,2], which is not of whole",
  ],
  [
    "shape of strings",
    fileOf({ a: tensor("F32", ["1"], 0, 4) }, 4),
    'the shape ["1"], which is not of whole',
  ],
  [
    "shape beyond 2^53",
    fileOf(a('{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}'), 4),
    "is not of whole",
  ],
  [
    "shape that overflows",
    fileOf({ a: tensor("F32", [2 ** 32, 2 ** 32], 0, 0) }),
    "more elements than can be counted",
  ],
  ["bytes that overflow", fileOf({ a: tensor("F64", [2 ** 52], 0, 0) }), "more elements than can be counted"],
  [
    "no offsets",
    fileOf({ a: { dtype: "F32", shape: [1] } }, 4),
    'tensor "a" has no data_offsets [begin, end]',
  ],
  ["three offsets", fileOf({ a: { ...ok, data_offsets: [0, 4, 4] } }, 4), "has no data_offsets [begin, end]"],
  [
    "negative offset",
    fileOf({ a: tensor("F32", [1], -4, 0) }, 4),
    "data_offsets [-4,0], which are not whole numbers",
  ],
  [
    "offset of a fraction",
    fileOf({ a: tensor("F32", [1], 0.5, 4.5) }, 5),
    "[0.5,4.5], which are not whole numbers",
  ],
  [
    "offset NaN",
    fileOf(a('{"dtype":"F32","shape":[1],"data_offsets":[NaN,4]}'), 4),
    'a value is expected, but "N"',
  ],
  ["offset null", fileOf({ a: tensor("F32", [1], null, 4) }, 4), "[null,4], which are not whole numbers"],
  ["offset beyond 2^53", fileOf({ a: tensor("F32", [1], 0, 2 ** 60) }, 4), "which are not whole numbers"],
  ["end before begin", fileOf({ a: tensor("F32", [1], 4, 0) }, 4), "ends at byte 0, before its begin at 4"],
  [
    "too few bytes for the shape",
    fileOf({ a: tensor("F32", [2], 0, 4) }, 4),
    "needs 8 bytes for F32 [2], but has 4",
  ],
  [
    "too many for the shape",
    fileOf({ a: tensor("F32", [1], 0, 8) }, 8),
    "needs 4 bytes for F32 [1], but has 8",
  ],
  [
    "bytes for an empty shape",
    fileOf({ a: tensor("F32", [0], 0, 4) }, 4),
    "needs 0 bytes for F32 [0], but has 4",
  ],
  ["I8 in small letters", fileOf({ a: tensor("i8", [4], 0, 4) }, 4), 'the dtype "i8"'],
  [
    "four bytes an I8",
    fileOf({ a: tensor("I8", [2, 3], 0, 24) }, 24),
    "needs 6 bytes for I8 [2,3], but has 24",
  ],
  [
    "I8 cut off",
    fileOf({ a: tensor("I8", [2, 3], 0, 6) }, 5),
    "its tensors need 6 bytes of data, but only 5",
  ],
  [
    "I8 that overflows",
    fileOf({ a: tensor("I8", [2 ** 32, 2 ** 32], 0, 0) }),
    "more elements than can be counted",
  ],
  [
    "I8 over its scale",
    fileOf({ a: tensor("I8", [6], 0, 6), "a.scale": tensor("F32", [1], 4, 8) }, 8),
    'tensors "a" and "a.scale" overlap',
  ],

  // The tensors together.
  [
    "data cut off",
    fileOf({ a: tensor("F32", [2], 0, 8) }, 7),
    "it is cut off: its tensors need 8 bytes of data, but only 7",
  ],
  ["no data", fileOf({ a: ok }), "it is cut off: its tensors need 4 bytes of data, but only 0 follow"],
  ["trailing byte", fileOf({ a: ok }, 5), "1 bytes follow after the last tensor"],
  ["data without tensors", fileOf({}, 8), "8 bytes follow after the last tensor"],
  ["same place twice", fileOf({ a: ok, b: ok }, 4), 'tensors "a" and "b" overlap'],
  [
    "overlap in part",
    fileOf({ a: tensor("F32", [2], 0, 8), b: tensor("F32", [2], 4, 12) }, 12),
    '"a" and "b" overlap',
  ],
  [
    "one inside the other",
    fileOf({ a: tensor("F32", [4], 0, 16), b: tensor("F32", [1], 4, 8) }, 16),
    "overlap",
  ],
  [
    "empty one inside another",
    fileOf({ a: tensor("F32", [2], 0, 8), b: tensor("F32", [0], 4, 4) }, 8),
    "overlap",
  ],
  [
    "gap at the start",
    fileOf({ a: tensor("F32", [1], 4, 8) }, 8),
    '4 bytes before tensor "a" belong to no tensor',
  ],
  [
    "gap between",
    fileOf({ a: ok, b: tensor("F32", [1], 8, 12) }, 12),
    '4 bytes before tensor "b" belong to no tensor',
  ],
];

export const HOSTILE_FILES: readonly HostileFile[] = files.map(([name, bytes, says]) => ({
  name,
  bytes,
  says,
}));
