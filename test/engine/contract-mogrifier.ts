/** The contract: the Mogrifier LSTM, and the capped input gate that it shares with the LSTM. */
import { describe, expect, test } from "vitest";
import type { Engine, InputGate, Mogrifier, PackedMatrix } from "../../src/engine/engine.js";
import { Bench, INT8_TOLERANCE, type Pair, exact, expectClose, int8 } from "./contract-bench.js";
import { dataOf } from "./tensor-data.js";

/** T, B, I, H, r, k (0: full rank) */
const SIZES = [
  [1, 1, 1, 1, 1, 0],
  [3, 1, 5, 8, 1, 3],
  [2, 2, 8, 3, 2, 0],
  [3, 7, 33, 17, 5, 4],
  [4, 13, 21, 40, 3, 0],
  [2, 4, 20, 70, 2, 9],
  [2, 30, 9, 12, 5, 0],
  [2, 1, 4, 3, 16, 40],
  // One row, so wide that threads share the columns of each product.
  [1, 1, 40, 400, 2, 0],
] as const;

type Sizes = (typeof SIZES)[number];
type Side = keyof Pair;
const SIDES = ["tested", "exact"] as const;

/** Operands of one window in both engines. */
class Window {
  readonly sizes: Sizes;
  readonly bench: Bench;
  readonly inputGate: InputGate;
  readonly wIh: Pair;
  readonly wHh: Pair;
  readonly bias: Pair;
  readonly x: Pair;
  readonly gates: Pair;
  readonly hs: Pair;
  readonly cs: Pair;
  readonly rounds: readonly {
    readonly matrices: readonly (readonly [w: Pair, n: number, m: number])[];
    readonly bias: Pair;
    readonly gate: Pair;
    readonly y: Pair;
    readonly low?: Pair;
    readonly dLow?: Pair;
  }[];

  constructor(bench: Bench, sizes: Sizes, inputGate: InputGate) {
    const [T, B, I, H, r, k] = sizes;
    const N = T * B;
    this.bench = bench;
    this.sizes = sizes;
    this.inputGate = inputGate;
    this.wIh = bench.tensor(4 * H * I, 1 / Math.sqrt(I));
    this.wHh = bench.tensor(4 * H * H, 1 / Math.sqrt(H));
    this.bias = bench.tensor(4 * H);
    this.x = bench.tensor(N * I);
    this.gates = bench.tensor(N * 4 * H);
    this.hs = bench.tensor((T + 1) * B * H);
    this.cs = bench.tensor((T + 1) * B * H);
    this.rounds = Array.from({ length: r }, (_, i) => {
      const [n, m] = i % 2 === 0 ? [I, H] : [H, I];
      const matrix = (rows: number, columns: number) =>
        [bench.tensor(rows * columns, 1 / Math.sqrt(columns)), rows, columns] as const;
      return {
        matrices: k === 0 ? [matrix(n, m)] : [matrix(k, m), matrix(n, k)],
        bias: bench.tensor(n),
        gate: bench.tensor(N * n),
        y: bench.tensor(N * n),
        ...(k > 0 && { low: bench.tensor(N * k), dLow: bench.tensor(N * k) }),
      };
    });
  }

  get shape() {
    const [T, B, , H] = this.sizes;
    return { T, B, H };
  }

  mogrifier(side: Side, engine: Engine, backward: boolean, packed?: readonly PackedMatrix[][]): Mogrifier {
    const rounds = this.rounds.map(({ matrices, bias, gate, y, low, dLow }, i) => ({
      weights:
        packed?.[i] ??
        (backward ? matrices.toReversed() : matrices).map(([w, n, m]) => {
          const p = backward ? engine.packed(n, m) : engine.packed(m, n);
          engine.pack(w[side], p, !backward);
          return p;
        }),
      bias: bias[side],
      gate: gate[side],
      y: y[side],
      low: (backward ? dLow : low)?.[side],
    }));
    return { I: this.sizes[2], inputGate: this.inputGate, rounds, x: this.x[side] };
  }

  /** W (n, k) for the products of one direction. */
  packed(engine: Engine, w: Pair, side: Side, n: number, k: number, backward: boolean): PackedMatrix {
    const p = backward ? engine.packed(n, k) : engine.packed(k, n);
    engine.pack(w[side], p, !backward);
    return p;
  }

  forward(engine: Engine, side: Side): void {
    const [, , I, H] = this.sizes;
    const wIh = this.packed(engine, this.wIh, side, 4 * H, I, false);
    const wHh = this.packed(engine, this.wHh, side, 4 * H, H, false);
    const states = [this.gates[side], this.hs[side], this.cs[side]] as const;
    const mogrifier = this.mogrifier(side, engine, false);
    engine.mogrifierForward(this.shape, mogrifier, wIh, wHh, this.bias[side], ...states);
  }

  expectClose(results: Record<string, Pair>, tolerance?: number): void {
    for (const [what, pair] of Object.entries(results))
      expectClose(pair, `${what} ${this.sizes.join(" ")} ${this.inputGate}`, tolerance);
  }

  /** What the rounds hold, by name. */
  roundPairs(backward: boolean): Record<string, Pair> {
    const named = this.rounds.flatMap(({ gate, y, low, dLow }, i) => [
      [`${backward ? "da" : "s"} of round ${i + 1}`, gate] as const,
      ...(backward ? [] : [[`y of round ${i + 1}`, y] as const]),
      ...(low ? [[`low of round ${i + 1}`, backward ? dLow! : low] as const] : []),
    ]);
    return Object.fromEntries(named);
  }
}

export function mogrifierContract(engine: Engine): void {
  const engines = [engine, exact] as const;

  test.each(["free", "capped"] satisfies InputGate[])("Mogrifier LSTM, %s input gate", (inputGate) => {
    const bench = new Bench(engine, 21);
    for (const sizes of SIZES) {
      const window = new Window(bench, sizes, inputGate);
      const [T, B, I, H] = sizes;
      const { gates, hs, cs } = window;
      for (const [i, e] of engines.entries()) window.forward(e, SIDES[i]!);
      window.expectClose({ gates, hs, cs, ...window.roundPairs(false) });
      const [dY, dX] = [bench.tensor(T * B * H), bench.tensor(T * B * I)];
      const [dH, dC] = [bench.tensor(B * H), bench.tensor(B * H)];
      // A cap has a kink: both sides begin from the same gates, so that the same are held.
      dataOf(gates.exact).set(dataOf(gates.tested));
      if (inputGate === "capped") settle(dataOf(gates.exact), H);
      for (const [i, e] of engines.entries()) {
        const side = SIDES[i]!;
        const wIh = window.packed(e, window.wIh, side, 4 * H, I, true);
        const wHh = window.packed(e, window.wHh, side, 4 * H, H, true);
        const states = [gates[side], hs[side], cs[side]] as const;
        const gradients = [dY[side], dX[side], dH[side], dC[side]] as const;
        const mogrifier = window.mogrifier(side, e, true);
        e.mogrifierBackward(window.shape, mogrifier, wIh, wHh, ...states, ...gradients);
      }
      window.expectClose({ gates, dX, dH, dC, ...window.roundPairs(true) });
    }
  });

  test("LSTM with a capped input gate", () => {
    const bench = new Bench(engine, 22);
    for (const [T, B, H] of [
      [1, 1, 1],
      [4, 3, 17],
      [3, 7, 33],
      [2, 4, 100],
    ] as const) {
      const w = bench.tensor(4 * H * H, 1 / Math.sqrt(H));
      const gates = bench.tensor(T * B * 4 * H, 2);
      const [hs, cs] = [bench.tensor((T + 1) * B * H), bench.tensor((T + 1) * B * H)];
      const dY = bench.tensor(T * B * H);
      const [dH, dC] = [bench.tensor(B * H), bench.tensor(B * H)];
      for (const [i, e] of engines.entries()) {
        const side = SIDES[i]!;
        const forward = e.packed(H, 4 * H);
        e.pack(w[side], forward, true);
        e.lstmForward({ T, B, H }, forward, gates[side], hs[side], cs[side], "capped");
      }
      for (const [what, pair] of Object.entries({ gates, hs, cs }))
        expectClose(pair, `${what} ${T} ${B} ${H}`);
      const values = dataOf(gates.tested);
      let held = 0;
      for (let row = 0; row < T * B; row++)
        for (let j = row * 4 * H; j < row * 4 * H + H; j++) {
          expect(values[j]! + values[j + H]!).toBeLessThan(1 + 1e-6);
          if (Math.fround(1 - values[j + H]!) === values[j]) held++;
        }
      // The cap has held at some places, and not at others.
      if (H > 1) expect(held / (T * B * H)).toBeGreaterThan(0.3);
      if (H > 1) expect(held / (T * B * H)).toBeLessThan(0.7);
      dataOf(gates.exact).set(values);
      settle(dataOf(gates.exact), H);
      for (const [i, e] of engines.entries()) {
        const side = SIDES[i]!;
        const backward = e.packed(4 * H, H);
        e.pack(w[side], backward, false);
        e.lstmBackward({ T, B, H }, backward, gates[side], cs[side], dY[side], dH[side], dC[side], "capped");
      }
      for (const [what, pair] of Object.entries({ gates, dH, dC }))
        expectClose(pair, `d${what} ${T} ${B} ${H}`);
    }
  });

  describe("int8 weights", () => {
    test("Mogrifier LSTM forward", () => {
      const bench = new Bench(engine, 23);
      for (const sizes of SIZES) {
        const window = new Window(bench, sizes, "free");
        const [, , I, H] = sizes;
        const [wIh, wHh] = [int8(bench, I, 4 * H), int8(bench, H, 4 * H)];
        const rounds = window.rounds.map(({ matrices }) => matrices.map(([, n, m]) => int8(bench, m, n)));
        const { gates, hs, cs, bias } = window;
        for (const [i, e] of engines.entries()) {
          const side = SIDES[i]!;
          const packed = rounds.map((both) => both.map((pair) => pair[i]!));
          const mogrifier = window.mogrifier(side, e, false, packed);
          const states = [gates[side], hs[side], cs[side]] as const;
          e.mogrifierForward(window.shape, mogrifier, wIh[i]!, wHh[i]!, bias[side], ...states);
        }
        // Each round rounds its rows anew.
        window.expectClose({ gates, hs, cs }, 4 * INT8_TOLERANCE);
      }
    });
  });
}

/**
 * Where float32 says i = 1 − f, float64 has to see it too: the input gates (rows of 4H) that are held by the cap become
 * exactly 1 − f.
 */
function settle(gates: { [i: number]: number; readonly length: number }, H: number): void {
  for (let row = 0; row < gates.length; row += 4 * H)
    for (let j = row; j < row + H; j++)
      if (gates[j] === Math.fround(1 - gates[j + H]!)) gates[j] = 1 - gates[j + H]!;
}
