/** Names of fields in JSON and in the library, and back. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { camelCase, parseSnakeCaseJson, snakeCase, snakeCaseJson } from "../src/snake-case.js";

test.each([
  ["bitsPerChar", "bits_per_char"],
  ["step", "step"],
  ["heldOutBitsPerChar", "held_out_bits_per_char"],
])("%s is %s", (camel, snake) => {
  expect(snakeCase(camel)).toBe(snake);
  expect(camelCase(snake)).toBe(camel);
});

test("names are turned at every depth, values and lists are left", () => {
  const value = {
    natsPerToken: 1,
    isBest: { someList: [{ aB: "cD" }, ["eF"]], none: null },
    left: undefined,
  };
  expect(snakeCaseJson(value)).toBe(
    '{"nats_per_token":1,"is_best":{"some_list":[{"a_b":"cD"},["eF"]],"none":null}}',
  );
  const { left: _, ...rest } = value;
  expect(parseSnakeCaseJson(snakeCaseJson(value))).toEqual(rest);
});

test("a field of any name stays a field", () => {
  const text = '{"__proto__":{"a_b":1},"constructor":2}';
  const parsed = parseSnakeCaseJson(text) as object;
  expect(Object.keys(parsed)).toHaveLength(2);
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
});

test("the library's names come back, whatever they are", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]*([A-Z][a-z0-9]+)*$/);
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 0 })), (value) => {
      expect(parseSnakeCaseJson(snakeCaseJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
