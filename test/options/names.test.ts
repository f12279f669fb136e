import { expect, test } from "vitest";
import { load, train } from "../../src/index.js";
import { generateSettings } from "../../src/generate/options.js";

const call = (f: unknown, ...args: unknown[]) => (f as (...args: unknown[]) => unknown)(...args);

test("options that nobody knows, and values of the wrong kind, are told", async () => {
  await expect(call(train, { text: "abc", hiden: 3 })).rejects.toThrow(
    "train has no option hiden; did you mean hidden?",
  );
  await expect(call(train)).rejects.toThrow("train takes its options as an object");
  await expect(call(train, { inputs: "book.txt" })).rejects.toThrow(
    'inputs is "book.txt"; give a list of texts, none of them empty, such as ["book.txt"].',
  );
  await expect(call(train, { text: 5 })).rejects.toThrow("text is 5; give a text.");
  await expect(call(train, { text: "abc", out: "" })).rejects.toThrow(
    'out is ""; give a text that is not empty.',
  );
  await expect(call(load)).rejects.toThrow("The model's folder is missing; give a string.");
  expect(() => call(generateSettings, { temprature: 1 })).toThrow("did you mean temperature?");
  expect(() => call(generateSettings, { prompt: 5 })).toThrow("prompt is 5; give a text.");
  expect(() => call(generateSettings, { xyzzy: 1 })).toThrow("there are prompt, prompts, length,");
  const long = "x".repeat(1e6);
  expect(() => call(generateSettings, { [long]: 1 })).toThrow(
    `generate has no option ${"x".repeat(60)}…; there are prompt`,
  );
  await expect(call(train, { text: "abc", cell: long })).rejects.toThrow(/^cell is "x{39}…"; choose one of/);
});
