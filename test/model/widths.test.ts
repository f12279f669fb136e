/** Widths of a model's places, and that nobody but widths.ts takes `hidden` of a config for a number. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import {
  hiddenSize,
  hiddenSizes,
  inputSize,
  isProjected,
  outputWidth,
  placeOfUnit,
  widthsText,
} from "../../src/model/widths.js";
import { estimateMemory } from "../../src/train/memory-estimate.js";
import { dataOf } from "../engine/tensor-data.js";

const V = 7;

describe("what a config says of widths", () => {
  test.each([
    [{ hidden: 5, layers: 2, embedding: 3 }, [5, 5], [3, 5], 5, false],
    [{ hidden: 5, layers: 2, embedding: 3, tie: true }, [5, 5], [3, 5], 3, true],
    [{ hidden: 5, layers: 1, embedding: 5, tie: true }, [5], [5], 5, false],
    [{ hidden: [6, 4], embedding: 3 }, [6, 4], [3, 6], 4, false],
    [{ hidden: [6, 4], tie: true }, [6, 4], [4, 6], 4, false],
    [{ hidden: [6, 4], embedding: 6, tie: true }, [6, 4], [6, 6], 6, true],
  ] as const)("%j", (input, sizes, inputs, output, projected) => {
    const config = modelConfig({ vocabulary: V, ...input });
    expect(hiddenSizes(config)).toEqual(sizes);
    expect(sizes.map((_, l) => hiddenSize(config, l))).toEqual(sizes);
    expect(sizes.map((_, l) => inputSize(config, l))).toEqual(inputs);
    expect([outputWidth(config), isProjected(config)]).toEqual([output, projected]);

    const engine = new ReferenceEngine("f64");
    const model = createModel(engine, config, 1);
    const state = model.zeroState(2);
    expect(state.layers.map(({ h, c }) => [h.length, c!.length])).toEqual(sizes.map((H) => [2 * H, 2 * H]));
    expect(model.parameters.some(({ name }) => name === "projection.weight")).toBe(projected);
    for (const { name, shape, value } of model.parameters) {
      if (!/^rnn|^projection/.test(name)) continue;
      const [, layer] = /_l(\d+)$/.exec(name) ?? [];
      const range = 1 / Math.sqrt(layer === undefined ? shape[1]! : sizes[Number(layer)]!);
      const drawn = Math.max(
        ...dataOf(value)
          .map(Math.abs)
          .filter((x) => x !== 1),
      );
      expect(drawn, name).toBeGreaterThan(range / 2);
      expect(drawn, name).toBeLessThanOrEqual(range);
    }
  });

  test("as a person reads it", () => {
    expect(widthsText({ hidden: 650 })).toBe("650");
    expect(widthsText({ hidden: [1150, 400] }, (n) => n.toLocaleString("en"))).toBe("1,150, 400");
  });

  test("where a unit stands", () => {
    const list = { hidden: [3, 2, 4], layers: 3 };
    const places = Array.from({ length: 9 }, (_, unit) => placeOfUnit(list, unit));
    expect(places.map(({ layer }) => layer).join("")).toBe("000112222");
    expect(places.map(({ unit }) => unit).join("")).toBe("012010123");
    expect(placeOfUnit({ hidden: 3, layers: 2 }, 5)).toEqual({ layer: 1, unit: 2 });
  });
});

test("a state of other widths is another model's", () => {
  const engine = new ReferenceEngine("f64");
  const of = (hidden: readonly number[]) => createModel(engine, modelConfig({ vocabulary: V, hidden }), 1);
  const window = { T: 1, B: 1, inputs: Int32Array.of(1), targets: Int32Array.of(2) };
  const model = of([5, 6]);
  expect(model.evaluate(window, model.zeroState(1)).count).toBe(1);
  expect(() => model.evaluate(window, of([5, 7]).zeroState(1))).toThrow("the state is of another model");
  expect(() => model.evaluate(window, of([5, 5]).zeroState(1))).toThrow("the state is of another model");
});

test("more and wider layers are expected to take more memory", () => {
  const run = { batchSize: 4, seqLen: 8, optimizer: "adam", momentum: 0 } as const;
  const of = (hidden: number | readonly number[], layers?: number) =>
    estimateMemory(
      modelConfig({ vocabulary: V, hidden, embedding: 5, ...(layers !== undefined && { layers }) }),
      run,
    );
  const sizes = [of([400, 300]), of(400, 2), of([400, 300, 400]), of(400, 3)];
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(new Set(sizes).size).toBe(4);
});

test("no other file reads the widths of a config as a number", () => {
  const ROOT = fileURLToPath(new URL("../..", import.meta.url));
  // They check, choose, or compare what was asked for, in the form in which it is asked for.
  const own =
    /^src\/model\/(?:widths|config)\.ts$|^src\/train\/(?:settings|resume-settings)\.ts$|^src\/options\//;
  const reading =
    /config\w*[!?]?\.hidden\b|\bhidden\b[^{}]*\}[^=;\n]*(?:=|:)\s*(?:[\w.!]*[cC]onfig|ModelConfig)\b/;
  const found = ["src", "web/src", "web/page", "examples"]
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !own.test(path) && reading.test(readFileSync(join(ROOT, path), "utf8")));
  expect(found).toEqual([]);
  for (const line of [
    "const { layers, hidden } = model.config;",
    "of ${config.hidden}",
    "({ hidden }: ModelConfig)",
  ])
    expect(line).toMatch(reading);
});
