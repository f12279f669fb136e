/** Updates of touched rows alone, and optimizers against PyTorch. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { parameter } from "../../src/layers/layer.js";
import { TouchedRowList } from "../../src/layers/touched-rows.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { addSquares } from "../../src/optim/clip.js";
import { makeOptimizer } from "../../src/optim/make-optimizer.js";
import type { OptimizerSettings } from "../../src/optim/optimizer.js";
import { compiledEngines } from "../engine/compiled-engines.js";
import { dataOf, squaresOf } from "../engine/tensor-data.js";
import { gradientNorm, trainStep } from "../model/train-step.js";

interface Golden {
  readonly shape: readonly [number, number];
  readonly rate: number;
  readonly weightDecay: number;
  readonly touched: readonly (readonly number[])[];
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly sparseAdam: readonly (readonly number[])[];
  readonly adabelief: readonly (readonly number[])[];
}
const golden = JSON.parse(
  readFileSync(new URL("../goldens/optimizers/updates.json", import.meta.url), "utf8"),
) as Golden;

const engines: [string, () => Engine, number][] = [
  ["reference, f64", () => new ReferenceEngine("f64"), 1e-11],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine, number] => [
    `${engine}, ${isa}`,
    () => make(2),
    2e-6,
  ]),
];

/** The weights after each update of the golden's matrix, by its gradients or by the touched rows of these alone. */
function updates(engine: Engine, settings: OptimizerSettings, touchedOnly: boolean): number[][] {
  const { shape, start, gradients, touched, rate } = golden;
  const [V, E] = shape;
  const list = new TouchedRowList(engine, V, E);
  const weight = parameter(engine, "w", shape, () => (touchedOnly ? list.rows : undefined));
  engine.write(start, weight.value);
  const optimizer = makeOptimizer(engine, [weight], settings);
  return gradients.map((gradient, i) => {
    const rows = touched[i]!;
    list.clear(weight.grad);
    for (const row of touchedOnly ? rows : Array.from({ length: V }, (_, r) => r))
      for (let e = 0; e < E; e++) dataOf(weight.grad)[row * E + e] = gradient[row * E + e]!;
    list.add(Int32Array.from(rows), rows.length);
    optimizer.step(rate, 1);
    return [...dataOf(weight.value)];
  });
}

describe.each(engines)("%s, as PyTorch", (_name, make, tolerance) => {
  test.each([
    ["adam on touched rows", "sparseAdam", { name: "adam", updateRows: "touched", weightDecay: 0 }],
    ["adabelief", "adabelief", { name: "adabelief", updateRows: "all", weightDecay: golden.weightDecay }],
  ] as const)("%s", (_what, key, settings) => {
    // Without ε, which SparseAdam adds elsewhere.
    const nearest = Math.max(tolerance, key === "sparseAdam" ? 1e-8 : 0);
    const after = updates(make(), { momentum: 0, ...settings }, settings.updateRows === "touched");
    for (const [step, wanted] of golden[key].entries())
      for (const [i, value] of wanted.entries())
        expect(Math.abs(after[step]![i]! - value), `step ${step}, element ${i}`).toBeLessThan(nearest);
  });
});

describe.each([
  ["tied, sampled", { tie: true }, true],
  ["sampled", {}, true],
  ["tied, full", { tie: true }, false],
])("a model with rows that windows do not touch: %s", (_name, shape, sampled) => {
  const [V, H] = [40, 6];
  const inputs = Int32Array.of(1, 5, 5);
  const targets = Int32Array.of(5, 5, 2);
  const sampler = sampled ? new CandidateSampler(new Float64Array(V).fill(1), 4) : undefined;

  function stepped(settings: Omit<OptimizerSettings, "weightDecay">, steps: number) {
    const engine = new ReferenceEngine("f64");
    const model = createModel(engine, modelConfig({ vocabulary: V, hidden: H, ...shape }), 1);
    const before = new Map(model.parameters.map(({ name, value }) => [name, dataOf(value).slice()]));
    const optimizer = makeOptimizer(engine, model.parameters, { weightDecay: 0.1, ...settings });
    const touched = new Map<string, Set<number>>();
    for (let step = 0; step < steps; step++) {
      trainStep(model, { T: 3, B: 1, inputs, targets }, model.zeroState(1), { seed: 1, step }, sampler);
      for (const { name, touched: rows } of model.parameters) {
        const all = touched.get(name) ?? new Set();
        if (rows) for (const row of rows.values.subarray(0, rows.count)) all.add(row);
        touched.set(name, all);
      }
      optimizer.step(0.01, 1);
      model.weightsChanged();
    }
    return { model, optimizer, before, touched };
  }

  test.each(["sgd", "adam", "adamw", "adabelief"] as const)("%s leaves them alone", (name) => {
    const { model, optimizer, before, touched } = stepped({ name, momentum: 0.5, updateRows: "touched" }, 3);
    const sparse = model.parameters.filter((p) => p.touched);
    expect(sparse.map((p) => p.name)).toEqual(
      sampled ? ["embedding.weight", ...("tie" in shape ? [] : ["decoder.weight"]), "decoder.bias"] : [],
    );
    for (const {
      name: weight,
      value,
      shape: [height, width = 1],
    } of sparse) {
      const rows = touched.get(weight)!;
      expect(rows.size).toBeGreaterThan(1);
      expect(rows.size).toBeLessThan(height! - 10);
      const moments = optimizer.moments.filter((moment) => moment.name.endsWith(`.${weight}`));
      expect(moments.length).toBeGreaterThan(0);
      for (let row = 0; row < height!; row++) {
        const part = (x: ArrayLike<number>) => Array.from(x).slice(row * width, (row + 1) * width);
        const same = JSON.stringify(part(dataOf(value))) === JSON.stringify(part(before.get(weight)!));
        expect(same, `${weight}, row ${row}`).toBe(!rows.has(row));
        for (const { tensor } of moments)
          expect(part(dataOf(tensor)).some((x) => x !== 0)).toBe(rows.has(row));
      }
    }
  });

  test("the first update of a touched row is the one that all rows get", () => {
    const all = stepped({ name: "adamw", momentum: 0 }, 1);
    const some = stepped({ name: "adamw", momentum: 0, updateRows: "touched" }, 1);
    for (const [
      p,
      {
        name,
        value,
        shape: [height, width = 1],
      },
    ] of some.model.parameters.entries()) {
      const other = dataOf(all.model.parameters[p]!.value);
      const rows = some.model.parameters[p]!.touched
        ? some.touched.get(name)!
        : new Set(Array(height!).keys());
      for (const row of rows)
        for (let e = row * width; e < (row + 1) * width; e++) expect(dataOf(value)[e]).toBe(other[e]);
    }
  });

  test("the norm over touched rows is the norm over all, and gradients are cleared", () => {
    const { model } = stepped({ name: "adamw", momentum: 0 }, 2);
    const { engine, parameters } = model;
    const whole = Math.sqrt(parameters.reduce((sum, p) => sum + squaresOf(engine, p.grad), 0));
    expect(gradientNorm(engine, parameters)).toBeCloseTo(whole, 12);
    const sums = engine.sums();
    addSquares(engine, parameters, sums, "touched");
    expect(Math.sqrt(sums.readNow().squares)).toBeCloseTo(whole, 12);
    model.zeroGradients();
    for (const { grad } of parameters) expect(dataOf(grad).every((g) => g === 0)).toBe(true);
  });
});
