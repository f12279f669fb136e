/**
 * The contract: what every engine must compute, checked against the reference in float64 over odd sizes and tails.
 * `engineContract` is run by each engine, each instruction set and each number of threads.
 */
import { describe, expect, test } from "vitest";
import type { Engine, MinimalCell, Nonlinearity, Tensor } from "../../src/engine/engine.js";
import { Bench, type Pair, exact, expectClose } from "./contract-bench.js";
import { int8Contract } from "./contract-int8.js";
import { mixtureContract } from "./contract-mixture.js";
import { mogrifierContract } from "./contract-mogrifier.js";
import { softmaxContract } from "./contract-softmax.js";
import { dataOf, idsOf, squaresOf } from "./tensor-data.js";

const ROWS = [1, 2, 3, 5, 7, 13, 40];
const WIDTHS = [1, 3, 8, 17, 33, 64, 100];

const ADAM_RATES = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, weightDecay: 0.1, gradientScale: 0.5 };

export function engineContract(name: string, make: () => Engine): void {
  describe(name, () => {
    const engine = make();
    const engines = [engine, exact] as const;

    test("matmul with packed weights, with and without bias, both orientations", () => {
      const bench = new Bench(engine, 1);
      for (const N of ROWS) {
        for (const [k, n] of [
          ...WIDTHS.map((w, i) => [w, WIDTHS[WIDTHS.length - 1 - i]!]),
          [300, 41],
          [600, 130],
        ]) {
          const x = bench.tensor(N * k!);
          const w = bench.tensor(k! * n!, 1 / Math.sqrt(k!));
          const bias = bench.tensor(n!);
          for (const transposed of [false, true]) {
            const y = bench.tensor(N * n!);
            for (const [i, e] of engines.entries()) {
              const side = i === 0 ? "tested" : "exact";
              const p = e.packed(k!, n!);
              e.pack(w[side], p, transposed);
              e.matmul(x[side], p, y[side], N, transposed ? bias[side] : undefined);
            }
            expectClose(y, `N=${N} k=${k} n=${n} transposed=${transposed}`);
          }
        }
      }
    });

    test("linear, weight gradient and bias gradient", () => {
      const bench = new Bench(engine, 2);
      for (const N of [1, 5, 37, 300]) {
        for (const [k, n] of [
          [1, 1],
          [7, 33],
          [64, 5],
          [19, 130],
          [270, 600],
        ] as const) {
          const x = bench.tensor(N * k);
          const w = bench.tensor(n * k, 1 / Math.sqrt(k));
          const bias = bench.tensor(n);
          const y = bench.tensor(N * n);
          const many = bench.tensor(N * n);
          const stride = n + 3;
          const dY = bench.tensor(N * stride, 1 / Math.sqrt(N));
          const dW = bench.tensor(n * k);
          const db = bench.tensor(n);
          for (const [i, e] of engines.entries()) {
            const side = i === 0 ? "tested" : "exact";
            e.linear(x[side], w[side], y[side], N, k, n, bias[side]);
            e.linearMany(x[side], w[side], many[side], N, k, n, bias[side]);
            e.weightGradient(dY[side], x[side], dW[side], N, n, k, stride);
            e.biasGradient(dY[side], db[side], N, n, stride);
          }
          for (const [pair, what] of [
            [y, "linear"],
            [many, "linear, many rows"],
            [dW, "weight gradient"],
            [db, "bias gradient"],
          ] as const) {
            expectClose(pair, `${what} N=${N} k=${k} n=${n}`);
          }
        }
      }
    });

    test("embedding forward and backward", () => {
      const bench = new Bench(engine, 3);
      for (const [N, V, E] of [
        [1, 2, 1],
        [9, 5, 7],
        [50, 11, 33],
      ] as const) {
        const w = bench.tensor(V * E);
        const ids = bench.ids(N, V);
        const y = bench.tensor(N * E);
        const dW = bench.tensor(V * E);
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.embeddingForward(w[side], ids[side], y[side], N, E);
          e.embeddingBackward(y[side], ids[side], dW[side], N, E);
        }
        expectClose(y, "embedding");
        expectClose(dW, "embedding gradient");
      }
    });

    const cellSizes = [
      [1, 1, 1],
      [3, 1, 5],
      [2, 2, 8],
      [4, 3, 17],
      [3, 7, 33],
      [5, 13, 40],
      [2, 4, 100],
    ] as const;

    test.each(["tanh", "relu"] satisfies Nonlinearity[])("Elman RNN, %s", (phi) => {
      const bench = new Bench(engine, 4);
      for (const [T, B, H] of cellSizes) {
        const w = bench.tensor(H * H, 1 / Math.sqrt(H));
        const z = bench.tensor(T * B * H);
        const hs = bench.tensor((T + 1) * B * H);
        const dY = bench.tensor(T * B * H);
        const dZ = bench.tensor(T * B * H);
        const dH = bench.tensor(B * H);
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const [forward, backward] = [e.packed(H, H), e.packed(H, H)];
          e.pack(w[side], forward, true);
          e.pack(w[side], backward, false);
          e.rnnForward({ T, B, H }, phi, forward, z[side], hs[side]);
          // relu has a kink: give both sides the same h, so that the same units are live.
          if (side === "exact") dataOf(hs.exact).set(dataOf(hs.tested));
          e.rnnBackward({ T, B, H }, phi, backward, hs[side], dY[side], dZ[side], dH[side]);
        }
        for (const [what, pair] of Object.entries({ hs, dZ, dH }))
          expectClose(pair, `${what} ${T} ${B} ${H}`);
      }
    });

    test("LSTM", () => {
      const bench = new Bench(engine, 5);
      for (const [T, B, H] of cellSizes) {
        const w = bench.tensor(4 * H * H, 1 / Math.sqrt(H));
        const gates = bench.tensor(T * B * 4 * H);
        const hs = bench.tensor((T + 1) * B * H);
        const cs = bench.tensor((T + 1) * B * H);
        const dY = bench.tensor(T * B * H);
        const [dH, dC] = [bench.tensor(B * H), bench.tensor(B * H)];
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const [forward, backward] = [e.packed(H, 4 * H), e.packed(4 * H, H)];
          e.pack(w[side], forward, true);
          e.pack(w[side], backward, false);
          e.lstmForward({ T, B, H }, forward, gates[side], hs[side], cs[side]);
        }
        for (const [what, pair] of Object.entries({ gates, hs, cs }))
          expectClose(pair, `${what} ${T} ${B} ${H}`);
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const backward = e.packed(4 * H, H);
          e.pack(w[side], backward, false);
          e.lstmBackward({ T, B, H }, backward, gates[side], cs[side], dY[side], dH[side], dC[side]);
        }
        for (const [what, pair] of Object.entries({ gates, dH, dC }))
          expectClose(pair, `d${what} ${T} ${B} ${H}`);
      }
    });

    test("GRU", () => {
      const bench = new Bench(engine, 6);
      for (const [T, B, H] of cellSizes) {
        const w = bench.tensor(3 * H * H, 1 / Math.sqrt(H));
        const bias = bench.tensor(3 * H);
        const gates = bench.tensor(T * B * 3 * H);
        const q = bench.tensor(T * B * H);
        const hs = bench.tensor((T + 1) * B * H);
        const dY = bench.tensor(T * B * H);
        const dH = bench.tensor(B * H);
        const pack = (e: Engine, side: "tested" | "exact", transposed: boolean) =>
          [2, 1].map((block, i) => {
            const p = transposed ? e.packed(H, block * H) : e.packed(block * H, H);
            e.pack(w[side].slice(i * 2 * H * H, block * H * H), p, transposed);
            return p;
          });
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const [rz, n] = pack(e, side, true);
          e.gruForward({ T, B, H }, rz!, n!, bias[side], gates[side], q[side], hs[side]);
        }
        for (const [what, pair] of Object.entries({ gates, q, hs }))
          expectClose(pair, `${what} ${T} ${B} ${H}`);
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const [rz, n] = pack(e, side, false);
          e.gruBackward({ T, B, H }, rz!, n!, gates[side], q[side], hs[side], dY[side], dH[side]);
        }
        for (const [what, pair] of Object.entries({ gates, q, dH }))
          expectClose(pair, `d${what} ${T} ${B} ${H}`);
      }
    });

    describe.each(["minlstm", "mingru"] satisfies MinimalCell[])("%s", (cell) => {
      const G = cell === "minlstm" ? 3 : 2;

      test("forward and backward", () => {
        const bench = new Bench(engine, 11);
        // Windows long enough, and states narrow and wide enough, that threads share them in every way.
        for (const [T, B, H] of [...cellSizes, [400, 1, 5], [60, 1, 50], [70, 3, 16], [30, 5, 31]] as const) {
          const gates = bench.tensor(T * B * G * H, 2);
          const hs = bench.tensor((T + 1) * B * H);
          const dY = bench.tensor(T * B * H);
          const dH = bench.tensor(B * H);
          for (const [i, e] of engines.entries()) {
            const side = i === 0 ? "tested" : "exact";
            e.minimalForward({ T, B, H }, cell, gates[side], hs[side]);
          }
          for (const [what, pair] of Object.entries({ gates, hs }))
            expectClose(pair, `${what} ${T} ${B} ${H}`);
          for (const [i, e] of engines.entries()) {
            const side = i === 0 ? "tested" : "exact";
            e.minimalBackward({ T, B, H }, cell, gates[side], hs[side], dY[side], dH[side]);
          }
          for (const [what, pair] of Object.entries({ gates, dH }))
            expectClose(pair, `d${what} ${T} ${B} ${H}`);
        }
      });

      test("a whole window at once = step by step, and no step sees a later one", () => {
        const bench = new Bench(engine, 12);
        for (const [T, B, H] of [
          [300, 1, 9],
          [40, 3, 33],
          [17, 2, 100],
        ] as const) {
          const gates = bench.tensor(T * B * G * H, 2).tested;
          const whole = bench.tensor((T + 1) * B * H).tested;
          const stepped = engine.tensor(whole.length);
          engine.copy(whole, stepped);
          engine.minimalForward({ T, B, H }, cell, gates, whole);
          const [row, wide] = [B * H, B * G * H];
          for (let t = 0; t < T; t++) {
            const hs = stepped.slice(t * row, 2 * row);
            engine.minimalForward({ T: 1, B, H }, cell, gates.slice(t * wide, wide), hs);
          }
          expect(dataOf(stepped)).toEqual(dataOf(whole));
          const changed = T >> 1;
          for (let i = changed * wide; i < (changed + 1) * wide; i++) dataOf(gates)[i]! += 0.5;
          engine.minimalForward({ T, B, H }, cell, gates, stepped);
          const before = (changed + 1) * row;
          expect(dataOf(stepped).slice(0, before)).toEqual(dataOf(whole).slice(0, before));
          for (let i = before; i < before + row; i++) expect(dataOf(stepped)[i]).not.toBe(dataOf(whole)[i]);
        }
      });

      test("gates far out stay within what they mix, and NaN stays NaN", () => {
        const far = [-1e30, -1000, -90, -1, 0, 1, 90, 1000, 1e30];
        const rows = far.flatMap((a) => far.map((b) => [a, b]));
        const H = rows.length;
        const [gates, hs] = [engine.tensor(G * H), engine.tensor(2 * H)];
        rows.forEach(([a, b], j) => {
          dataOf(gates)[j] = a!;
          if (G === 3) dataOf(gates)[H + j] = b!;
          dataOf(gates)[(G - 1) * H + j] = 0.25;
          dataOf(hs)[j] = -2;
        });
        engine.minimalForward({ T: 1, B: 1, H }, cell, gates, hs);
        for (const h of dataOf(hs).slice(H)) {
          expect(h).toBeGreaterThan(-2.0001);
          expect(h).toBeLessThan(0.7501);
        }
        const [dY, dH] = [engine.tensor(H), engine.tensor(H)];
        engine.fill(dY, 1);
        engine.minimalBackward({ T: 1, B: 1, H }, cell, gates, hs, dY, dH);
        for (const d of [...dataOf(gates), ...dataOf(dH)]) expect(Math.abs(d)).toBeLessThan(4);
        for (let g = 0; g < G; g++) {
          engine.fill(gates, 0);
          dataOf(gates)[g * H] = Number.NaN;
          engine.minimalForward({ T: 1, B: 1, H }, cell, gates, hs);
          expect(dataOf(hs)[H]).toBeNaN();
        }
      });
    });

    mogrifierContract(engine);

    softmaxContract(engine);
    mixtureContract(engine);

    test("a mask that repeats is the same in every period, wherever a thread begins", () => {
      const bench = new Bench(engine, 9);
      for (const [length, period] of [
        [7, 3],
        [20_011, 1],
        [20_011, 830],
        [20_011, 30_000],
      ] as const) {
        const [x, y] = [bench.tensor(length), bench.tensor(length)];
        const settings = { p: 0.4, seed: 3, stream: 8, period };
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.dropout(x[side], y[side], settings);
        }
        expectClose(y, `dropout ${length}, ${period}`, 1e-6);
        const kept = (i: number) => dataOf(y.tested)[i] !== 0;
        for (let i = period; i < length; i++) if (kept(i) !== kept(i - period)) expect.fail(`element ${i}`);
      }
    });

    test("rows are dropped whole, equal ids together, in place too", () => {
      const bench = new Bench(engine, 10);
      for (const [N, E] of [
        [1, 1],
        [5, 9],
        [700, 33],
      ] as const) {
        const [x, y] = [bench.tensor(N * E), bench.tensor(N * E)];
        const settings = { p: 0.4, seed: 3, stream: 8 };
        const values = Int32Array.from({ length: N }, (_, n) => (n * n) % 61);
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const ids = e.ids(N);
          e.writeIds(values, ids);
          e.dropoutRows(x[side], y[side], ids, N, E, settings);
          e.dropoutRows(x[side], x[side], ids, N, E, settings);
        }
        expectClose(y, `${N} rows`, 1e-6);
        expect([...dataOf(x.tested)]).toEqual([...dataOf(y.tested)]);
        const dropped = new Set<number>();
        for (let n = 0; n < N; n++)
          if (
            dataOf(y.tested)
              .subarray(n * E, n * E + E)
              .every((v) => v === 0)
          )
            dropped.add(values[n]!);
        if (N > 100) expect(dropped.size).toBeGreaterThan(3);
        for (let n = 0; n < N; n++) expect(dataOf(y.tested)[n * E] === 0).toBe(dropped.has(values[n]!));
      }
    });

    test("dropout draws the reference's mask, keeps the mean and may work in place", () => {
      const bench = new Bench(engine, 8);
      for (const length of [1, 7, 1000, 20_011]) {
        const x = bench.tensor(length);
        for (const stream of [0, 1, 2 ** 33 + 5]) {
          const y = bench.tensor(length);
          for (const [i, e] of engines.entries()) {
            const side = i === 0 ? "tested" : "exact";
            e.dropout(x[side], y[side], { p: 0.3, seed: 42, stream });
          }
          expectClose(y, `dropout ${length}`, 1e-6);
          if (length > 10_000) {
            const zeros = dataOf(y.tested).filter((v) => v === 0).length;
            expect(zeros / length).toBeGreaterThan(0.28);
            expect(zeros / length).toBeLessThan(0.32);
          }
        }
        const inPlace = engine.tensor(length);
        engine.copy(x.tested, inPlace);
        engine.dropout(inPlace, inPlace, { p: 0.3, seed: 42, stream: 2 ** 33 + 5 });
        const again = engine.tensor(length);
        engine.dropout(x.tested, again, { p: 0.3, seed: 42, stream: 2 ** 33 + 5 });
        expect([...dataOf(inPlace)]).toEqual([...dataOf(again)]);
      }
    });

    test("copies slices, of slices too, of one tensor and of two, where they overlap too", () => {
      const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
      const [x, y] = [engine.tensor(12), engine.tensor(12)];
      const copied = (from: Tensor, to: Tensor): void => {
        engine.write(numbers, x);
        engine.fill(y, 0);
        engine.copy(from, to);
      };
      copied(x.slice(2, 8).slice(1, 3), y.slice(4, 8).slice(2, 3));
      expect([...engine.read(y)]).toEqual([0, 0, 0, 0, 0, 0, 4, 5, 6, 0, 0, 0]);
      copied(x.slice(0, 3), x.slice(6, 3));
      expect([...engine.read(x)]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 10, 11, 12]);
      copied(x.slice(0, 6), x.slice(2, 6));
      expect([...engine.read(x)]).toEqual([1, 2, 1, 2, 3, 4, 5, 6, 9, 10, 11, 12]);
      copied(x.slice(4, 6), x.slice(2, 6));
      expect([...engine.read(x)]).toEqual([1, 2, 5, 6, 7, 8, 9, 10, 9, 10, 11, 12]);
    });

    test("what is written is read; copying fills the beginning", () => {
      const x = engine.tensor(5);
      engine.write([1, 2, 3, 4, 5], x);
      engine.write(Float64Array.of(7, 8), x.slice(1, 2));
      expect([...engine.read(x)]).toEqual([1, 7, 8, 4, 5]);
      const into = new Float64Array(7).fill(9);
      expect(engine.read(x.slice(2, 3), into)).toBe(into);
      expect([...into]).toEqual([8, 4, 5, 9, 9, 9, 9]);
      const y = engine.tensor(6);
      engine.fill(y, 2);
      engine.copy(x, y);
      expect([...engine.read(y)]).toEqual([1, 7, 8, 4, 5, 2]);
      const [ids, rows] = [engine.ids(3), engine.tensor(3)];
      engine.writeIds(Int32Array.of(4, 0, 2, 1), ids, 3);
      engine.writeIds(Int32Array.of(3), ids.slice(1, 1));
      engine.embeddingForward(x, ids, rows, 3, 1);
      expect([...engine.read(rows)]).toEqual([5, 4, 8]);
    });

    test("fill, add, copy, sums of squares and rows", () => {
      const bench = new Bench(engine, 9);
      for (const length of [1, 15, 4096, 40_001]) {
        const [x, y] = [bench.tensor(length), bench.tensor(length)];
        for (const [i, e] of engines.entries())
          e.add(x[i === 0 ? "tested" : "exact"], y[i === 0 ? "tested" : "exact"]);
        expectClose(y, "add", 1e-6);
        const [a, b] = [squaresOf(engine, y.tested), squaresOf(exact, y.exact)];
        expect(Math.abs(a - b) / b).toBeLessThan(1e-5);
      }
      const x = bench.tensor(10 * 7);
      const rows = engine.ids(3);
      idsOf(rows).set([8, 0, 5]);
      const sums = engine.sums();
      engine.sumOfSquaresRows(x.tested, rows, 2, 7, sums);
      engine.sumOfSquaresRows(x.tested, rows, 1, 7, sums);
      const [eight, zero] = [squaresOf(exact, x.exact.slice(56, 7)), squaresOf(exact, x.exact.slice(0, 7))];
      expect(sums.readNow().squares).toBeCloseTo(2 * eight + zero, 3);
      sums.clear();
      expect(sums.read()).toEqual({ nats: 0, correct: 0, squares: 0 });
      engine.zeroRows(x.tested, rows, 2, 7);
      expect(
        dataOf(x.tested)
          .slice(56, 63)
          .every((v) => v === 0),
      ).toBe(true);
      expect(
        dataOf(x.tested)
          .slice(0, 7)
          .every((v) => v === 0),
      ).toBe(true);
      expect(
        dataOf(x.tested)
          .slice(35, 42)
          .some((v) => v !== 0),
      ).toBe(true);
      engine.fill(x.tested, 3);
      expect(dataOf(x.tested).every((v) => v === 3)).toBe(true);
    });

    test("a scaled sum, with and without what was there", () => {
      const bench = new Bench(engine, 14);
      for (const length of [1, 15, 33, 20_003]) {
        const [x, y, longer] = [bench.tensor(length), bench.tensor(length), bench.tensor(length + 3)];
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.addScaled(x[side], 0.25, y[side]);
          e.addScaled(x[side], -1.5, y[side], 0.875);
          e.addScaled(x[side], 2, longer[side], -1);
        }
        expectClose(y, "y", 1e-6);
        expectClose(longer, "a longer y, whose end stays", 1e-6);
        engine.fill(y.tested, Number.NaN);
        engine.addScaled(x.tested, 3, y.tested, 0);
        exact.addScaled(x.exact, 3, y.exact, 0);
        expectClose(y, "nothing is kept", 1e-6);
        // x and y may be one tensor.
        engine.fill(y.tested, 0.5);
        engine.addScaled(y.tested, 2, y.tested, 4);
        expect(dataOf(y.tested).every((value) => value === 3)).toBe(true);
      }
    });

    test("SGD, with momentum and decay", () => {
      const bench = new Bench(engine, 10);
      for (const length of [1, 33, 20_003]) {
        const [w, g, v] = [bench.tensor(length), bench.tensor(length), bench.tensor(length)];
        const plain = { learningRate: 0.5, momentum: 0, weightDecay: 0, gradientScale: 0.25 };
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.sgd(w[side], g[side], undefined, plain);
          e.sgd(w[side], g[side], v[side], { ...plain, momentum: 0.9, weightDecay: 0.01 });
        }
        expectClose(w, "w", 1e-6);
        expectClose(v, "v", 1e-6);
      }
    });

    test.each([
      ["Adam", { decoupled: false, epsilon: 1e-8 }],
      ["AdamW", { decoupled: true, epsilon: 1e-8 }],
      ["AdaBelief", { decoupled: true, epsilon: 1e-16, belief: true }],
    ])("%s", (_name, kind) => {
      const bench = new Bench(engine, 11);
      const length = 20_003;
      const [w, g, m, v] = [0, 1, 2, 3].map(() => bench.tensor(length)) as [Pair, Pair, Pair, Pair];
      for (const pair of [m, v]) {
        dataOf(pair.tested).fill(0);
        dataOf(pair.exact).fill(0);
      }
      for (let step = 1; step <= 3; step++) {
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.adam(w[side], g[side], m[side], v[side], { ...ADAM_RATES, ...kind, step });
        }
      }
      expectClose(w, "w", 1e-5);
      expectClose(m, "m", 1e-5);
      expectClose(v, "v", 1e-5);
    });

    test("schedule-free AdamW", () => {
      const bench = new Bench(engine, 12);
      for (const length of [1, 33, 20_003]) {
        const [y, g, z, v] = [0, 1, 2, 3].map(() => bench.tensor(length)) as [Pair, Pair, Pair, Pair];
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          e.fill(v[side], 0);
          for (let step = 1; step <= 3; step++) {
            const settings = { ...ADAM_RATES, epsilon: 1e-8, step, share: 1 / step };
            e.scheduleFree(y[side], g[side], z[side], v[side], settings);
          }
        }
        expectClose(y, "y", 1e-5);
        expectClose(z, "z", 1e-5);
        expectClose(v, "v", 1e-5);
      }
    });

    test.each([
      [5, 3, [4, 0]],
      [40, 100, [39, 1, 17, 2]],
      [300, 65, Array.from({ length: 280 }, (_, r) => 299 - r)],
    ])(
      "updates of some rows of (%i, %i): the same bits as of those rows alone, and no others",
      (V, E, some) => {
        const bench = new Bench(engine, 15);
        const rows = engine.ids(some.length);
        idsOf(rows).set(some);
        const sgd = { learningRate: 0.5, momentum: 0.9, weightDecay: 0.01, gradientScale: 0.25 };
        const adam = { ...ADAM_RATES, decoupled: true, epsilon: 1e-8, step: 4 };
        type Tensors = readonly [w: Tensor, g: Tensor, m: Tensor, v: Tensor];
        const updates: ((t: Tensors, all: boolean) => void)[] = [
          ([w, g], all) =>
            all
              ? engine.sgd(w, g, undefined, sgd)
              : engine.sgdRows(w, g, undefined, rows, some.length, E, sgd),
          ([w, g, m], all) =>
            all ? engine.sgd(w, g, m, sgd) : engine.sgdRows(w, g, m, rows, some.length, E, sgd),
          (t, all) => (all ? engine.adam(...t, adam) : engine.adamRows(...t, rows, some.length, E, adam)),
          (t, all) => {
            const belief = { ...adam, belief: true };
            if (all) engine.adam(...t, belief);
            else engine.adamRows(...t, rows, some.length, E, belief);
          },
        ];
        for (const update of updates) {
          const [w, g, m, v] = [0, 1, 2, 3].map(() => bench.tensor(V * E).tested);
          // A second moment is not negative.
          for (const [i, x] of dataOf(v!).entries()) dataOf(v!)[i] = x * x;
          const tensors: Tensors = [w!, g!, m!, v!];
          const before = tensors.map((tensor) => dataOf(tensor).slice());
          const alone = some.map((row): Tensors => {
            const copies = tensors.map((tensor) => {
              const copy = engine.tensor(E);
              engine.copy(tensor.slice(row * E, E), copy);
              return copy;
            });
            return copies as unknown as Tensors;
          });
          for (const row of alone) update(row, true);
          update(tensors, false);
          for (const [i, tensor] of tensors.entries()) {
            for (let row = 0; row < V; row++) {
              const found = dataOf(tensor).subarray(row * E, (row + 1) * E);
              const place = some.indexOf(row);
              const expected =
                place < 0 ? before[i]!.subarray(row * E, (row + 1) * E) : dataOf(alone[place]![i]!);
              expect([...found]).toEqual([...expected]);
            }
          }
        }
      },
    );

    test("a step of dynamic evaluation, on all elements and on some rows", () => {
      const bench = new Bench(engine, 12);
      const settings = { learningRate: 0.3, decay: 0.7, epsilon: 0.01 };
      for (const withRms of [false, true]) {
        for (const length of [1, 35, 20_003]) {
          const [w, g, w0, rms] = [0, 1, 2, 3].map(() => bench.tensor(length)) as [Pair, Pair, Pair, Pair];
          for (const data of [dataOf(rms.tested), dataOf(rms.exact)])
            for (let i = 0; i < length; i++) data[i] = Math.abs(data[i]!);
          for (const [i, e] of engines.entries()) {
            const side = i === 0 ? "tested" : "exact";
            e.dynamicStep(w[side], g[side], w0[side], withRms ? rms[side] : undefined, settings);
          }
          expectClose(w, `w, ${length}, rms ${withRms}`, 1e-5);
          expect(dataOf(g.tested).every((x) => x === 0)).toBe(true);
        }
        const E = 13;
        const [w, g, w0, rms] = [0, 1, 2, 3].map(() => bench.tensor(9 * E)) as [Pair, Pair, Pair, Pair];
        for (const data of [dataOf(rms.tested), dataOf(rms.exact)])
          for (let i = 0; i < data.length; i++) data[i] = Math.abs(data[i]!);
        const before = [...dataOf(w.tested)];
        for (const [i, e] of engines.entries()) {
          const side = i === 0 ? "tested" : "exact";
          const rows = e.ids(4);
          e.writeIds(Int32Array.of(8, 0, 5, 3), rows);
          const scale = withRms ? rms[side] : undefined;
          e.dynamicStepRows(w[side], g[side], w0[side], scale, rows, 3, E, settings);
        }
        expectClose(w, `w, rows, rms ${withRms}`, 1e-5);
        expectClose(g, "g", 1e-6);
        const changed = [...dataOf(w.tested)].map((x, i) => x !== before[i]);
        expect(new Set(changed.flatMap((is, i) => (is ? [Math.floor(i / E)] : [])))).toEqual(
          new Set([0, 5, 8]),
        );
      }
    });

    int8Contract(engine, cellSizes);
  });
}
