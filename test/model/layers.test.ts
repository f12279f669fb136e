/** Layers alone: gradients by the input and through a gradient that arrives at the last state. */
import { describe, expect, test } from "vitest";
import { Random } from "../../src/engine/random.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { GruLayer } from "../../src/layers/gru.js";
import { LstmLayer } from "../../src/layers/lstm.js";
import { MinGruLayer } from "../../src/layers/min-gru.js";
import { MinLstmLayer } from "../../src/layers/min-lstm.js";
import { MogrifierLayer } from "../../src/layers/mogrifier.js";
import { isParameter } from "../../src/layers/layer.js";
import type { LayerState, RecurrentLayer, StateGradient } from "../../src/layers/recurrent.js";
import { RnnLayer } from "../../src/layers/rnn.js";
import { dataOf } from "../engine/tensor-data.js";

const [T, B, I, H] = [3, 2, 4, 5];
const STEP = 1e-5;
const engine = new ReferenceEngine("f64");

const layers: [string, () => RecurrentLayer][] = [
  ["rnn tanh", () => new RnnLayer(engine, 0, I, H, "tanh")],
  ["rnn relu", () => new RnnLayer(engine, 0, I, H, "relu")],
  ["lstm", () => new LstmLayer(engine, 0, I, H)],
  ["lstm, capped", () => new LstmLayer(engine, 0, I, H, "float", "capped")],
  ["mogrifier", () => new MogrifierLayer(engine, 0, I, H, { rounds: 5, rank: 0 })],
  ["mogrifier of rank 2", () => new MogrifierLayer(engine, 0, I, H, { rounds: 2, rank: 2 })],
  ["gru", () => new GruLayer(engine, 0, I, H)],
  ["minlstm", () => new MinLstmLayer(engine, 0, I, H)],
  ["mingru", () => new MinGruLayer(engine, 0, I, H)],
];

describe.each(layers)("%s", (name, make) => {
  const random = new Random(9);
  const layer = make();
  for (const p of layer.weights.filter(isParameter))
    for (let i = 0; i < p.value.length; i++) dataOf(p.value)[i] = random.normal() * 0.4;
  const drawn = (n: number) => Float64Array.from({ length: n }, () => random.normal());
  const x = drawn(T * B * I);
  const dY = drawn(T * B * H);
  const last = { h: drawn(B * H), c: drawn(B * H) };
  const start = { h: drawn(B * H), c: drawn(B * H) };
  const lstm = /^lstm|^mogrifier/.test(name);

  const tensorOf = (values: ArrayLike<number>) => {
    const tensor = engine.tensor(values.length);
    tensor.data.set(values);
    return tensor;
  };

  /** L = Σ dY ⊙ Y + Σ last ⊙ state_T: its gradients are what `backward` returns. */
  function objective(): number {
    const state: LayerState = lstm
      ? { h: tensorOf(start.h), c: tensorOf(start.c) }
      : { h: tensorOf(start.h) };
    const y = dataOf(layer.forward(tensorOf(x), T, B, state, { train: true }));
    const h = dataOf(state.h);
    const c = state.c && dataOf(state.c);
    let sum = 0;
    for (let i = 0; i < y.length; i++) sum += y[i]! * dY[i]!;
    for (let i = 0; i < B * H; i++) sum += h[i]! * last.h[i]! + (c ? c[i]! * last.c[i]! : 0);
    return sum;
  }

  function expectGradient(values: Float64Array, gradient: ArrayLike<number>, label: string): void {
    for (let i = 0; i < values.length; i++) {
      const kept = values[i]!;
      values[i] = kept + STEP;
      const up = objective();
      values[i] = kept - STEP;
      const down = objective();
      values[i] = kept;
      const numeric = (up - down) / (2 * STEP);
      const error = Math.abs(gradient[i]! - numeric) / Math.max(Math.abs(numeric), 1e-2);
      expect(error, `${label}[${i}]`).toBeLessThan(1e-6);
    }
  }

  test("input, initial state and the last state's gradient", () => {
    objective();
    const dX = engine.tensor(T * B * I);
    const gradient: StateGradient = layer.backward(tensorOf(dY), dX, {
      h: tensorOf(last.h),
      ...(lstm && { c: tensorOf(last.c) }),
    });
    const byH = dataOf(gradient.h).slice();
    const byC = gradient.c && dataOf(gradient.c).slice();
    expectGradient(x, dX.data.slice(), "x");
    expectGradient(start.h, byH, "h");
    if (lstm) expectGradient(start.c, byC!, "c");
  });
});
