/**
 * The layout of a safetensors file, without its data: 8 bytes with the length N of the header (little-endian), N bytes
 * of JSON { name: { dtype, shape, data_offsets: [begin, end] } }, then the data, to which the offsets refer.
 *
 * Writing is canonical: what the reference library (https://github.com/huggingface/safetensors) makes of the same
 * tensors, with the metadata's keys sorted, so that equal content is equal bytes. Reading is stricter than that library:
 * a key may not stand twice, and names that could reach an object's prototype are refused. What is read can be written.
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { parseJson } from "./json.js";

/** The types of elements that are read and written; F16 and BF16 as their raw bits. */
export const DTYPES = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type Dtype = keyof typeof DTYPES;
/** In the order in which tensors lie in a file: no tensor is then misaligned. */
const ORDER = Object.keys(DTYPES) as Dtype[];

/** Where a tensor lies: `begin` and `end` in bytes from the data's start. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: readonly TensorPlace[];
  readonly metadata: Record<string, string>;
}

/** Bytes before the header's text. */
export const LENGTH_BYTES = 8;
/**
 * Longest header that is read: room for 40,000 tensors, where the largest checkpoint (1024 layers with their moments)
 * has 15,000. The reference library reads 100 MB, which take 1.5 GB to parse.
 */
const MAX_HEADER_BYTES = 4_000_000;
const METADATA = "__metadata__";
const FORBIDDEN = new Set(["__proto__"]);
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

/** Number of elements of a shape; undefined when it cannot be counted exactly. */
function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/**
 * The bytes of length and header, and the tensors placed in the order in which their data follows.
 * @throws TypeError for a name or shape that no file can hold
 */
export function layOut<T extends { name: string; dtype: Dtype; shape: readonly number[] }>(
  tensors: Iterable<T>,
  metadata: Readonly<Record<string, string>> = {},
): { head: Uint8Array; ordered: readonly T[]; dataBytes: number } {
  const ordered = [...tensors].toSorted(
    (a, b) => ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || compareNames(a.name, b.name),
  );
  const entries: string[] = [];
  const keys = Object.keys(metadata).toSorted(compareNames);
  if (keys.length > 0) {
    for (const key of keys) {
      checkWritable(key, "metadata key");
      const value: unknown = metadata[key];
      if (typeof value !== "string" || LONE_SURROGATE.test(value))
        throw new TypeError(`the metadata's "${key}" is no text`);
    }
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    entries.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  let offset = 0;
  const names = new Set<string>();
  for (const { name, dtype, shape } of ordered) {
    checkWritable(name, "tensor name");
    if (name === METADATA || names.has(name)) throw new TypeError(`a second tensor "${name}"`);
    names.add(name);
    const count = shape.every(isSize) ? elementCount(shape) : undefined;
    if (count === undefined) throw new TypeError(`tensor "${name}" has the shape [${shape.join(", ")}]`);
    const end = offset + count * DTYPES[dtype].BYTES_PER_ELEMENT;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${entries.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, LENGTH_BYTES);
  return { head, ordered, dataBytes: offset };
}

/** Length in bytes of the header's text. @param bytes the file's first 8, or fewer when it has no more */
export function headerLength(bytes: Uint8Array, fileBytes: number, where: string): number {
  if (bytes.length < LENGTH_BYTES) {
    throw damaged(where, `it has ${fileBytes} bytes, fewer than the ${LENGTH_BYTES} of a header's length`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw damaged(where, `its header claims ${length} bytes, more than the ${MAX_HEADER_BYTES} allowed`);
  }
  if (Number(length) > fileBytes - LENGTH_BYTES) {
    const rest = fileBytes - LENGTH_BYTES;
    throw damaged(where, `its header claims ${length} bytes, but only ${rest} follow`);
  }
  return Number(length);
}

/**
 * Reads a header and checks that its tensors fill the data exactly.
 * @param dataBytes number of bytes after the header
 * @throws UserError with what is wrong
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, where: string): SafetensorsHeader {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(where, "its header is not UTF-8 text");
  }
  if (text[0] !== "{") throw damaged(where, 'its header does not begin with "{"');
  const header = parseJson(text, `The header of ${where}`) as Record<string, unknown>;
  const tensors: TensorPlace[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = parseMetadata(value, where);
    else tensors.push(parsePlace(name, value, where));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(tensors, dataBytes, where);
  return { tensors, metadata };
}

function parseMetadata(value: unknown, where: string): Record<string, string> {
  if (!isRecord(value)) throw damaged(where, `its ${METADATA} is not an object`);
  for (const [key, entry] of Object.entries(value)) {
    if (FORBIDDEN.has(key)) throw damaged(where, `its ${METADATA} has the reserved key "${key}"`);
    if (LONE_SURROGATE.test(key)) throw damaged(where, `its ${METADATA} has a key that is not Unicode text`);
    if (typeof entry !== "string") {
      throw damaged(where, `its ${METADATA} gives ${shown(key)} a value that is not a string`);
    }
    if (LONE_SURROGATE.test(entry)) {
      throw damaged(where, `its ${METADATA} gives ${shown(key)} a value that is not Unicode text`);
    }
  }
  return value as Record<string, string>;
}

function parsePlace(name: string, value: unknown, where: string): TensorPlace {
  const fail = (problem: string) => damaged(where, `tensor ${shown(name)} ${problem}`);
  if (FORBIDDEN.has(name)) throw fail("has a reserved name");
  if (LONE_SURROGATE.test(name)) throw fail("has a name that is not Unicode text");
  if (!isRecord(value)) throw fail("is not described by an object");
  for (const key of Object.keys(value)) {
    if (!["dtype", "shape", "data_offsets"].includes(key)) throw fail(`has the unknown key ${shown(key)}`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw fail("has no dtype");
  if (!isDtype(dtype)) throw fail(`has the dtype ${shown(dtype)}, which is not one of ${ORDER.join(", ")}`);
  if (!Array.isArray(shape)) throw fail("has no shape");
  if (!shape.every(isSize))
    throw fail(`has the shape ${shown(shape)}, which is not of whole numbers from 0 up`);
  if (!Array.isArray(offsets) || offsets.length !== 2) throw fail("has no data_offsets [begin, end]");
  if (!offsets.every(isSize)) {
    throw fail(`has the data_offsets ${shown(offsets)}, which are not whole numbers from 0 up`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw fail(`ends at byte ${end}, before its begin at ${begin}`);
  const bytes = elementCount([...shape, DTYPES[dtype].BYTES_PER_ELEMENT]);
  if (bytes === undefined) throw fail(`has the shape ${shown(shape)}, more elements than can be counted`);
  if (bytes !== end - begin) {
    throw fail(`needs ${bytes} bytes for ${dtype} ${shown(shape)}, but has ${end - begin}`);
  }
  return { name, dtype, shape: shape as number[], begin, end };
}

/** Each byte of the data belongs to exactly one tensor. @param tensors sorted by begin */
function checkCoverage(tensors: readonly TensorPlace[], dataBytes: number, where: string): void {
  const needed = tensors.reduce((most, { end }) => Math.max(most, end), 0);
  if (needed > dataBytes) {
    throw damaged(
      where,
      `it is cut off: its tensors need ${needed} bytes of data, but only ${dataBytes} follow`,
    );
  }
  let at = 0;
  let previous = "";
  for (const { name, begin, end } of tensors) {
    if (begin < at) {
      throw damaged(where, `tensors ${shown(previous)} and ${shown(name)} overlap`);
    }
    if (begin > at) {
      throw damaged(where, `${begin - at} bytes before tensor ${shown(name)} belong to no tensor`);
    }
    at = end;
    previous = name;
  }
  if (at < dataBytes) throw damaged(where, `${dataBytes - at} bytes follow after the last tensor`);
}

function checkWritable(name: string, kind: string): void {
  if (FORBIDDEN.has(name)) throw new TypeError(`the ${kind} "${name}" is reserved`);
  if (LONE_SURROGATE.test(name))
    throw new TypeError(`the ${kind} ${JSON.stringify(name)} is not Unicode text`);
}

/** Order of the names' UTF-8 bytes, which is that of code points, not that of JavaScript's strings. */
function compareNames(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const high = x >= 0xd800 && x < 0xe000;
    const low = y >= 0xd800 && y < 0xe000;
    return high === low ? x - y : Number(high) - Number(low);
  }
  return a.length - b.length;
}

function isDtype(value: string): value is Dtype {
  return Object.hasOwn(DTYPES, value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(where: string, problem: string): UserError {
  return new UserError(
    `${where} is not a whole safetensors file: ${problem}; restore it from a copy or make it again.`,
  );
}
