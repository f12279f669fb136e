import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CELLS, configJson, FORMAT_VERSION, modelConfig, parseModelConfig } from "../../src/model/config.js";

const size = fc.integer({ min: 1, max: 5000 });
const config = fc
  .record({
    cell: fc.constantFrom(...CELLS),
    nonlinearity: fc.constantFrom("tanh" as const, "relu" as const),
    layers: fc.integer({ min: 1, max: 8 }),
    hidden: size,
    embedding: size,
    vocabulary: fc.integer({ min: 2, max: 100_000 }),
    tie: fc.boolean(),
  })
  .map((c) => ({ ...c, embedding: c.tie ? c.hidden : c.embedding }));

test("every valid config survives being written and read", () => {
  fc.assert(
    fc.property(config, (input) => {
      const made = modelConfig(input);
      expect(parseModelConfig(JSON.parse(JSON.stringify(configJson(made))))).toEqual(made);
      expect(made).toMatchObject(JSON.parse(JSON.stringify(input)));
    }),
  );
});

test("any other key is an error, wherever it stands", () => {
  const known = new Set(Object.keys(configJson(modelConfig({ vocabulary: 2 }))));
  const key = fc.string({ minLength: 1, maxLength: 12 }).filter((k) => !known.has(k) && k !== "__proto__");
  fc.assert(
    fc.property(config, key, fc.boolean(), (input, name, inside) => {
      const made = configJson(modelConfig(input)) as Record<string, object>;
      const wrong = inside ? { ...made, dropout: { ...made["dropout"], [name]: 1 } } : { ...made, [name]: 1 };
      if (inside && ["embedding", "between", "output"].includes(name)) return;
      expect(() => parseModelConfig(wrong, "config.json")).toThrow(
        /^config\.json.*a model has no such key; restore the file/,
      );
    }),
  );
});

const DROPOUT = { embedding: 0.1, between: 0, output: 0.5 };

test("rates of an earlier version are read, and written again; a new config has none, but the key that it looks for", () => {
  const made = modelConfig({ vocabulary: 2 });
  expect(made).not.toHaveProperty("dropout");
  expect(configJson(made)).toMatchObject({ dropout: { embedding: 0, between: 0, output: 0 } });
  const earlier = parseModelConfig({ ...made, dropout: DROPOUT });
  expect(earlier.dropout).toEqual(DROPOUT);
  expect(configJson(earlier)).toEqual({ ...made, dropout: DROPOUT });
  expect(() => modelConfig({ vocabulary: 2, dropout: DROPOUT } as never)).toThrow(
    'config, key "dropout": rates go with a pass, as its regularisation.',
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
    [{ ...good, dropout: { ...DROPOUT, output: 1 } }, /"dropout\.output"/],
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
