/** Tensors in memory, and the pieces that a safetensors file of them is put together from. */
import { DTYPES, type Dtype, layOut } from "./safetensors-header.js";

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

/**
 * The bytes of a safetensors file in pieces that share the tensors' memory: nothing large is copied.
 * @throws TypeError when data, shape and dtype of a tensor do not agree, or a name is not possible
 */
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

/** Typed arrays have the machine's byte order, and so far only little-endian machines are served. */
export function checkByteOrder(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new Error("safetensors are read and written on little-endian machines only");
  }
}
