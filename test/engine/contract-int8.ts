/** The contract: products with int8 weights. */
import { expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.js";
import { Bench, INT8_TOLERANCE, type Pair, exact, expectClose, int8 } from "./contract-bench.js";
import { softmaxSums } from "./tensor-data.js";

export function int8Contract(
  engine: Engine,
  cellSizes: readonly (readonly [number, number, number])[],
): void {
  const engines = [engine, exact] as const;

  test("int8 weights: products and lookups of rows", () => {
    const bench = new Bench(engine, 12);
    for (const N of [1, 2, 3, 7, 40, 200]) {
      for (const [k, n] of [
        [1, 1],
        [2, 31],
        [3, 64],
        [17, 33],
        [100, 65],
        [301, 41],
        [650, 130],
        [512, 1100],
      ] as const) {
        if (N * k * n > 2e6) continue;
        const [x, y, bias] = [bench.tensor(N * k), bench.tensor(N * n), bench.tensor(n)];
        const rows = bench.tensor(N * k);
        const ids = bench.ids(N, n);
        for (const [i, p] of int8(bench, k, n).entries()) {
          const [e, side] = [engines[i]!, i === 0 ? ("tested" as const) : ("exact" as const)];
          e.matmul(x[side], p, y[side], N, N % 2 ? bias[side] : undefined);
          e.embeddingForward(p, ids[side], rows[side], N, k);
        }
        expectClose(y, `N=${N} k=${k} n=${n}`, INT8_TOLERANCE);
        expectClose(rows, `rows N=${N} k=${k} n=${n}`, 1e-6);
      }
    }
  });

  test("int8 weights: the cells forward", () => {
    const bench = new Bench(engine, 13);
    for (const [T, B, H] of [...cellSizes, [3, 1, 520] as const]) {
      const [w, rz, n] = [int8(bench, H, 4 * H), int8(bench, H, 2 * H), int8(bench, H, H)];
      const z = bench.tensor(T * B * H);
      const [lstmGates, gruGates] = [bench.tensor(T * B * 4 * H), bench.tensor(T * B * 3 * H)];
      const [bias, cs, q] = [bench.tensor(3 * H), bench.tensor((T + 1) * B * H), bench.tensor(T * B * H)];
      const [rnnHs, lstmHs, gruHs] = [0, 1, 2].map(() => bench.tensor((T + 1) * B * H)) as [Pair, Pair, Pair];
      for (const [i, e] of engines.entries()) {
        const side = i === 0 ? "tested" : "exact";
        e.rnnForward({ T, B, H }, "tanh", n[i]!, z[side], rnnHs[side]);
        e.lstmForward({ T, B, H }, w[i]!, lstmGates[side], lstmHs[side], cs[side]);
        e.gruForward({ T, B, H }, rz[i]!, n[i]!, bias[side], gruGates[side], q[side], gruHs[side]);
      }
      for (const [what, pair] of Object.entries({ rnnHs, lstmHs, lstmGates, cs, gruHs, gruGates, q }))
        expectClose(pair, `${what} ${T} ${B} ${H}`, INT8_TOLERANCE);
    }
  });

  test("int8 weights: softmax cross-entropy", () => {
    const bench = new Bench(engine, 14);
    for (const [N, H, V] of [
      [1, 1, 2],
      [5, 3, 7],
      [40, 17, 33],
      [13, 40, 1001],
      [11, 37, 2500],
    ] as const) {
      const [h, bias, logProbabilities] = [bench.tensor(N * H), bench.tensor(V), bench.tensor(N)];
      const targets = bench.ids(N, V, N > 1 ? 0.3 : 0);
      const [tested, wide] = int8(bench, H, V).map((weight, i) => {
        const side = i === 0 ? "tested" : "exact";
        return softmaxSums(engines[i]!, {
          N,
          H,
          V,
          h: h[side],
          weight,
          bias: bias[side],
          targets: targets[side],
          logProbabilities: logProbabilities[side],
        });
      });
      expect([tested!.count, tested!.correct]).toEqual([wide!.count, wide!.correct]);
      expect(Math.abs(tested!.nats - wide!.nats) / Math.max(1, wide!.nats)).toBeLessThan(INT8_TOLERANCE);
      expectClose(logProbabilities, `${N} ${H} ${V}`, INT8_TOLERANCE);
    }
  });
}
