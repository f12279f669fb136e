/** No position sees its future, and a window read at once says what its tokens say one by one, for every cell. */
import { describe, expect, test } from "vitest";
import { nativeEngine } from "../../src/engine/native-loader.js";
import { Random } from "../../src/engine/random.js";
import { CELLS, modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { dataOf } from "../engine/tensor-data.js";

const [T, B, V] = [90, 2, 23];
const engine = nativeEngine(2);

describe.each(CELLS)("%s", (cell) => {
  const config = modelConfig({ vocabulary: V, cell, layers: 2, hidden: 37, embedding: 19 });
  const model = createModel(engine, config, 4);
  for (const { value } of model.parameters) for (let i = 0; i < value.length; i++) dataOf(value)[i]! *= 3;
  model.weightsChanged();
  const random = new Random(8);
  const ids = () => new Int32Array(T * B).map(() => random.below(V));
  const [inputs, targets] = [ids(), ids()];

  /** ln p of every target, and the state after the window. */
  function read(window: Int32Array) {
    const state = model.zeroState(B);
    const logs = new Float32Array(T * B);
    model.evaluate({ T, B, inputs: window, targets }, state, logs);
    return { logs, state };
  }

  test("another token at time t changes no prediction before t, and those from t on", () => {
    const { logs } = read(inputs);
    for (const t of [0, 1, 40, T - 1]) {
      const changed = inputs.slice();
      changed[t * B] = (changed[t * B]! + 1) % V;
      const other = read(changed).logs;
      expect(other.subarray(0, t * B)).toEqual(logs.subarray(0, t * B));
      expect(other[t * B]).not.toBe(logs[t * B]);
      // Sequences of a batch do not meet.
      for (let n = 1; n < T * B; n += B) expect(other[n]).toBe(logs[n]);
    }
  });

  test("the window at once = token by token", () => {
    const { logs, state } = read(inputs);
    const stepped = model.zeroState(B);
    for (let t = 0; t < T; t++) {
      const logits = model.logits(inputs.slice(t * B, (t + 1) * B), stepped);
      for (let b = 0; b < B; b++) {
        const row = [...logits.subarray(b * V, (b + 1) * V)];
        const sum = row.reduce((total, l) => total + Math.exp(l), 0);
        expect(row[targets[t * B + b]!]! - Math.log(sum)).toBeCloseTo(logs[t * B + b]!, 4);
      }
    }
    for (const [l, { h }] of state.layers.entries())
      for (const [i, x] of dataOf(h).entries()) expect(dataOf(stepped.layers[l]!.h)[i]).toBeCloseTo(x, 5);
  });
});
