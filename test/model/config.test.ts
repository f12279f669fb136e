import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CELLS, configJson, FORMAT_VERSION, modelConfig, parseModelConfig } from "../../src/model/config.js";
import { hiddenSizes } from "../../src/model/widths.js";

const DROPOUT = { embedding: 0.1, between: 0, output: 0.5 };

const size = fc.integer({ min: 1, max: 5000 });
const config = fc.record({
  cell: fc.constantFrom(...CELLS),
  nonlinearity: fc.constantFrom("tanh" as const, "relu" as const),
  layers: fc.integer({ min: 1, max: 8 }),
  hidden: size,
  embedding: size,
  vocabulary: fc.integer({ min: 2, max: 100_000 }),
  tie: fc.boolean(),
});

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
  const known = new Set([...Object.keys(configJson(modelConfig({ vocabulary: 2 }))), "mogrify"]);
  const key = fc.string({ minLength: 1, maxLength: 12 }).filter((k) => !known.has(k) && k !== "__proto__");
  fc.assert(
    fc.property(config, key, fc.boolean(), (input, name, inside) => {
      const made = configJson(modelConfig(input));
      const wrong = inside ? { ...made, dropout: { ...DROPOUT, [name]: 1 } } : { ...made, [name]: 1 };
      if (inside && ["embedding", "between", "output"].includes(name)) return;
      expect(() => parseModelConfig(wrong, "config.json")).toThrow(
        /^config\.json.*a model has no such key; restore the file/,
      );
    }),
  );
});

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

test.each([
  [{}, 1],
  [{ tie: true, layers: 3, embedding: 128 }, 1],
  [{ weights: "int8" }, 2],
  [{ adaptive: { cutoffs: [1], divisor: 4 } }, 2],
  [{ hidden: [5, 6] }, 3],
  [{ layers: 2, residual: true }, 3],
  [{ hidden: [5, 6], weights: "int8" }, 3],
  [{ tie: true, embedding: 64 }, 3],
  [{ inputGate: "capped" }, 3],
  [{ cell: "mogrifier" }, 3],
] as const)("the config of %j is written as format version %i", (input, version) => {
  const made = modelConfig({ vocabulary: 2, ...(input as object) });
  expect(made).toMatchObject({ version, ...input });
  expect(parseModelConfig(JSON.parse(JSON.stringify(made)))).toEqual(made);
  if (version === 1) return;
  expect(() => parseModelConfig({ ...made, version: version - 1 }, "config.json")).toThrow(
    new RegExp(
      `^config\\.json: .* is not of format version ${version - 1}, but of ${version}; the file is damaged`,
    ),
  );
});

test("widths layer by layer: a list, or one number where all are equal", () => {
  const list = modelConfig({ vocabulary: 2, hidden: [7, 7, 9] });
  expect(list).toMatchObject({ hidden: [7, 7, 9], layers: 3, embedding: 9, version: 3 });
  expect(hiddenSizes(list)).toEqual([7, 7, 9]);
  const equal = modelConfig({ vocabulary: 2, hidden: [7, 7], layers: 2 });
  expect(equal).toMatchObject({ hidden: 7, layers: 2, embedding: 7, version: 1 });
  expect(hiddenSizes(equal)).toEqual([7, 7]);
});

test("without residual connections a config does not have their key", () => {
  expect(modelConfig({ vocabulary: 2, residual: false })).toEqual(modelConfig({ vocabulary: 2 }));
});

test("a Mogrifier LSTM always says its rounds, an LSTM its input gate where that is capped", () => {
  const mogrifier = modelConfig({ vocabulary: 2, cell: "mogrifier" });
  expect(mogrifier).toMatchObject({ mogrify: { rounds: 5, rank: 0 } });
  expect(mogrifier).not.toHaveProperty("inputGate");
  const capped = modelConfig({ vocabulary: 2, inputGate: "capped" });
  expect(capped).toMatchObject({ cell: "lstm", inputGate: "capped" });
  expect(capped).not.toHaveProperty("mogrify");
  for (const [wrong, message] of [
    [{ ...mogrifier, mogrify: undefined }, /"mogrify": it is missing, but has to be an object/],
    [{ ...mogrifier, mogrify: { rounds: 0, rank: 0 } }, /"mogrify\.rounds"/],
    [{ ...mogrifier, mogrify: { rounds: 17, rank: 0 } }, /"mogrify\.rounds"/],
    [{ ...mogrifier, mogrify: { rounds: 5, rank: 0.5 } }, /"mogrify\.rank"/],
    [{ ...mogrifier, mogrify: { rounds: 5 } }, /"mogrify\.rank"/],
    [{ ...mogrifier, mogrify: { rounds: 5, rank: 0, more: 1 } }, /"mogrify\.more": a model has no such key/],
    [{ ...mogrifier, version: 2 }, /"mogrify" is not of format version 2, but of 3/],
    [{ ...capped, inputGate: "coupled" }, /"inputGate": it is "coupled", but has to be/],
    [{ ...capped, version: 1 }, /"inputGate" is not of format version 1, but of 3/],
    [{ ...capped, cell: "gru" }, /"inputGate" belongs to the cell lstm or mogrifier, and the cell is gru/],
    [{ ...mogrifier, cell: "lstm" }, /"mogrify" belongs to the cell mogrifier, and the cell is lstm/],
  ] as const)
    expect(() => parseModelConfig(wrong, "config.json")).toThrow(message);
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
    [{ ...good, hidden: [] }, /"hidden": it is an empty list/],
    [
      { ...good, version: 3, hidden: [5, 0] },
      /"hidden": it is \[5,0\], but has to be a list of whole numbers/,
    ],
    [
      { ...good, version: 3, hidden: [5, 6] },
      /hidden has 2 widths, but layers is 1; give one width for each layer/,
    ],
    [{ ...good, version: 3, residual: 1 }, /"residual": it is 1, but has to be true or false/],
    [
      { ...good, version: 3, layers: 2, hidden: [5, 6], residual: true },
      /residual connections need layers of one width, but hidden is 5, 6; give one width or leave out residual/,
    ],
    [{ ...good, version: 3, hidden: [5, 5] }, /hidden has 2 widths, but layers is 1/],
    [{ ...good, version: FORMAT_VERSION + 1 }, /newer than the 4 this recurra reads; update recurra/],
    [{ ...good, version: 2, weights: "int4" }, /"weights"/],
    [{ ...good, weights: "int8" }, /"weights" is not of format version 1, but of 2/],
    [
      { ...good, classifier: { labels: ["a", "b"], pool: "concat" }, version: 3 },
      /"classifier" is not of format version 3, but of 4/,
    ],
  ])("%j", (wrong, message) => {
    expect(() => parseModelConfig(wrong, "config.json")).toThrow(message);
  });
});

test.each([null, undefined, 3, "lstm", []])("a configuration that is %j is told", (input) => {
  expect(() => modelConfig(input as never)).toThrow("The model's configuration is");
});
