/** What code gives beside options, of every wrong type: a UserError, never a TypeError from the depths. */
import { describe, expect, test } from "vitest";
import {
  createEngine,
  evaluateInputs,
  createModel,
  load,
  LoadedModel,
  modelConfig,
  parseTokenizer,
  quantize,
  trainTokenizer,
  UserError,
} from "../../src/index.js";

const WRONG: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  5,
  true,
  {},
  [],
  [5],
  [null],
  Symbol.iterator,
  10n,
  () => {},
  new Map(),
];

const engine = await createEngine({ engine: "reference" });
const tokenizer = await trainTokenizer("char", ["ab"]);
const config = modelConfig({ vocabulary: tokenizer.size, hidden: 4 });
const loaded = new LoadedModel(createModel(engine, config, 1), tokenizer);

async function used(result: unknown): Promise<void> {
  const value: unknown = await result;
  if (typeof value === "object" && value !== null && Symbol.asyncIterator in value)
    for await (const _ of value as AsyncIterable<unknown>);
}

/** The calls, and which of the values above each takes. */
const CALLS: Readonly<Record<string, readonly [(value: never) => unknown, (value: unknown) => boolean]>> = {
  "load(folder)": [(value) => load(value), () => false],
  "quantize(folder)": [(value) => quantize(value, { out: "never.model" }), () => false],
  "evaluateInputs(model)": [(value) => evaluateInputs(value, ["nothing.txt"]), () => false],
  "evaluateInputs(inputs)": [(value) => evaluateInputs(loaded, value), () => false],
  "trainTokenizer(kind)": [(value) => trainTokenizer(value, ["ab"]), () => false],
  "trainTokenizer(text)": [(value) => trainTokenizer("char", value), () => false],
  "modelConfig(input)": [(value) => modelConfig(value), () => false],
  // What JSON cannot hold is not asked for.
  "parseTokenizer(json)": [
    (value) => parseTokenizer(value, "tokenizer.json"),
    (value) => ["bigint", "symbol", "function"].includes(typeof value),
  ],
  "score(lines)": [
    (value) => loaded.score(value),
    (value) => (Array.isArray(value) && value.length === 0) || value instanceof Map,
  ],
  "scoreLine(line)": [(value) => loaded.scoreLine(value), () => false],
  "evaluate(text)": [(value) => loaded.evaluate(value), () => false],
  "step(state)": [(value) => loaded.step(value, 0), (value) => value === undefined],
  "step(id)": [(value) => loaded.step(undefined, value), () => false],
};

describe.each(Object.entries(CALLS))("%s", (_, [call, takes]) => {
  test.each(WRONG.filter((value) => !takes(value)).map((value) => [String(value), value] as const))(
    "%s",
    async (_shown, value) => {
      let error: unknown;
      try {
        await used(call(value as never));
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(/\.$/);
    },
  );
});

describe("modelConfig", () => {
  const keys = [
    "cell",
    "nonlinearity",
    "layers",
    "hidden",
    "embedding",
    "vocabulary",
    "tie",
    "dropout",
    "weights",
  ];
  test.each(keys)("%s of a wrong type is named", (key) => {
    for (const value of [null, Number.NaN, "x", -1, 0.5, {}, [0.5], () => {}]) {
      let error: unknown;
      try {
        modelConfig({ vocabulary: 5, [key]: value } as never);
      } catch (thrown) {
        error = thrown;
      }
      expect(error, `${key}: ${String(value)}`).toBeInstanceOf(UserError);
      expect((error as UserError).message).toContain(key);
    }
  });

  test("a key that is undefined takes its default", () => {
    expect(modelConfig({ vocabulary: 5, hidden: undefined, cell: undefined } as never)).toEqual(
      modelConfig({ vocabulary: 5 }),
    );
  });
});
