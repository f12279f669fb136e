/** What does not fit is refused before it reaches a kernel, which would read and write out of bounds. */
import { describe, expect, test } from "vitest";
import type { Engine, Mogrifier, PackedMatrix, Tensor } from "../../src/engine/engine.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { CandidateSampler } from "../../src/layers/candidate-sampler.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { compiledEngines } from "./compiled-engines.js";
import { idsOf, softmaxSums } from "./tensor-data.js";
import { trainStep } from "../model/train-step.js";

const engines: [string, () => Engine][] = [
  ["reference", () => new ReferenceEngine("f32")],
  ...compiledEngines.map(({ engine, isa, make }): [string, () => Engine] => [
    `${engine}, ${isa}`,
    () => make(2),
  ]),
];

const SGD = { learningRate: 1, momentum: 0.9, weightDecay: 0, gradientScale: 1 };
const RATES = { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
const ADAM = { ...RATES, decoupled: true, gradientScale: 1, step: 1 };
const dynamic = { learningRate: 1, decay: 1, epsilon: 1 };

describe.each(engines)("%s", (name, make) => {
  const engine = make();
  const ids = (...values: number[]) => {
    const tensor = engine.ids(values.length);
    idsOf(tensor).set(values);
    return tensor;
  };
  const floats = (length: number) => engine.tensor(length);
  const refuses = (operation: () => unknown) => expect(operation).toThrow(RangeError);

  test.each([10, 1e8, -2, 2 ** 31 - 1, -(2 ** 31)])("a target of %i among 10 tokens", (target) => {
    const [N, H, V] = [2, 3, 10];
    const loss = {
      N,
      H,
      V,
      h: floats(N * H),
      weight: floats(V * H),
      bias: floats(V),
      targets: ids(1, target),
    };
    refuses(() => softmaxSums(engine, loss));
    const backward = { scale: 1, dH: floats(N * H), dWeight: floats(V * H), dBias: floats(V) };
    refuses(() => softmaxSums(engine, { ...loss, backward }));
    const int8 = engine.packed(H, V, "int8");
    refuses(() => softmaxSums(engine, { ...loss, weight: int8 }));
  });

  test("a softmax whose tensors are too short, or whose sizes are none", () => {
    const [N, H, V] = [2, 3, 10];
    const fits = { N, H, V, h: floats(6), weight: floats(30), bias: floats(10), targets: ids(1, 2) };
    const backward = { scale: 1, dH: floats(6), dWeight: floats(30), dBias: floats(10) };
    expect(softmaxSums(engine, { ...fits, backward }).count).toBe(2);
    for (const wrong of [
      { N: 3 },
      { N: Number.NaN },
      { N: -1 },
      { N: 1.5 },
      { H: 4 },
      { V: 11 },
      { V: Infinity },
      { h: floats(5) },
      { weight: floats(29) },
      { weight: engine.packed(3, 9, "int8") },
      { bias: floats(9) },
      { targetBias: floats(9) },
      { targets: ids(1) },
      { logProbabilities: floats(1) },
      { bestLogProbabilities: floats(1) },
      { backward: { ...backward, dH: floats(5) } },
      { backward: { ...backward, dWeight: floats(29) } },
      { backward: { ...backward, dBias: floats(9) } },
    ])
      refuses(() => softmaxSums(engine, { ...fits, ...wrong }));
  });

  test("a mixture of softmaxes that is none, or whose tensors are too short", () => {
    const [N, K, H, V] = [2, 3, 2, 10];
    const fits = { N, H, V, h: floats(N * K * H), weight: floats(V * H), targets: ids(1, 2) };
    const mixture = { K, prior: floats(N * K), dPrior: floats(N * K) };
    const backward = { scale: 1, dH: floats(N * K * H), dWeight: floats(V * H) };
    expect(softmaxSums(engine, { ...fits, mixture, backward }).count).toBe(2);
    for (const wrong of [{ K: 1 }, { K: 0 }, { K: 2.5 }, { K: 65 }, { K: Number.NaN }, { prior: floats(5) }])
      refuses(() => softmaxSums(engine, { ...fits, mixture: { ...mixture, ...wrong } }));
    refuses(() => softmaxSums(engine, { ...fits, h: floats(11), mixture }));
    refuses(() => softmaxSums(engine, { ...fits, targets: ids(1), mixture }));
    refuses(() => softmaxSums(engine, { ...fits, mixture, bestLogProbabilities: floats(2) }));
    const { dPrior: _, ...unwritten } = mixture;
    for (const less of [unwritten, { ...mixture, dPrior: floats(5) }])
      refuses(() => softmaxSums(engine, { ...fits, mixture: less, backward }));
    refuses(() => softmaxSums(engine, { ...fits, mixture, backward: { ...backward, dH: floats(11) } }));
  });

  test("the mean row under a softmax, with tensors that are too short", () => {
    const [N, H, V] = [2, 3, 10];
    const fits = { N, H, V, h: floats(6), weight: floats(30), bias: floats(10), targets: ids(1, -1) };
    const gradients = { dE: floats(6), scale: 1, dH: floats(6), dWeight: floats(30), dBias: floats(10) };
    const [e, sums] = [floats(6), engine.sums()];
    engine.softmaxMean(fits, e, sums);
    engine.softmaxMeanBackward(fits, gradients);
    refuses(() => engine.softmaxMean(fits, floats(5), sums));
    for (const wrong of [
      { N: 3 },
      { H: 4 },
      { V: 11 },
      { V: Number.NaN },
      { h: floats(5) },
      { weight: floats(29) },
      { bias: floats(9) },
      { targetBias: floats(9) },
      { targets: ids(1) },
      { targets: ids(1, 10) },
      { targets: ids(1, -2) },
    ]) {
      refuses(() => engine.softmaxMean({ ...fits, ...wrong }, e, sums));
      refuses(() => engine.softmaxMeanBackward({ ...fits, ...wrong }, gradients));
    }
    for (const wrong of [{ dE: floats(5) }, { dH: floats(5) }, { dWeight: floats(29) }, { dBias: floats(9) }])
      refuses(() => engine.softmaxMeanBackward(fits, { ...gradients, ...wrong }));
  });

  test("rows that a matrix does not have", () => {
    const [w, y] = [floats(4 * 3), floats(2 * 3)];
    for (const id of [4, -1, 1e9]) {
      refuses(() => engine.embeddingForward(w, ids(0, id), y, 2, 3));
      refuses(() => engine.embeddingForward(engine.packed(3, 4, "int8"), ids(0, id), y, 2, 3));
      refuses(() => engine.embeddingBackward(y, ids(0, id), w, 2, 3));
      refuses(() => engine.sumOfSquaresRows(w, ids(0, id), 2, 3, engine.sums()));
      refuses(() => engine.zeroRows(w, ids(0, id), 2, 3));
      refuses(() => engine.sgdRows(w, floats(12), undefined, ids(0, id), 2, 3, SGD));
      refuses(() => engine.adamRows(w, w, w, w, ids(0, id), 2, 3, ADAM));
      const [g, w0] = [floats(12), floats(12)];
      refuses(() => engine.dynamicStepRows(w, g, w0, undefined, ids(0, id), 2, 3, dynamic));
    }
    refuses(() => engine.embeddingForward(w, ids(0), y, 2, 3));
    refuses(() => engine.write([1, 2], floats(1)));
    refuses(() => engine.writeIds(Int32Array.of(1, 2), engine.ids(1)));
    refuses(() => engine.writeIds(Int32Array.of(1), engine.ids(2), 2));
    refuses(() => engine.read(w, new Float32Array(11)));
    refuses(() => engine.zeroRows(w, ids(0), 2, 3));
    for (const short of [0, 1, 2, 3]) {
      const [a, b, c, d] = [0, 1, 2, 3].map((i) => floats(i === short ? 11 : 12));
      // A w of 11 has no fourth row.
      refuses(() => engine.adamRows(a!, b!, c!, d!, ids(0, 3), 2, 3, ADAM));
      if (short < 3) refuses(() => engine.sgdRows(a!, b!, c!, ids(0, 3), 2, 3, SGD));
    }
    refuses(() => engine.adamRows(w, w, w, w, ids(0), 2, 3, ADAM));
    refuses(() => engine.adamRows(w, w, w, w, ids(0), 1, -3, ADAM));
    refuses(() => engine.sgdRows(w, w, w, ids(0), 1.5, 3, SGD));
  });

  test("products whose operands are too short", () => {
    const p = engine.packed(3, 4);
    refuses(() => engine.matmul(floats(5), p, floats(8), 2));
    refuses(() => engine.matmul(floats(6), p, floats(7), 2));
    refuses(() => engine.matmul(floats(6), p, floats(8), 2, floats(3)));
    refuses(() => engine.matmul(floats(6), p, floats(8), -2));
    refuses(() => engine.linear(floats(6), floats(11), floats(8), 2, 3, 4));
    refuses(() => engine.linearMany(floats(6), floats(11), floats(8), 2, 3, 4));
    refuses(() => engine.linear(floats(6), floats(12), floats(8), 2, Number.NaN, 4));
    refuses(() => engine.weightGradient(floats(8), floats(6), floats(11), 2, 4, 3));
    refuses(() => engine.weightGradient(floats(8), floats(6), floats(12), 2, 4, 3, 5));
    refuses(() => engine.biasGradient(floats(8), floats(3), 2, 4));
    refuses(() => engine.pack(floats(11), p, true));
    refuses(() => engine.packed(-1, 4));
    refuses(() => engine.packed(Number.NaN, 4));
    refuses(() => engine.tensor(-1));
    refuses(() => engine.tensor(Number.NaN));
    refuses(() => engine.ids(1.5));
    refuses(() => floats(4).slice(Number.NaN, 2));
    refuses(() => floats(4).slice(3, 2));
    refuses(() => ids(1, 2).slice(1, 2));
  });

  test("recurrences whose tensors are too short, element by element operations too", () => {
    const [T, B, H] = [2, 2, 3];
    const shape = { T, B, H };
    const [y, hs, dH] = [floats(T * B * H), floats((T + 1) * B * H), floats(B * H)];
    const short = floats(1);
    const [one, four, two] = [engine.packed(H, H), engine.packed(H, 4 * H), engine.packed(H, 2 * H)];
    const [fourBack, twoBack] = [engine.packed(4 * H, H), engine.packed(2 * H, H)];
    const gates = floats(T * B * 4 * H);
    refuses(() => engine.rnnForward(shape, "tanh", one, short, hs));
    refuses(() => engine.rnnForward(shape, "tanh", one, y, y));
    refuses(() => engine.rnnForward(shape, "tanh", two, y, hs));
    refuses(() => engine.rnnForward({ T, B, H: Number.NaN }, "tanh", one, y, hs));
    refuses(() => engine.rnnBackward(shape, "tanh", one, hs, short, y, dH));
    refuses(() => engine.rnnBackward(shape, "tanh", one, hs, y, y, short));
    refuses(() => engine.lstmForward(shape, four, gates, hs, y));
    refuses(() => engine.lstmForward(shape, one, gates, hs, hs));
    refuses(() => engine.lstmBackward(shape, fourBack, gates, hs, y, dH, short));
    refuses(() => engine.lstmBackward(shape, four, gates, hs, y, dH, dH));
    const [I, N] = [2, T * B];
    const round = (width: number, w: PackedMatrix) => ({
      weights: [w],
      bias: floats(width),
      gate: floats(N * width),
      y: floats(N * width),
    });
    const [q, r] = [round(I, engine.packed(H, I)), round(H, engine.packed(I, H))];
    const fits: Mogrifier = { I, inputGate: "free", rounds: [q, r], x: floats(N * I) };
    const mogrify = (wrong: Partial<Mogrifier>, wIh = engine.packed(I, 4 * H), bias = floats(4 * H)) =>
      engine.mogrifierForward(shape, { ...fits, ...wrong }, wIh, four, bias, gates, hs, hs);
    mogrify({});
    for (const wrong of [
      { rounds: [] },
      { rounds: Array.from({ length: 17 }, (_, i) => (i % 2 === 0 ? q : r)) },
      { rounds: [r, q] },
      { rounds: [q, { ...r, bias: short }] },
      { rounds: [q, { ...r, gate: short }] },
      { rounds: [q, { ...r, y: short }] },
      { rounds: [q, { ...r, weights: [] }] },
      { rounds: [q, { ...r, weights: [engine.packed(I, 1), engine.packed(1, H)] }] },
      { rounds: [{ ...q, weights: [engine.packed(H, 1), engine.packed(1, I)] }] },
      { rounds: [{ ...q, weights: [engine.packed(H, 1), engine.packed(2, I)], low: y }] },
      { x: short },
      { I: Number.NaN },
      { I: 3 },
    ])
      refuses(() => mogrify(wrong));
    refuses(() => mogrify({}, four));
    refuses(() => mogrify({}, undefined, short));
    const wIhT = engine.packed(4 * H, I);
    const back = { ...fits, rounds: [round(I, engine.packed(I, H)), round(H, engine.packed(H, I))] };
    const mogrifyBack = (mogrifier: Mogrifier, w: PackedMatrix, dX: Tensor, dC: Tensor) =>
      engine.mogrifierBackward(shape, mogrifier, w, fourBack, gates, hs, hs, y, dX, dH, dC);
    mogrifyBack(back, wIhT, floats(N * I), dH);
    refuses(() => mogrifyBack(fits, wIhT, floats(N * I), dH));
    refuses(() => mogrifyBack(back, fourBack, floats(N * I), dH));
    refuses(() => mogrifyBack(back, wIhT, short, dH));
    refuses(() => mogrifyBack(back, wIhT, floats(N * I), short));
    refuses(() => engine.gruForward(shape, two, one, floats(8), gates, y, hs));
    refuses(() => engine.gruForward(shape, two, one, floats(9), gates, short, hs));
    refuses(() => engine.gruBackward(shape, twoBack, one, gates, y, hs, short, dH));
    refuses(() => engine.gruBackward(shape, two, one, gates, y, hs, y, dH));
    refuses(() => engine.minimalForward(shape, "minlstm", y, hs));
    refuses(() => engine.minimalBackward(shape, "mingru", gates, hs, y, short));
    refuses(() => engine.add(y, short));
    refuses(() => engine.addScaled(y, 2, short));
    refuses(() => engine.copy(y, short));
    refuses(() => engine.dropout(y, short, { p: 0.5, seed: 1, stream: 1 }));
    refuses(() => engine.dropout(y, y, { p: 1, seed: 1, stream: 1 }));
    for (const period of [0, -1, 1.5, Number.NaN])
      refuses(() => engine.dropout(y, y, { p: 0.5, seed: 1, stream: 1, period }));
    const rows = { p: 0.5, seed: 1, stream: 1 };
    refuses(() => engine.dropoutRows(y, short, engine.ids(2), 2, y.length / 2, rows));
    refuses(() => engine.dropoutRows(y, y, engine.ids(1), 2, y.length / 2, rows));
    refuses(() => engine.dropoutRows(y, y, engine.ids(2), 2, y.length / 2, { ...rows, p: 1 }));
    refuses(() => engine.dropoutRows(y, y, engine.ids(2), 2, -1, rows));
    refuses(() => engine.sumOfExponentials(y, 0, 1, short));
    refuses(() => engine.greatest(floats(0)));
    refuses(() => engine.tanhForward(y, short));
    refuses(() => engine.tanhBackward(y, short));
    refuses(() => engine.sgd(y, short, undefined, SGD));
    refuses(() => engine.sgd(y, y, short, SGD));
    refuses(() => engine.adam(y, y, short, y, ADAM));
    const free = { ...ADAM, share: 1 };
    for (const [g, z, v] of [
      [short, y, y],
      [y, short, y],
      [y, y, short],
    ] as const)
      refuses(() => engine.scheduleFree(y, g, z, v, free));
    for (const [g, w0, rms] of [
      [short, y, y],
      [y, short, y],
      [y, y, short],
    ] as const) {
      refuses(() => engine.dynamicStep(y, g, w0, rms, dynamic));
      refuses(() => engine.dynamicStepRows(y, g, w0, rms, ids(0), 1, y.length, dynamic));
    }
  });

  test("a tensor of another engine", () => {
    if (name === "reference") return;
    const foreign = new ReferenceEngine("f32").tensor(3);
    expect(() => engine.add(foreign, engine.tensor(3))).toThrow("another engine");
  });

  describe.each([
    ["full", {}],
    ["adaptive", { adaptive: { cutoffs: [4, 7], divisor: 2 } }],
    ["mixed", { mixture: { components: 2 } }],
  ])("a model with the %s softmax", (softmax, more) => {
    const V = 10;
    const model = createModel(engine, modelConfig({ vocabulary: V, hidden: 4, ...more }), 1);
    const fits = { T: 2, B: 1, inputs: Int32Array.of(0, 9), targets: Int32Array.of(9, -1) };
    const sampler = softmax === "full" ? new CandidateSampler(new Float64Array(V), 3) : undefined;
    const draw = { seed: 1, step: 0 };

    test.each([
      [{ targets: Int32Array.of(0, V) }, /target 10 in row 1 is no token: the vocabulary has 10/],
      [{ targets: Int32Array.of(1e8, 0) }, /target 100000000 in row 0/],
      [{ targets: Int32Array.of(0, -2) }, /−1 where nothing is to be predicted/],
      [{ inputs: Int32Array.of(0, V) }, /id 10 in row 1/],
      [{ inputs: Int32Array.of(-1, 0) }, /id -1 in row 0/],
      [{ inputs: Int32Array.of(1) }, /1 ids, and T · B is 2/],
      [{ targets: Int32Array.of(1, 2, 3) }, /3 targets, and T · B is 2/],
      [{ T: 1.5 }, /T is 1.5/],
      [{ T: -2, B: -1 }, /T is -2/],
      [{ B: Number.NaN }, /B is NaN/],
      [{ T: 0 }, /T is 0/],
    ])("a window with %o", (wrong, message) => {
      const window = { ...fits, ...wrong };
      for (const read of [
        () => model.evaluate(window, model.zeroState(1)),
        () => trainStep(model, window, model.zeroState(1), draw),
        () => trainStep(model, window, model.zeroState(1), draw, sampler),
      ])
        expect(read).toThrow(message);
    });

    test("no room for the log-probabilities, ids of a step, a state of other sequences", () => {
      refuses(() => model.evaluate(fits, model.zeroState(1), new Float64Array(1)));
      refuses(() => model.evaluate(fits, model.zeroState(2)));
      const other = (on: Engine, hidden: number) =>
        createModel(on, modelConfig({ vocabulary: V, hidden }), 1).zeroState(1);
      refuses(() => model.evaluate(fits, other(engine, 5)));
      refuses(() => model.logits(Int32Array.of(1), other(engine, 3)));
      refuses(() => model.logits(Int32Array.of(1), other(make(), 4)));
      refuses(() => model.logits(Int32Array.of(V), model.zeroState(1)));
      refuses(() => model.logits(Int32Array.of(-1), model.zeroState(1)));
      refuses(() => model.logits(new Int32Array(0), model.zeroState(0)));
    });
  });

  test("candidates of a sampled softmax that are none, or of another vocabulary", () => {
    const model = createModel(engine, modelConfig({ vocabulary: 10, hidden: 4 }), 1);
    const window = { T: 1, B: 1, inputs: Int32Array.of(1), targets: Int32Array.of(2) };
    refuses(() => new CandidateSampler([1, 2], "x" as unknown as number));
    refuses(() => new CandidateSampler([1, 2], 0));
    refuses(() => new CandidateSampler([1, Number.NaN], 2));
    const larger = new CandidateSampler(new Float64Array(11), 500);
    refuses(() => trainStep(model, window, model.zeroState(1), { seed: 1, step: 0 }, larger));
  });
});
