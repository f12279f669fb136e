/** Updates of touched rows alone, and optimizers against PyTorch. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { parameter } from "../../src/layers/layer.js";
import { TouchedRowList } from "../../src/layers/touched-rows.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { addSquares } from "../../src/optim/clip.js";
import { Muon } from "../../src/optim/muon.js";
import { makeOptimizer } from "../../src/optim/make-optimizer.js";
import { Sgd } from "../../src/optim/sgd.js";
import type { OptimizerSettings } from "../../src/optim/optimizer.js";
import { ScheduleFree } from "../../src/optim/schedule-free.js";
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
  readonly muon: readonly (readonly number[])[];
  readonly muonWide: readonly (readonly number[])[];
  readonly scheduleFree: readonly (readonly number[])[];
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
  const optimizer = makeOptimizer(engine, [weight], settings, { Sgd });
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

describe.each(engines)("%s, as PyTorch", (_name, make, tolerance) => {
  test.each([
    ["muon", golden.shape],
    ["muonWide", [golden.shape[1], golden.shape[0]]],
  ] as const)("%s", (key, shape) => {
    const engine = make();
    const [V, E] = golden.shape;
    const transposed = key === "muonWide";
    const turned = (x: readonly number[]) =>
      transposed ? x.map((_, i) => x[(i % V) * E + Math.floor(i / V)]!) : [...x];
    const weight = parameter(engine, "rnn.weight_hh_l0", shape);
    engine.write(turned(golden.start), weight.value);
    const { weightDecay } = golden;
    const optimizer = new Muon(engine, [weight], { name: "muon", momentum: 0, weightDecay });
    for (const [step, gradient] of golden.gradients.entries()) {
      engine.write(turned(gradient), weight.grad);
      optimizer.step(golden.rate, 1);
      for (const [i, value] of golden[key][step]!.entries())
        expect(Math.abs(dataOf(weight.value)[i]! - value), `step ${step}, element ${i}`).toBeLessThan(
          tolerance,
        );
    }
  });

  test("schedule-free: x after every update, y again when it was looked at", async () => {
    const engine = make();
    const weight = parameter(engine, "w", golden.shape);
    engine.write(golden.start, weight.value);
    const { weightDecay, rate, gradients, scheduleFree } = golden;
    const optimizer = new ScheduleFree(engine, [weight], { name: "schedule-free", momentum: 0, weightDecay });
    expect(optimizer.averaged.on).toBe(false);
    for (const [step, gradient] of gradients.entries()) {
      engine.write(gradient, weight.grad);
      optimizer.step(rate * Math.min(1, step / 2), 1);
      const y = [...dataOf(weight.value)];
      await optimizer.averaged.inPlace({ weightsChanged: () => {} }, async () => {
        for (const [i, value] of scheduleFree[step]!.entries())
          expect(Math.abs(dataOf(weight.value)[i]! - value), `step ${step}, element ${i}`).toBeLessThan(
            tolerance,
          );
      });
      expect([...dataOf(weight.value)]).toEqual(y);
    }
  });
});

test("each gate's block is orthogonalised by itself; embedding, decoder and biases are AdamW's", () => {
  const engine: Engine = new ReferenceEngine("f64");
  const config = modelConfig({ vocabulary: 20, hidden: 16, embedding: 8, cell: "gru" });
  const [model, other] = [createModel(engine, config, 1), createModel(engine, config, 1)];
  const settings = { momentum: 0, weightDecay: 0.1, gates: 3 };
  const muon = makeOptimizer(engine, model.parameters, { ...settings, name: "muon" }, { Muon });
  const adamw = makeOptimizer(engine, other.parameters, { ...settings, name: "adamw" });
  const random = new Random(5);
  for (const [p, { grad }] of model.parameters.entries()) {
    const drawn = Array.from({ length: grad.length }, () => random.normal());
    for (const tensor of [grad, other.parameters[p]!.grad]) engine.write(drawn, tensor);
  }
  const before = new Map(model.parameters.map(({ name, value }) => [name, dataOf(value).slice()]));
  muon.step(0.01, 0.5);
  adamw.step(0.01, 0.5);
  for (const [p, { name, shape, value }] of model.parameters.entries()) {
    if (!name.startsWith("rnn.weight")) {
      expect([...dataOf(value)]).toEqual([...dataOf(other.parameters[p]!.value)]);
      continue;
    }
    const [rows, k] = [shape[0]! / 3, shape[1]!];
    const rate = 0.01 * 0.2 * Math.sqrt(Math.max(rows, k));
    for (let gate = 0; gate < 3; gate++) {
      const at = (i: number, j: number) => (gate * rows + i) * k + j;
      const O = (i: number, j: number) =>
        (before.get(name)![at(i, j)]! * (1 - 0.001) - dataOf(value)[at(i, j)]!) / rate;
      // The squares of the singular values, all of them between about 0.7² and 1.2², sum to the trace of O Oᵀ.
      let trace = 0;
      for (let i = 0; i < rows; i++) for (let j = 0; j < k; j++) trace += O(i, j) ** 2;
      expect(trace / Math.min(rows, k), `${name}, gate ${gate}`).toBeGreaterThan(0.45);
      expect(trace / Math.min(rows, k), `${name}, gate ${gate}`).toBeLessThan(1.45);
    }
  }
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
    const optimizer = makeOptimizer(engine, model.parameters, { weightDecay: 0.1, ...settings }, { Sgd });
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
