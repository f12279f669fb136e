import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CELLS, FORMAT_VERSION, modelConfig, parseModelConfig } from "../../src/model/config.js";

const size = fc.integer({ min: 1, max: 5000 });
const p = fc.double({ min: 0, max: 0.99, noNaN: true });
const config = fc
  .record({
    cell: fc.constantFrom(...CELLS),
    nonlinearity: fc.constantFrom("tanh" as const, "relu" as const),
    layers: fc.integer({ min: 1, max: 8 }),
    hidden: size,
    embedding: size,
    vocabulary: fc.integer({ min: 2, max: 100_000 }),
    tie: fc.boolean(),
    dropout: fc.record({ embedding: p, between: p, output: p }),
  })
  .map((c) => ({ ...c, embedding: c.tie ? c.hidden : c.embedding }));

test("every valid config survives being written and read", () => {
  fc.assert(
    fc.property(config, (input) => {
      const made = modelConfig(input);
      expect(parseModelConfig(JSON.parse(JSON.stringify(made)))).toEqual(made);
      expect(made).toMatchObject(JSON.parse(JSON.stringify(input)));
    }),
  );
});

test("any other key is an error, wherever it stands", () => {
  const known = new Set(Object.keys(modelConfig({ vocabulary: 2 })));
  const key = fc.string({ minLength: 1, maxLength: 12 }).filter((k) => !known.has(k) && k !== "__proto__");
  fc.assert(
    fc.property(config, key, fc.boolean(), (input, name, inside) => {
      const made = modelConfig(input) as unknown as Record<string, object>;
      const wrong = inside ? { ...made, dropout: { ...made["dropout"], [name]: 1 } } : { ...made, [name]: 1 };
      if (inside && ["embedding", "between", "output"].includes(name)) return;
      expect(() => parseModelConfig(wrong, "config.json")).toThrow(
        /^config\.json.*a model has no such key; restore the file/,
      );
    }),
  );
});

test("only a config that says what its weights are has format version 2, the newest", () => {
  expect(modelConfig({ vocabulary: 2 })).toMatchObject({ version: 1 });
  const int8 = modelConfig({ vocabulary: 2, weights: "int8" });
  expect(int8).toMatchObject({ version: FORMAT_VERSION, weights: "int8" });
  expect(parseModelConfig(JSON.parse(JSON.stringify(int8)))).toEqual(int8);
});

describe("what is wrong is said with its key", () => {
  const good = modelConfig({ vocabulary: 10 });
  test.each([
    [null, /^config\.json: it is null, but has to be an object; restore the file/],
    [[], /config\.json/],
    [{ ...good, format: "other" }, /"format"/],
    [{ ...good, cell: "transformer" }, /"cell"/],
    [{ ...good, layers: 0 }, /"layers"/],
    [{ ...good, hidden: 1.5 }, /"hidden"/],
    [{ ...good, vocabulary: 1 }, /"vocabulary"/],
    [{ ...good, dropout: { ...good.dropout, output: 1 } }, /"dropout\.output"/],
    [{ ...good, tie: true, embedding: 7 }, /embedding is 7 and hidden 128/],
    [{ ...good, version: FORMAT_VERSION + 1 }, /newer than the 2 this recurra reads; update recurra/],
    [{ ...good, version: 2, weights: "int4" }, /"weights"/],
    [{ ...good, weights: "int8" }, /"weights" is not of format version 1, but of 2/],
  ])("%j", (wrong, message) => {
    expect(() => parseModelConfig(wrong, "config.json")).toThrow(message);
  });
});

test.each([null, undefined, 3, "lstm", []])("a configuration that is %j is told", (input) => {
  expect(() => modelConfig(input as never)).toThrow("The model's configuration is");
});
