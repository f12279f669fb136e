/** The cell table: true of the layers, and the only place that tells cells apart; CONTRIBUTING names the files there are. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { layerMaker } from "../../src/layers/cell-layers.js";
import { CELL_TABLE, CELLS, cellLabel, cellName, hasOption } from "../../src/cells.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { weightShapes } from "../../src/model/weight-shapes.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const contributing = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");

/** The files of each table of "Add a cell". */
const tables = contributing
  .split("## Add a cell")[1]!
  .split("## Rules")[0]!
  .split("| file | what |")
  .slice(1)
  .map((table) =>
    table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) => [...line.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, path]) => path!)),
  );

describe.each(CELLS)("%s", (cell) => {
  const { gates, state, readsState, initialBias } = CELL_TABLE[cell];
  const engine: Engine = new ReferenceEngine("f32");
  const [input, hidden] = [3, 5];

  test("the layer has the weights that the table speaks of", async () => {
    const make = await layerMaker(cell);
    const layer = make(engine, {
      index: 0,
      input,
      hidden,
      nonlinearity: "tanh",
      mogrify: { rounds: 2, rank: 0 },
      kind: "float",
    });
    // Those of a Mogrifier's rounds are compared with their list below.
    const own = layer.weights.filter(({ name }) => /_(ih|hh)_l0$/.test(name));
    const shapes = Object.fromEntries(own.map(({ name, shape }) => [name, shape]));
    expect(shapes).toEqual({
      "rnn.weight_ih_l0": [gates * hidden, input],
      "rnn.bias_ih_l0": [gates * hidden],
      ...(readsState && {
        "rnn.weight_hh_l0": [gates * hidden, hidden],
        "rnn.bias_hh_l0": [gates * hidden],
      }),
    });
  });

  test("a model's state holds those parts, and its biases start as the table says", () => {
    const config = modelConfig({ cell, vocabulary: 4, hidden, layers: 2 });
    const model = createModel(engine, config, 1);
    expect(Object.keys(model.zeroState(2).layers[0]!)).toEqual(state);
    const bias = (name: string): readonly number[] => {
      const found = model.parameters.find((p) => p.name === name);
      return found ? [...engine.read(found.value)] : new Array<number>(gates * hidden).fill(0);
    };
    const sums = bias("rnn.bias_ih_l1").map((b, i) => b + (readsState ? bias("rnn.bias_hh_l1")[i]! : 0));
    for (let gate = 0; gate < gates; gate++) {
      const own = sums.slice(gate * hidden, (gate + 1) * hidden);
      if (gate in initialBias) expect(new Set(own)).toEqual(new Set([initialBias[gate]]));
      else expect(new Set(own).size).toBe(hidden);
    }
  });

  test("a model's weights are those that are known from its config", () => {
    for (const more of hasOption(cell, "mogrify") ? [{}, { mogrify: { rounds: 3, rank: 2 } }] : [{}]) {
      const config = modelConfig({ cell, vocabulary: 4, hidden, embedding: input, layers: 2, ...more });
      const weights = createModel(engine, config, 1).parameters.map(({ name, shape }) => ({ name, shape }));
      expect(weights).toEqual([...weightShapes(config)]);
    }
  });

  test("its label says what not every cell has", () => {
    const label = cellLabel({
      cell,
      nonlinearity: "relu",
      inputGate: "capped",
      mogrify: { rounds: 6, rank: 48 },
    });
    const words = [
      ...(hasOption(cell, "nonlinearity") ? ["relu"] : []),
      ...(hasOption(cell, "mogrify") ? ["6 rounds of rank 48"] : []),
      ...(hasOption(cell, "inputGate") ? ["capped input gate"] : []),
    ];
    expect(label).toBe(CELL_TABLE[cell].label + (words.length > 0 ? ` (${words.join(", ")})` : ""));
  });
});

test("a plain LSTM's label is its name alone; rounds are counted in words", () => {
  expect(cellLabel({ cell: "lstm", nonlinearity: "tanh" })).toBe("LSTM");
  const mogrify = { rounds: 1, rank: 0 };
  expect(cellName({ cell: "mogrifier", nonlinearity: "tanh", mogrify })).toBe("mogrifier (1 round)");
});

test("the rounds of a Mogrifier LSTM begin with gates near 1", () => {
  const engine: Engine = new ReferenceEngine("f32");
  const config = modelConfig({
    cell: "mogrifier",
    vocabulary: 4,
    hidden: 64,
    mogrify: { rounds: 2, rank: 3 },
  });
  const largest = (part: string) => {
    const { value } = createModel(engine, config, 1).parameters.find(
      ({ name }) => name === `rnn.${part}_l0`,
    )!;
    return Math.max(...engine.read(value));
  };
  expect(largest("bias_q1")).toBe(0);
  expect(largest("bias_r2")).toBe(0);
  // Uniform in ±1/√(width of what is read): 64, or the rank.
  expect(largest("weight_q1_right")).toBeGreaterThan(0.9 / 8);
  expect(largest("weight_q1_right")).toBeLessThan(1 / 8);
  expect(largest("weight_q1_left")).toBeGreaterThan(0.9 / Math.sqrt(3));
});

test("CONTRIBUTING's tables name files that are there, five at most beside kernel and tests", () => {
  expect(tables).toHaveLength(3);
  expect(tables[0]!.length).toBeLessThanOrEqual(5);
  for (const path of tables.flat()) {
    const files = path.includes("<cell>") ? [path.replace("<cell>", "gru")] : [path];
    for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true);
  }
});

test("no other file tells one cell from another", () => {
  const named = new Set(tables.flat());
  const isLayer = (path: string) =>
    named.has("src/layers/<cell>.ts") && CELLS.some((cell) => path === `src/layers/${fileName(cell)}.ts`);
  // The benchmarks choose cells to measure, recipes and the space of a study those to train; the engine's own words for them are the kernel's business.
  const others =
    /^src\/options\/recipes\.ts$|^src\/tune\/default-space\.ts$|^bench\/(?:workloads|parallel-cells|growth\S*)\.ts$|^src\/engine\//;
  const known = new RegExp(`["'](?:${CELLS.join("|")})["']|\\b(?:${CELLS.join("|")})\\??:`);
  const telling = ["src", "web/src", "bench", "scripts"]
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !named.has(path) && !isLayer(path) && !others.test(path))
    .filter((path) => known.test(withoutComments(readFileSync(join(ROOT, path), "utf8"))));
  expect(telling).toEqual([]);
});

/** lstm.ts, min-gru.ts */
function fileName(cell: string): string {
  return cell.replace(/^min/, "min-");
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
}
