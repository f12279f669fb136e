/** The contract: softmax cross-entropy, and the exponentials of a draw. */
import { expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { Bench, exact, expectClose } from "./contract-bench.js";
import { dataOf, idsOf, softmaxSums } from "./tensor-data.js";

export function softmaxContract(engine: Engine): void {
  const engines = [engine, exact] as const;

  test("softmax cross-entropy: loss, log-probabilities, hits and gradients, with rows that do not count", () => {
    const bench = new Bench(engine, 7);
    for (const [N, H, V] of [
      [1, 1, 2],
      [5, 3, 7],
      [40, 17, 33],
      [13, 40, 1001],
      [9, 37, 2500],
      [300, 5, 4097],
      [1025, 1, 2048],
    ] as const) {
      const h = bench.tensor(N * H);
      const weight = bench.tensor(V * H);
      const bias = bench.tensor(V);
      const targets = bench.ids(N, V, N > 1 ? 0.3 : 0);
      const logProbabilities = bench.tensor(N);
      const [dH, dWeight, dBias] = [bench.tensor(N * H), bench.tensor(V * H), bench.tensor(V)];
      const [plain, trained] = engines.map((e, i) => {
        const side = i === 0 ? "tested" : "exact";
        const inputs = {
          N,
          H,
          V,
          h: h[side],
          weight: weight[side],
          bias: bias[side],
          targets: targets[side],
        };
        const sums = softmaxSums(e, { ...inputs, logProbabilities: logProbabilities[side] });
        const backward = { scale: 1 / N, dH: dH[side], dWeight: dWeight[side], dBias: dBias[side] };
        expect(softmaxSums(e, { ...inputs, backward })).toEqual(sums);
        return sums;
      });
      expect(plain!.count).toBe(trained!.count);
      expect(plain!.correct).toBe(trained!.correct);
      expect(Math.abs(plain!.nats - trained!.nats) / Math.max(1, trained!.nats)).toBeLessThan(1e-5);
      for (const [what, pair] of Object.entries({ logProbabilities, dH, dWeight, dBias })) {
        expectClose(pair, `${what} ${N} ${H} ${V}`);
      }
    }
  });

  test("softmax cross-entropy without a bias, with the best ln p, and a bias of the target's own", () => {
    const bench = new Bench(engine, 15);
    for (const [N, H, V] of [
      [5, 3, 7],
      [40, 17, 33],
      [9, 37, 2500],
    ] as const) {
      const [h, weight, targetBias] = [bench.tensor(N * H), bench.tensor(V * H), bench.tensor(V)];
      const targets = bench.ids(N, V, 0.3);
      const [own, best] = [bench.tensor(N), bench.tensor(N)];
      const [dH, dWeight] = [bench.tensor(N * H), bench.tensor(V * H)];
      const [tested, wide] = engines.map((e, i) => {
        const side = i === 0 ? "tested" : "exact";
        return softmaxSums(e, {
          N,
          H,
          V,
          h: h[side],
          weight: weight[side],
          targets: targets[side],
          targetBias: targetBias[side],
          logProbabilities: own[side],
          bestLogProbabilities: best[side],
          backward: { scale: 1 / N, dH: dH[side], dWeight: dWeight[side] },
        });
      });
      expect([tested!.count, tested!.correct]).toEqual([wide!.count, wide!.correct]);
      expect(Math.abs(tested!.nats - wide!.nats) / wide!.nats).toBeLessThan(1e-5);
      for (const [what, pair] of Object.entries({ own, best, dH, dWeight }))
        expectClose(pair, `${what} ${N} ${H} ${V}`);
      for (let n = 0; n < N; n++) expect(dataOf(own.tested)[n]!).toBeLessThanOrEqual(dataOf(best.tested)[n]!);
    }
  });

  test("the mean row under a softmax, and its gradients", () => {
    const bench = new Bench(engine, 17);
    for (const [N, H, V] of [
      [1, 1, 2],
      [5, 3, 7],
      [40, 17, 33],
      [13, 40, 501],
      [9, 37, 2500],
    ] as const) {
      const [h, weight, bias] = [bench.tensor(N * H), bench.tensor(V * H), bench.tensor(V)];
      const [targetBias, targets] = [bench.tensor(V), bench.ids(N, V, N > 1 ? 0.3 : 0)];
      const [e, dE, dH] = [bench.tensor(N * H), bench.tensor(N * H), bench.tensor(N * H)];
      const [dWeight, dBias] = [bench.tensor(V * H), bench.tensor(V)];
      const [tested, wide] = engines.map((engineOf, i) => {
        const side = i === 0 ? "tested" : "exact";
        const mean = { N, H, V, h: h[side], weight: weight[side], bias: bias[side], targets: targets[side] };
        const sums = engineOf.sums();
        engineOf.softmaxMean(mean, e[side], sums);
        const gradients = {
          dE: dE[side],
          scale: 0.3,
          dH: dH[side],
          dWeight: dWeight[side],
          dBias: dBias[side],
        };
        engineOf.softmaxMeanBackward({ ...mean, targetBias: targetBias[side] }, gradients);
        const loss = softmaxSums(engineOf, mean);
        const { nats } = sums.readNow();
        expect(Math.abs(nats - loss.nats) / Math.max(1, loss.nats)).toBeLessThan(1e-5);
        return nats;
      });
      expect(Math.abs(tested! - wide!) / Math.max(1, wide!)).toBeLessThan(1e-5);
      for (const [what, pair] of Object.entries({ e, dH, dWeight, dBias }))
        expectClose(pair, `${what} ${N} ${H} ${V}`);
    }
  });

  test("a window without targets has zero gradients", () => {
    for (const V of [3, 2500]) {
      const [N, H] = [2, 2];
      const [h, weight, bias] = [engine.tensor(N * H), engine.tensor(V * H), engine.tensor(V)];
      const [dH, dWeight, dBias] = [engine.tensor(N * H), engine.tensor(V * H), engine.tensor(V)];
      const targets = engine.ids(N);
      idsOf(targets).fill(-1);
      dataOf(dH).fill(7);
      const backward = { scale: 0, dH, dWeight, dBias };
      const sums = softmaxSums(engine, { N, H, V, h, weight, bias, targets, backward });
      expect(sums).toEqual({ nats: 0, count: 0, correct: 0 });
      for (const gradient of [dH, dWeight, dBias]) expect(dataOf(gradient).every((g) => g === 0)).toBe(true);
    }
  });

  test("the lower id wins a tie for the most probable token", () => {
    const engineTied = (target: number) => {
      const targets = engine.ids(1);
      idsOf(targets)[0] = target;
      const [h, weight, bias] = [engine.tensor(2), engine.tensor(40), engine.tensor(20)];
      return softmaxSums(engine, { N: 1, H: 2, V: 20, h, weight, bias, targets });
    };
    expect(engineTied(0).correct).toBe(1);
    expect(engineTied(19).correct).toBe(0);
    expect(engineTied(3).nats).toBeCloseTo(Math.log(20), 5);
  });

  test("logits far apart do not overflow", () => {
    const [h, weight, bias] = [engine.tensor(1), engine.tensor(3), engine.tensor(3)];
    dataOf(bias).set([1e4, -1e4, 0]);
    const targets = engine.ids(1);
    idsOf(targets)[0] = 1;
    const { nats } = softmaxSums(engine, { N: 1, H: 1, V: 3, h, weight, bias, targets });
    expect(nats).toBeCloseTo(2e4, 0);
  });

  test("the greatest and the sum of exponentials, and NaN in gives NaN out", () => {
    const bench = new Bench(engine, 16);
    for (const length of [1, 7, 33, 1000, 33_278]) {
      const [x, y] = [bench.tensor(length), bench.tensor(length)];
      const greatest = engine.greatest(x.tested);
      expect(greatest).toBe(Math.max(...dataOf(x.tested)));
      const [tested, wide] = engines.map((e, i) => {
        const side = i === 0 ? "tested" : "exact";
        expect(e.sumOfExponentials(x[side], greatest, 1)).toBeGreaterThanOrEqual(1);
        return e.sumOfExponentials(x[side], greatest, 1.25, y[side]);
      });
      expect(Math.abs(tested! - wide!) / wide!).toBeLessThan(1e-5);
      expectClose(y, `exponentials ${length}`);
      dataOf(x.tested)[length >> 1] = Number.NaN;
      expect(engine.sumOfExponentials(x.tested, greatest, 1)).toBeNaN();
    }
  });
}
