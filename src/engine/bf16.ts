/** bfloat16: a float32's sign, its 8 bits of exponent and the first 7 of its mantissa. */
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** x as float32, rounded to the nearest bfloat16, ties to even; beyond the largest ±∞. NaN stays NaN. */
export function roundToBf16(x: number): number {
  float[0] = x;
  if (float[0] !== float[0]) return Number.NaN;
  const b = bits[0]!;
  bits[0] = (b + 0x7fff + ((b >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

/** Whether an instruction set has an instruction for products of bfloat16; others go through float32. */
export function hasBf16Products(isa: string): boolean {
  return isa === "avx512bf16";
}
