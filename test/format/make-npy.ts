/** .npy files for tests. */

/** A file by the format's definition. */
export function npy(
  descr: string,
  shape: string,
  data: Uint8Array,
  { fortran = false, version = 1 }: { fortran?: boolean; version?: number } = {},
): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shape}), }`;
  const start = version === 1 ? 10 : 12;
  const header = text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1) + "\n";
  const bytes = new Uint8Array(start + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), start);
  bytes.set(data, start + header.length);
  return bytes;
}
