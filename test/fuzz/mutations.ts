/**
 * Changes of bytes, of JSON and of texts that make hostile input out of a good one. A mutation is plain data, and its
 * places are taken modulo what is there: so every mutation fits every input, and fast-check can leave out those that a
 * failure does not need.
 */
import fc from "fast-check";

/** One change of some bytes. */
export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly byte: number }
  | { readonly kind: "number"; readonly at: number; readonly width: 1 | 2 | 4 | 8; readonly value: bigint }
  | { readonly kind: "cut"; readonly at: number; readonly length: number }
  | { readonly kind: "end"; readonly at: number }
  | { readonly kind: "duplicate"; readonly at: number; readonly length: number; readonly to: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "splice"; readonly at: number; readonly from: number };

/** Numbers at which programs go wrong: around powers of two, and the bits of floats that are none. */
const POWERS = [0n, 1n, 2n, 3n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n].map((bits) => 1n << bits);
/** NaN, infinity, the greatest and the smallest of float32; NaN of float64. */
const FLOATS = [0x7fc00000n, 0x7f800000n, 0xff800000n, 0x7f7fffffn, 1n, 0x7ff8000000000000n];
const NUMBERS: readonly bigint[] = [POWERS, POWERS.map((power) => power - 1n), FLOATS].flat();

const place = fc.nat(0xffffff);
const length = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 16 }) }, fc.nat(4096));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("set" as const), at: place, byte: fc.nat(255) }),
  fc.record({
    kind: fc.constant("number" as const),
    at: place,
    width: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
    value: fc.constantFrom(...NUMBERS),
  }),
  fc.record({ kind: fc.constant("cut" as const), at: place, length }),
  fc.record({ kind: fc.constant("end" as const), at: place }),
  fc.record({ kind: fc.constant("duplicate" as const), at: place, length, to: place }),
  fc.record({ kind: fc.constant("insert" as const), at: place, bytes: fc.uint8Array({ maxLength: 16 }) }),
  fc.record({ kind: fc.constant("splice" as const), at: place, from: place }),
);

/** A few changes, one after the other. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(mutation, {
  minLength: 1,
  maxLength: 4,
});

/**
 * The bytes after all changes; the given ones stay as they are.
 * @param other what a splice takes its tail from
 */
export function mutated(bytes: Uint8Array, changes: readonly Mutation[], other = bytes): Uint8Array {
  return changes.reduce((changed, change) => apply(changed, change, other), bytes);
}

function apply(bytes: Uint8Array, change: Mutation, other: Uint8Array): Uint8Array {
  const size = bytes.length;
  const at = size === 0 ? 0 : change.at % size;
  switch (change.kind) {
    case "flip":
      return overwritten(bytes, at, [(bytes[at] ?? 0) ^ (1 << change.bit)]);
    case "set":
      return overwritten(bytes, at, [change.byte]);
    case "number": {
      const little = new Uint8Array(8);
      new DataView(little.buffer).setBigUint64(0, BigInt.asUintN(64, change.value), true);
      return overwritten(bytes, at, little.subarray(0, change.width));
    }
    case "cut":
      return joined(bytes.subarray(0, at), bytes.subarray(at + change.length));
    case "end":
      return bytes.slice(0, at);
    case "duplicate": {
      const to = size === 0 ? 0 : change.to % size;
      return joined(bytes.subarray(0, to), bytes.subarray(at, at + change.length), bytes.subarray(to));
    }
    case "insert":
      return joined(bytes.subarray(0, at), change.bytes, bytes.subarray(at));
    case "splice":
      return joined(
        bytes.subarray(0, at),
        other.subarray(other.length === 0 ? 0 : change.from % other.length),
      );
  }
}

function overwritten(bytes: Uint8Array, at: number, by: ArrayLike<number>): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < by.length && at + i < copy.length; i++) copy[at + i] = by[i]!;
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Values that a reader does not reckon with, wherever they stand. */
export const STRANGE_VALUES: readonly unknown[] = concatenated(
  [null, true, false, 0, -0, 1, -1, 2, 0.5, -0.5, 63, 64, 65, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 53, 1e9, 1e300],
  [
    "",
    " ",
    "x",
    "0",
    "1",
    "null",
    "constructor",
    "__proto__",
    "toString",
    "\0",
    "\n",
    "\ud800",
    "\u202e",
    "é",
  ],
  [[], {}, [[]], [null], [1, 2], ["x"], { x: 1 }, { constructor: 1 }, "x".repeat(1200), Array(200).fill(0)],
);

/** What JSON cannot say but a caller can. */
export const STRANGE_ARGUMENTS: readonly unknown[] = concatenated(
  STRANGE_VALUES,
  [undefined, NaN, Infinity, -Infinity, 10n, Symbol("s"), () => 1, new Map(), new Date(0), /x/],
  [new Uint8Array(4), new Float32Array(2), new Error("e"), Object.create(null), Promise.resolve(1), Map],
);

function concatenated(...lists: readonly (readonly unknown[])[]): unknown[] {
  return lists.flatMap((list) => list);
}

/** One change of a JSON value, at the node of that number (all nodes counted from the root, depth first). */
export interface JsonMutation {
  readonly node: number;
  readonly change: "replace" | "remove" | "rename" | "repeat" | "exchange" | "add";
  readonly key: string;
  readonly value: unknown;
  readonly other: number;
}

const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  node: fc.nat(0xffff),
  change: fc.constantFrom("replace", "remove", "rename", "repeat", "exchange", "add"),
  key: fc.constantFrom("x", "", "constructor", "toString", "__proto__", "\ud800", "0", "-1", "id", "type"),
  value: fc.oneof(fc.constantFrom(...STRANGE_VALUES), fc.integer({ min: -2, max: 300 })),
  other: fc.nat(0xffff),
});

export const jsonMutations: fc.Arbitrary<readonly JsonMutation[]> = fc.array(jsonMutation, {
  minLength: 1,
  maxLength: 3,
});

type Container = Record<string, unknown> | unknown[];
interface Node {
  readonly parent: Container;
  readonly key: string;
}

/** A JSON value after all changes; the given one stays as it is. */
export function mutatedJson(value: unknown, changes: readonly JsonMutation[]): unknown {
  const box: Record<string, unknown> = { root: structuredClone(value) };
  for (const change of changes) changeJson(box, change);
  return box["root"];
}

function changeJson(box: Record<string, unknown>, { node, change, key, value, other }: JsonMutation): void {
  const nodes = nodesOf(box);
  const chosen = nodes[node % nodes.length];
  if (!chosen) return;
  const { parent } = chosen;
  const read = (from: Node): unknown => (from.parent as Record<string, unknown>)[from.key];
  const write = (to: Node, written: unknown): void =>
    void Object.defineProperty(to.parent, to.key, {
      value: structuredClone(written),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  const within: Node = { parent: read(chosen) as Container, key };
  const holds = typeof within.parent === "object" && within.parent !== null;
  if (change === "replace") write(chosen, value);
  else if (change === "add" && holds && !Array.isArray(within.parent)) write(within, value);
  else if (change === "add" || change === "repeat") {
    const list = [parent, within.parent].find((container) => Array.isArray(container));
    if (list)
      list.splice(other % (list.length + 1), 0, structuredClone(change === "add" ? value : read(chosen)));
  } else if (change === "exchange") {
    const second = nodes[other % nodes.length]!;
    const held = structuredClone(read(second));
    write(second, read(chosen));
    write(chosen, held);
  } else if (Array.isArray(parent)) parent.splice(Number(chosen.key), 1);
  else if (parent !== box) {
    const held = read(chosen);
    delete parent[chosen.key];
    if (change === "rename") write({ parent, key }, held);
  }
}

function nodesOf(box: Record<string, unknown>): Node[] {
  const nodes: Node[] = [];
  const visit = (parent: Container): void => {
    for (const key of Object.keys(parent)) {
      nodes.push({ parent, key });
      const value = (parent as Record<string, unknown>)[key];
      if (typeof value === "object" && value !== null) visit(value as Container);
    }
  };
  visit(box);
  return nodes;
}

/** JSON as text, or that text with its bytes changed. */
export const jsonOrBytes = fc.oneof(
  { weight: 3, arbitrary: fc.record({ json: jsonMutations }) },
  fc.record({ bytes: mutations }),
);

/** A JSON file after `jsonOrBytes`. */
export function mutatedJsonFile(
  text: string,
  change: { readonly json?: readonly JsonMutation[]; readonly bytes?: readonly Mutation[] },
): Uint8Array {
  const encoded = new TextEncoder();
  if (change.bytes) return mutated(encoded.encode(text), change.bytes);
  return encoded.encode(JSON.stringify(mutatedJson(JSON.parse(text), change.json ?? [])));
}
