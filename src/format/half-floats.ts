/** Floats of 16 bits, as other programs save weights, to float32: every one of them is a float32 exactly. */

/** bfloat16: the upper half of a float32. */
export function fromBf16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

let floats: Float32Array | undefined;

/** IEEE 754 binary16: sign, 5 bits of exponent e, 10 of fraction f; (1 + f/2¹⁰) 2^(e−15), or f 2⁻²⁴ where e is 0. */
export function fromF16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  floats ??= Float32Array.from({ length: 1 << 16 }, (_, half) => {
    const sign = half >> 15 ? -1 : 1;
    const e = (half >> 10) & 31;
    const f = half & 1023;
    if (e === 31) return f === 0 ? sign * Infinity : NaN;
    return sign * (e === 0 ? f * 2 ** -24 : (1 + f / 1024) * 2 ** (e - 15));
  });
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = floats[bits[i]!]!;
  return result;
}
