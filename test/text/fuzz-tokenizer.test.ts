/** Files of tokenizers changed at random: each is read whole or refused in a sentence, whatever the change. */
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.js";
import { seededHash } from "../../src/text/line-hash.js";
import { parseTokenizer } from "../../src/text/tokenizers/parse-any-tokenizer.js";
import { tokenizers } from "./tokenizer-samples.js";

/** Files for each tokenizer; RECURRA_FUZZ tells another number for a long run. */
const FILES = Number(process.env["RECURRA_FUZZ"] ?? 400);

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  4294967296,
  "",
  " ",
  "\ud800",
  "<eos>",
  "__proto__",
  "constructor",
  [],
  [[]],
  {},
  ["a", "b"],
  { type: "BPE" },
  { "": "" },
];
const KEYS = ["__proto__", "constructor", "toString", "length", "type", "model", "vocab", "merges", "0", ""];

/** Draws whole numbers below others, the same for the same seed. */
class Draws {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  below(limit: number): number {
    return Math.floor((seededHash(this.#seed, this.#count++) / 2 ** 32) * limit);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

type Container = Record<string, unknown> | unknown[];

function containersOf(value: unknown): Container[] {
  if (typeof value !== "object" || value === null) return [];
  return [value as Container, ...Object.values(value).flatMap(containersOf)];
}

/** One change of a parsed file: a value put, taken away, moved or doubled. */
function mutate(json: unknown, draws: Draws): void {
  const place = draws.of(containersOf(json));
  const keys = Object.keys(place);
  const key = keys.length > 0 && draws.below(4) > 0 ? draws.of(keys) : draws.of(KEYS);
  const set = (value: unknown): void => {
    Object.defineProperty(place, key, { value, writable: true, enumerable: true, configurable: true });
  };
  if (Array.isArray(place) && !/^\d+$/.test(key)) return void place.push(structuredClone(draws.of(VALUES)));
  const values = Object.values(place);
  switch (draws.below(4)) {
    case 0:
      if (Array.isArray(place)) place.splice(Number(key), 1);
      else delete place[key];
      break;
    case 1:
      if (values.length > 0) set(structuredClone(draws.of(values)));
      break;
    case 2:
      set(structuredClone(draws.of(containersOf(json))));
      break;
    default:
      set(structuredClone(draws.of(VALUES)));
  }
}

describe.each(tokenizers)("$name", ({ tokenizer }) => {
  const saved = JSON.stringify(tokenizer.toJSON());

  test(`${FILES} files`, () => {
    let refused = 0;
    for (let file = 0; file < FILES; file++) {
      const draws = new Draws(file);
      const json: unknown = JSON.parse(saved);
      for (let change = draws.below(3); change >= 0; change--) mutate(json, draws);
      // As from a file: JSON has no holes and no undefined.
      const read: unknown = JSON.parse(JSON.stringify(json));
      try {
        const parsed = parseTokenizer(read);
        expect(parseTokenizer(parsed.toJSON()).size).toBe(parsed.size);
        expect(parsed.encode("a b <eos> 😀").every((id) => id < parsed.size)).toBe(true);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.message).not.toContain("\n");
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(FILES / 4);
  }, 60_000);
});
