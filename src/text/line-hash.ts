/** Reproducible choices among lines: this room draws nothing from the engine's random numbers. */

/**
 * A bijection of 32-bit numbers whose every output bit depends on every input bit (the finalizer of MurmurHash3,
 * Appleby 2008): different numbers never collide.
 */
export function mix(number: number): number {
  let h = number | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 bits for a number under a seed; under one seed, different numbers (below 2^32) give different bits. */
export function seededHash(seed: number, number: number): number {
  return mix((mix(seed) ^ mix(number + 0x9e3779b9)) >>> 0);
}

/** Fisher–Yates: every order as likely as another; the same seed and stream give the same. */
export function shuffle(items: Int32Array, seed: number, stream: number): void {
  const key = seededHash(seed, stream);
  for (let i = items.length - 1; i > 0; i--) {
    // Scaled, not taken modulo: no low bits are favoured.
    const j = Math.floor((seededHash(key, i) / 2 ** 32) * (i + 1));
    const held = items[i]!;
    items[i] = items[j]!;
    items[j] = held;
  }
}
