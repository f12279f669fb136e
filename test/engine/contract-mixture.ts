/** The contract: mixtures of softmaxes. */
import { expect, test } from "vitest";
import type { Engine, PackedMatrix, Tensor } from "../../src/engine/engine.js";
import { Bench, INT8_TOLERANCE, exact, expectClose, int8 } from "./contract-bench.js";
import { dataOf, idsOf, softmaxSums } from "./tensor-data.js";

const SIZES = [
  [1, 2, 1, 2],
  [5, 3, 3, 7],
  [40, 2, 17, 33],
  [13, 3, 40, 301],
  [9, 17, 5, 2500],
] as const;

export function mixtureContract(engine: Engine): void {
  const engines = [engine, exact] as const;

  test("mixture of softmaxes: loss, log-probabilities, hits and gradients, with rows that do not count", () => {
    const bench = new Bench(engine, 21);
    for (const [N, K, H, V] of SIZES) {
      const h = bench.tensor(N * K * H);
      const weight = bench.tensor(V * H);
      const [bias, targetBias] = [bench.tensor(V), bench.tensor(V)];
      const prior = bench.tensor(N * K, 2);
      const targets = bench.ids(N, Math.min(V, 4), N > 1 ? 0.3 : 0);
      const logProbabilities = bench.tensor(N);
      const [dH, dWeight, dBias] = [bench.tensor(N * K * H), bench.tensor(V * H), bench.tensor(V)];
      const dPrior = bench.tensor(N * K);
      const [tested, wide] = engines.map((e, i) => {
        const side = i === 0 ? "tested" : "exact";
        const inputs = {
          N,
          H,
          V,
          h: h[side],
          weight: weight[side],
          bias: bias[side],
          targets: targets[side],
          targetBias: targetBias[side],
        };
        const mixture = { K, prior: prior[side], dPrior: dPrior[side] };
        const sums = softmaxSums(e, {
          ...inputs,
          mixture: { K, prior: prior[side] },
          logProbabilities: logProbabilities[side],
        });
        const backward = { scale: 1 / N, dH: dH[side], dWeight: dWeight[side], dBias: dBias[side] };
        expect(softmaxSums(e, { ...inputs, mixture, backward }).nats).toBe(sums.nats);
        return sums;
      });
      expect(tested!.correct).toBe(wide!.correct);
      expect(Math.abs(tested!.nats - wide!.nats) / Math.max(1, wide!.nats)).toBeLessThan(1e-5);
      for (const [what, pair] of Object.entries({ logProbabilities, dH, dWeight, dBias, dPrior }))
        expectClose(pair, `${what} ${N} ${K} ${H} ${V}`);
    }
  });

  test("a mixture of int8 weights", () => {
    const bench = new Bench(engine, 22);
    for (const [N, K, H, V] of SIZES) {
      const [h, prior] = [bench.tensor(N * K * H), bench.tensor(N * K)];
      const [targets, logProbabilities] = [bench.ids(N, V, 0.2), bench.tensor(N)];
      for (const [i, weight] of int8(bench, H, V).entries()) {
        const side = i === 0 ? "tested" : "exact";
        softmaxSums(engines[i]!, {
          N,
          H,
          V,
          h: h[side],
          weight,
          targets: targets[side],
          mixture: { K, prior: prior[side] },
          logProbabilities: logProbabilities[side],
        });
      }
      expectClose(logProbabilities, `${N} ${K} ${H} ${V}`, INT8_TOLERANCE);
    }
  });

  test("the argmax is the mixture's, not a component's, and the lower id wins a tie", () => {
    for (const V of [3, 2500]) {
      // Components that prefer the first and the last token, and agree on the second best.
      const last = V - 1;
      const weight = engine.tensor(2 * V);
      const h = engine.tensor(4);
      dataOf(weight).fill(-20);
      for (const [v, row] of [
        [0, [2, -9]],
        [1, [1.8, 1.8]],
        [last, [-9, 2]],
      ] as const)
        dataOf(weight).set(row, 2 * v);
      dataOf(h).set([1, 0, 0, 1]);
      const correct = (target: number, w: Tensor | PackedMatrix = weight) => {
        const targets = engine.ids(1);
        idsOf(targets)[0] = target;
        const mixture = { K: 2, prior: engine.tensor(2) };
        return softmaxSums(engine, { N: 1, H: 2, V, h, weight: w, targets, mixture }).correct;
      };
      expect([correct(0), correct(1), correct(last)]).toEqual([0, 1, 0]);
      const even = engine.tensor(2 * V);
      expect([correct(0, even), correct(1, even), correct(last, even)]).toEqual([1, 0, 0]);
    }
  });

  test("logits and priors far apart neither overflow nor lose the loss", () => {
    const [h, weight, bias, prior] = [2, 3, 3, 2].map((length) => engine.tensor(length)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    dataOf(bias).set([1e4, -1e4, 0]);
    dataOf(prior).set([500, -500]);
    const targets = engine.ids(1);
    idsOf(targets)[0] = 1;
    const [dH, dWeight, dPrior] = [2, 3, 2].map((length) => engine.tensor(length)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const mixture = { K: 2, prior, dPrior };
    const backward = { scale: 1, dH, dWeight };
    const sizes = { N: 1, H: 1, V: 3 };
    expect(softmaxSums(engine, { ...sizes, h, weight, bias, targets, mixture, backward }).nats).toBeCloseTo(
      2e4,
      0,
    );
    for (const d of dataOf(dPrior)) expect(Math.abs(d)).toBeLessThan(1e-6);
  });

  test("tanh and its gradient, also in place", () => {
    const bench = new Bench(engine, 24);
    for (const length of [1, 7, 33, 1000, 40_003]) {
      const [x, y, dY] = [bench.tensor(length, 2), bench.tensor(length), bench.tensor(length)];
      for (const [i, e] of engines.entries()) {
        const side = i === 0 ? "tested" : "exact";
        e.tanhForward(x[side], y[side]);
        e.tanhBackward(y[side], dY[side]);
        e.tanhForward(x[side], x[side]);
      }
      for (const [what, pair] of Object.entries({ x, y, dY })) expectClose(pair, `${what} ${length}`, 1e-6);
    }
  });
}
