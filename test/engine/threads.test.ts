/** The same bits for any number of threads, on every instruction set; and the forced one is the live one. */
import { describe, expect, test } from "vitest";
import { createEngine } from "../../src/engine/create.js";
import type { Engine } from "../../src/engine/engine.js";
import { instructionSets, nativeEngine } from "../../src/engine/native-loader.js";
import { Random } from "../../src/engine/random.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { CELLS, type Cell, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { compiledEngines } from "./compiled-engines.js";
import { dataOf, idsOf, softmaxSums, squaresOf } from "./tensor-data.js";
import { trainStep } from "../model/train-step.js";

/** Three updates of a model whose sizes leave tails everywhere; all its weights. */
function trained(
  engine: Engine,
  cell: Cell,
  B: number,
  softmax: "full" | "adaptive" | "sampled" | "mixed" = "full",
  regularised = false,
): Float32Array[] {
  const config = modelConfig({
    ...(softmax === "mixed" && { mixture: { components: 3 } }),
    ...(softmax === "adaptive" && { adaptive: { cutoffs: [100, 400], divisor: 4 } }),
    vocabulary: 1003,
    cell,
    layers: 2,
    hidden: 83,
    embedding: 45,
  });
  const dropout = { dropoutEmbedding: 0.1, dropoutBetween: 0.2, dropoutOutput: 0.1 };
  const rates = regularised
    ? {
        ...dropout,
        lockedDropout: true,
        dropoutWords: 0.1,
        weightDrop: 0.3,
        dropoutState: 0.2,
        ar: 2,
        tar: 1,
      }
    : dropout;
  const model = createModel(engine, config, 7);
  const random = new Random(1);
  const counts = Array.from({ length: 1003 }, (_, v) => Math.floor(1000 / (v + 1)));
  const sampler = softmax === "sampled" ? new CandidateSampler(counts, 40) : undefined;
  const T = 11;
  const state = model.zeroState(B);
  for (let step = 1; step <= 3; step++) {
    const draw = () => new Int32Array(T * B).map(() => random.below(1003));
    trainStep(model, { T, B, inputs: draw(), targets: draw() }, state, { seed: 3, step }, sampler, rates);
    for (const { value, grad } of model.parameters) {
      const gradientScale = 1 / Math.sqrt(1 + squaresOf(engine, grad));
      engine.sgd(value, grad, undefined, {
        learningRate: 0.5,
        momentum: 0,
        weightDecay: 0.01,
        gradientScale,
      });
    }
    model.weightsChanged();
  }
  return [
    ...model.parameters.map((p) => dataOf(p.value) as Float32Array),
    ...state.layers.map((l) => dataOf(l.h) as Float32Array),
  ];
}

/** What softmax cross-entropy leaves over a vocabulary that is gone through in blocks of words. */
function largeSoftmax(engine: Engine): Float32Array[] {
  const [N, H, V] = [70, 21, 5003];
  const random = new Random(2);
  const filled = (length: number) => {
    const tensor = engine.tensor(length);
    for (let i = 0; i < length; i++) dataOf(tensor)[i] = random.normal();
    return tensor;
  };
  const inputs = {
    N,
    H,
    V,
    h: filled(N * H),
    weight: filled(V * H),
    bias: filled(V),
    targets: engine.ids(N),
  };
  for (let n = 0; n < N; n++) idsOf(inputs.targets)[n] = n % 7 === 3 ? -1 : random.below(V);
  const logProbabilities = engine.tensor(N);
  softmaxSums(engine, { ...inputs, logProbabilities });
  const [dH, dWeight, dBias] = [engine.tensor(N * H), engine.tensor(V * H), engine.tensor(V)];
  softmaxSums(engine, { ...inputs, backward: { scale: 1 / N, dH, dWeight, dBias } });
  // The same rows as the components of half as many mixtures, which add to the gradients.
  const [logs, dMixed, dPrior] = [engine.tensor(N / 2), engine.tensor(N * H), engine.tensor(N)];
  const mixed = { ...inputs, N: N / 2, logProbabilities: logs, mixture: { K: 2, prior: filled(N), dPrior } };
  softmaxSums(engine, mixed);
  softmaxSums(engine, { ...mixed, backward: { scale: 1 / N, dH: dMixed, dWeight, dBias } });
  const all = [logProbabilities, dH, dWeight, dBias, logs, dMixed, dPrior];
  return all.map((x) => dataOf(x) as Float32Array);
}

/** What each kind of update leaves of a matrix, on all its rows and on some. */
function updated(engine: Engine): Float32Array[] {
  const [V, E] = [401, 83];
  const random = new Random(4);
  const filled = () => {
    const tensor = engine.tensor(V * E);
    const values = Array.from({ length: V * E }, () => random.normal());
    engine.write(values, tensor);
    return tensor;
  };
  const [w, g, m] = [filled(), filled(), filled()];
  const v = engine.tensor(V * E);
  const count = 300;
  const rows = engine.ids(count);
  idsOf(rows).set(Array.from({ length: count }, (_, r) => V - 1 - r));
  const rates = { learningRate: 0.01, weightDecay: 0.1, gradientScale: 0.5 };
  const adam = { ...rates, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: true, step: 3 };
  const sgd = { ...rates, momentum: 0.9 };
  engine.adam(w, g, m, v, adam);
  engine.adamRows(w, g, m, v, rows, count, E, adam);
  engine.adamRows(w, g, m, v, rows, count, E, { ...adam, belief: true });
  engine.sgd(w, g, m, sgd);
  engine.sgdRows(w, g, m, rows, count, E, sgd);
  engine.scheduleFree(w, g, m, v, { ...adam, share: 0.3 });
  engine.addScaled(w, 0.3, g, 0.7);
  return [w, g, m, v].map((x) => dataOf(x) as Float32Array);
}

const bytes = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);

const native = instructionSets().filter((set) => set.runs);

describe.each(compiledEngines)("$engine, $isa", ({ make, makeReady }) => {
  test("a large softmax: 1, 2, 3 and 5 threads give the same bits", async () => {
    const one = largeSoftmax(make(1)).map(bytes);
    for (const threads of [2, 3, 5]) {
      const more = largeSoftmax(await makeReady(threads)).map(bytes);
      expect(more.every((b, i) => b.equals(one[i]!))).toBe(true);
    }
  });

  test("updates of weights and averages: 1, 2 and 5 threads give the same bits", async () => {
    const one = updated(make(1)).map(bytes);
    for (const threads of [2, 5]) {
      const more = updated(await makeReady(threads)).map(bytes);
      expect(more.every((b, i) => b.equals(one[i]!))).toBe(true);
    }
  });

  test.each(["adaptive", "sampled", "mixed"] as const)(
    "%s softmax: 1, 2 and 5 threads give the same bits",
    async (softmax) => {
      const one = trained(make(1), "lstm", 3, softmax).map(bytes);
      for (const threads of [2, 5]) {
        const more = trained(await makeReady(threads), "lstm", 3, softmax).map(bytes);
        expect(more.every((b, i) => b.equals(one[i]!))).toBe(true);
      }
    },
  );

  test.each(["lstm", "gru"] as const)(
    "%s, regularised: 1, 2 and 5 threads give the same bits",
    async (cell) => {
      const one = trained(make(1), cell, 3, "full", true).map(bytes);
      for (const threads of [2, 5]) {
        const more = trained(await makeReady(threads), cell, 3, "full", true).map(bytes);
        expect(more.every((b, i) => b.equals(one[i]!))).toBe(true);
      }
    },
  );

  test.each(CELLS)("%s: 1, 2, 3 and 5 threads give the same bits", async (cell) => {
    for (const B of [1, 3, 19]) {
      const one = trained(make(1), cell, B);
      for (const threads of [2, 3, 5]) {
        const more = trained(await makeReady(threads), cell, B);
        expect(more.map(bytes).every((b, i) => b.equals(bytes(one[i]!)))).toBe(true);
      }
    }
  });
});

describe.each(native.map((set) => set.name))("native, %s, products of bf16", (isa) => {
  test("a large softmax: threads give the same bits", () => {
    const one = largeSoftmax(nativeEngine(1, isa, "bf16")).map(bytes);
    for (const threads of [2, 3, 5]) {
      const more = largeSoftmax(nativeEngine(threads, isa, "bf16")).map(bytes);
      expect(more.every((b, i) => b.equals(one[i]!))).toBe(true);
    }
  });

  test.each(CELLS)("%s: 1, 2, 3 and 5 threads give the same bits", (cell) => {
    for (const B of [1, 3, 19]) {
      const one = trained(nativeEngine(1, isa, "bf16"), cell, B);
      for (const threads of [2, 3, 5]) {
        const more = trained(nativeEngine(threads, isa, "bf16"), cell, B);
        expect(more.map(bytes).every((b, i) => b.equals(bytes(one[i]!)))).toBe(true);
      }
    }
  });
});

test("instruction sets sum in different orders or roundings: a forced one leaves its own bits", () => {
  expect(compiledEngines.length).toBeGreaterThan(1);
  const bits = compiledEngines.map(({ make }) => JSON.stringify([...trained(make(1), "lstm", 3)[2]!]));
  expect(new Set(bits).size).toBeGreaterThan(1);
});

test.each(compiledEngines)("RECURRA_ENGINE=$engine RECURRA_ISA=$isa is obeyed", async ({ engine, isa }) => {
  process.env["RECURRA_ENGINE"] = engine;
  process.env["RECURRA_ISA"] = isa;
  try {
    expect(await createEngine()).toMatchObject({ name: engine, isa });
  } finally {
    delete process.env["RECURRA_ENGINE"];
    delete process.env["RECURRA_ISA"];
  }
});

test("an instruction set or engine that is not there is refused with the ones there are", async () => {
  await expect(createEngine({ engine: "native", isa: "sse9" })).rejects.toThrow(
    /^isa: sse9 cannot .* runs .*baseline/,
  );
  await expect(createEngine({ engine: "wasm", isa: "sse9" })).rejects.toThrow(/sse9 .* runs .*simd128/);
  await expect(createEngine({ engine: "reference", isa: "avx2" })).rejects.toThrow(
    "isa has no effect on engine: reference",
  );
  process.env["RECURRA_ISA"] = "sse9";
  try {
    await expect(createEngine({ engine: "native" })).rejects.toThrow(/^RECURRA_ISA=sse9 .*baseline/);
    await expect(createEngine({ engine: "wasm" })).rejects.toThrow(/^RECURRA_ISA=sse9 .*simd128/);
  } finally {
    delete process.env["RECURRA_ISA"];
  }
  process.env["RECURRA_ENGINE"] = "natve";
  try {
    await expect(createEngine()).rejects.toThrow(/did you mean native/);
  } finally {
    delete process.env["RECURRA_ENGINE"];
  }
});
