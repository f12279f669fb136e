/**
 * Random numbers. Two kinds: `Random`, a sequence whose state can be saved (weights, sampling, shuffling), and
 * `dropoutBits`, a hash of a counter (masks), which every engine computes with the same bits.
 */

const TWO_PI = 2 * Math.PI;

/** One step of SplitMix32, to spread a seed over a state. */
function splitMix32(seed: number): () => number {
  let s = seed | 0;
  return () => {
    s = (s + 0x9e3779b9) | 0;
    let z = s;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}

const rotl = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** xoshiro128** (Blackman and Vigna, 2018): a small generator with a state of four 32-bit words. */
export class Random {
  readonly #s = new Int32Array(4);

  /** @param seed any safe integer; both its halves count */
  constructor(seed: number) {
    const low = splitMix32(seed | 0);
    const high = splitMix32(Math.floor(seed / 2 ** 32) ^ 0x6a09e667);
    for (let i = 0; i < 4; i++) this.#s[i] = low() ^ Math.imul(high(), 0x9e3779b1);
    if (this.#s.every((x) => x === 0)) this.#s[0] = 1;
  }

  /** The four words, to be saved and set again. */
  get state(): Uint32Array {
    return new Uint32Array(this.#s.buffer.slice(0));
  }

  set state(words: Uint32Array) {
    this.#s.set(words);
  }

  /** A whole number, 0 ≤ x < 2³². */
  uint32(): number {
    const s = this.#s;
    const result = Math.imul(rotl(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 11);
    return result;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  next(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  /** A whole number, 0 ≤ x < n, for n up to 2³². */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Normal with mean 0 and deviation 1 (Box and Muller, 1958; one of the pair is used). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(TWO_PI * this.next());
  }
}

/** The finalizer of MurmurHash3: every input bit reaches every output bit. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** The two keys of a mask, from its seed and stream. */
export function dropoutKeys(seed: number, stream: number): [number, number] {
  const a = mix((seed | 0) ^ 0x243f6a88) ^ mix(Math.floor(seed / 2 ** 32) | 0);
  const b = mix(Math.imul(stream | 0, 0x9e3779b1) ^ a) ^ mix(Math.floor(stream / 2 ** 32) | 0);
  return [mix(a ^ b ^ 0x13198a2e) | 0, mix(b ^ 0x03707344) | 0];
}

/** A seed for `Random` of its own for every (seed, stream). */
export function seedOf(seed: number, stream: number): number {
  const [low, high] = dropoutKeys(seed, stream);
  return (low >>> 0) + (high & 0x1fffff) * 2 ** 32;
}

/** 32 random bits of element `index`; an element is dropped when they lie below p · 2³². */
export function dropoutBits(keys: readonly [number, number], index: number): number {
  return mix(mix(Math.imul(index | 0, 0x9e3779b1) ^ keys[0]) ^ keys[1]) >>> 0;
}

/** The threshold of `dropoutBits` for a probability. */
export function dropoutThreshold(p: number): number {
  return Math.floor(p * 2 ** 32);
}
