/** Values of files, and those that code gives, in sentences: short, whatever they are. */
import { expect, test } from "vitest";
import { decodeSafetensors } from "../src/format/safetensors.js";
import { shown } from "../src/shown.js";

test.each([
  [undefined, "missing"],
  [null, "null"],
  ["a\n", '"a\\n"'],
  [[1, "x"], '[1,"x"]'],
  [[], "an empty list"],
  [NaN, "NaN"],
  [[1, -Infinity], '[1,"-Infinity"]'],
  [{}, "an object"],
  [Object.create(null), "an object"],
  [{ constructor: { name: "x" } }, '{"constructor":{"name":"x"}}'],
  [new Map(), "of type Map"],
  [new Float32Array(1e6), "of type Float32Array"],
  [10n, '"10"'],
  [Symbol("s"), "a symbol"],
  [() => 1, "a function"],
  [{ ["__proto__"]: 1 }, '{"__proto__":1}'],
])("%o", (value, text) => expect(shown(value)).toBe(text));

test("what is long, wide or deep is cut", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  const texts = ["x".repeat(1e6), Array(1e6).fill(1), deep, { ["k".repeat(1e6)]: 1 }].map(shown);
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(60);
});

test("a message about a file does not hold all of the value", () => {
  const header = Buffer.from(
    JSON.stringify({ a: { dtype: "F32", shape: ["x".repeat(5000)], data_offsets: [0, 0] } }),
  );
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let message = "";
  try {
    decodeSafetensors(bytes, "a.safetensors");
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain('has the shape ["xxx');
  expect(message.length).toBeLessThan(300);
});
