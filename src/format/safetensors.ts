/**
 * Tensors as safetensors bytes and back, in memory; see safetensors-header.ts for the layout and safetensors-file.ts
 * for files. Data is little-endian, and typed arrays are views of it where the alignment allows.
 */
import { DTYPES, type Dtype, LENGTH_BYTES, type TensorPlace } from "./safetensors-header.js";
import { headerLength, layOut, parseHeader } from "./safetensors-header.js";

export type { Dtype };
export type TensorData = InstanceType<(typeof DTYPES)[Dtype]>;

/** A tensor: its elements in row-major order. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface NamedTensor extends StoredTensor {
  readonly name: string;
}

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

/** As `encodeSafetensors`, in pieces that share the tensors' memory: nothing large is copied. */
export function safetensorsChunks(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): { chunks: Uint8Array[]; bytes: number } {
  checkByteOrder();
  const { head, ordered, dataBytes } = layOut(tensors, metadata);
  const chunks = [head];
  for (const { name, dtype, shape, data } of ordered) {
    if (!(data instanceof DTYPES[dtype])) throw new TypeError(`tensor "${name}" is not of dtype ${dtype}`);
    if (data.length !== shape.reduce((a, b) => a * b, 1)) {
      throw new TypeError(`tensor "${name}" of shape [${shape.join(", ")}] has ${data.length} elements`);
    }
    chunks.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return { chunks, bytes: head.length + dataBytes };
}

/**
 * Reads safetensors bytes. The data are views of `bytes` where it is aligned for their type, copies elsewhere.
 * @param where how messages name the source, such as the file's path
 * @throws UserError that says what is wrong
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): Safetensors {
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, where);
  const start = LENGTH_BYTES + length;
  const data = bytes.subarray(start);
  const { tensors, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, start), data.length, where);
  return { tensors: viewTensors(tensors, data), metadata };
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

/** Typed arrays have the machine's byte order, and so far only little-endian machines are served. */
function checkByteOrder(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new Error("safetensors are read and written on little-endian machines only");
  }
}
