/**
 * NumPy's .npy files of floating-point numbers (numpy/lib/format.py): the magic bytes, the version, the length of the header
 * (2 bytes in version 1, 4 from 2 on, little-endian), the header, a literal of Python
 *
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (120, 32), }
 *
 * and the data, row after row, or column after column in Fortran's order.
 */
import { UserError } from "../errors.js";
import { shown } from "../shown.js";
import { fromF16 } from "./half-floats.js";

export interface NpyArray {
  readonly shape: readonly number[];
  /** In C's order: the last index runs fastest. */
  readonly data: Float32Array | Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const KINDS: Readonly<Record<string, { readonly bytes: number }>> = {
  f2: { bytes: 2 },
  f4: { bytes: 4 },
  f8: { bytes: 8 },
};

/** Is this the beginning of a .npy file? */
export const isNpy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/**
 * @param where names the source in messages
 * @throws UserError for what is not a whole .npy file, and one of other numbers than floats
 */
export function decodeNpy(bytes: Uint8Array, where: string): NpyArray {
  const damaged = (problem: string): UserError =>
    new UserError(`${where} is not a whole .npy file: ${problem}; restore it from a copy or make it again.`);
  if (!isNpy(bytes)) throw damaged("it does not begin as one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version === undefined || version < 1 || version > 3)
    throw damaged(`its version is ${version ?? "missing"}, and 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw damaged("it ends within its header");
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (bytes.length < start + length) throw damaged("it ends within its header");
  const header = new TextDecoder().decode(bytes.subarray(start, start + length));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || sizes === undefined)
    throw damaged(`its header is ${shown(header.trim())}`);
  const kind = KINDS[descr.slice(1)];
  if (!kind || !/^[<>=|]/.test(descr))
    throw new UserError(
      `${where} holds numbers of the type ${shown(descr)}; write it as floats, such as array.astype("float32").`,
    );
  const shape = sizes
    .split(",")
    .map((size) => size.trim().replace(/L$/, ""))
    .filter((size) => size !== "")
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const data = bytes.subarray(start + length);
  if (!Number.isSafeInteger(count) || data.length !== count * kind.bytes)
    throw damaged(
      `its shape (${shape.join(", ")}) needs ${count * kind.bytes} bytes, and ${data.length} follow`,
    );
  const values = floatsOf(data, kind.bytes, descr.startsWith(">"));
  return { shape, data: order === "True" ? inRows(values, shape) : values };
}

/** What stands before the data of a file of float32, version 1: padded, as NumPy does it, to a multiple of 64 bytes. */
export function npyHead(shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const bytes = Math.ceil((10 + header.length + 1) / 64) * 64;
  const head = new Uint8Array(bytes).fill(0x20);
  head.set(MAGIC);
  head.set([1, 0], 6);
  new DataView(head.buffer).setUint16(8, bytes - 10, true);
  head.set(new TextEncoder().encode(header), 10);
  head[bytes - 1] = 0x0a;
  return head;
}

/** The numbers, in the order in which they lie. */
function floatsOf(data: Uint8Array, size: number, bigEndian: boolean): Float32Array | Float64Array {
  const own = new Uint8Array(data);
  if (bigEndian) for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse();
  if (size === 8) return new Float64Array(own.buffer);
  return size === 4 ? new Float32Array(own.buffer) : fromF16(new Uint16Array(own.buffer));
}

/** From Fortran's order, in which the first index runs fastest, to C's. */
function inRows<Values extends Float32Array | Float64Array>(
  values: Values,
  shape: readonly number[],
): Values {
  const rows = values.slice() as Values;
  const at = shape.map(() => 0);
  const strides = shape.map((_, d) => shape.slice(0, d).reduce((product, size) => product * size, 1));
  for (let i = 0; i < rows.length; i++) {
    rows[i] = values[at.reduce((sum, index, d) => sum + index * strides[d]!, 0)]!;
    for (let d = shape.length - 1; d >= 0; d--) {
      at[d]!++;
      if (at[d]! < shape[d]!) break;
      at[d] = 0;
    }
  }
  return rows;
}
