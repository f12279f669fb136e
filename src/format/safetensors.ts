/**
 * Tensors as safetensors bytes and back, in memory; see safetensors-header.ts for the layout and safetensors-file.ts
 * for files. Data is little-endian, and typed arrays are views of it where the alignment allows.
 */
import { checkContent, withChecksum } from "./checksum.js";
import {
  checkByteOrder,
  type NamedTensor,
  safetensorsChunks,
  type StoredTensor,
} from "./safetensors-chunks.js";
import {
  DTYPES,
  type Dtype,
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type TensorPlace,
} from "./safetensors-header.js";

export type { Dtype };
export type { NamedTensor, StoredTensor, TensorData } from "./safetensors-chunks.js";

/** Throws where the tensors of a file are not the expected ones. */
export type HeaderCheck = (places: readonly TensorPlace[]) => void;

export interface Safetensors {
  /** By name, in the order of their data. */
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The bytes of a safetensors file; equal content gives equal bytes, in whatever order it comes.
 * @throws TypeError when data, shape and dtype of a tensor do not agree, or a name is not possible
 */
export function encodeSafetensors(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const { chunks, bytes } = safetensorsChunks(tensors, metadata);
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** As `encodeSafetensors`, with a checksum among the metadata (see checksum.ts). */
export function encodeWithChecksum(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const named = [...tensors];
  return encodeSafetensors(named, withChecksum(named, metadata));
}

/**
 * Reads safetensors bytes. The data are views of `bytes` where it is aligned for their type, copies elsewhere.
 * @param where how messages name the source, such as the file's path
 * @param check gets names, types and shapes before the data are read
 * @throws UserError that says what is wrong
 */
export function decodeSafetensors(bytes: Uint8Array, where: string, check?: HeaderCheck): Safetensors {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, where);
  const start = LENGTH_BYTES + length;
  const data = bytes.subarray(start);
  const { tensors: places, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, start), data.length, where);
  check?.(places);
  const tensors = viewTensors(places, data);
  checkContent(tensors, metadata, where);
  return { tensors, metadata };
}

/** The tensors at their places in the data. */
export function viewTensors(places: readonly TensorPlace[], data: Uint8Array): Map<string, StoredTensor> {
  checkByteOrder();
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of places) {
    const Elements = DTYPES[dtype];
    let bytes = data.subarray(begin, end);
    if (bytes.byteOffset % Elements.BYTES_PER_ELEMENT !== 0) bytes = new Uint8Array(bytes);
    const length = (end - begin) / Elements.BYTES_PER_ELEMENT;
    tensors.set(name, {
      dtype,
      shape,
      data: new Elements(bytes.buffer as ArrayBuffer, bytes.byteOffset, length),
    });
  }
  return tensors;
}
