/** Floats as bfloat16; half-floats.ts reads them back. */
import { roundToBf16 } from "../engine/bf16.js";

/** Rounded to the nearest bfloat16, ties to even. */
export function toBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(Float32Array.from(values, roundToBf16).buffer);
  return Uint16Array.from(words, (word) => word >>> 16);
}
