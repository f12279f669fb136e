/** Gates, and how far a model remembers: against token by token, and of models of which it is known. */
import { describe, expect, test } from "vitest";
import { type Cell, CELLS } from "../../src/cells.js";
import { Random } from "../../src/engine/random.js";
import { CELL_GATES } from "../../src/look/gates/gate-names.js";
import { gates } from "../../src/look/gates/gates.js";
import type { LookText } from "../../src/look/look-text.js";
import { inputGradients } from "../../src/look/memory/input-gradients.js";
import { memory } from "../../src/look/memory/memory.js";
import { passages, shuffledBefore } from "../../src/look/memory/other-tokens.js";
import { drawPlaces } from "../../src/look/memory/places.js";
import { Adam } from "../../src/optim/adam.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { modelConfig } from "../../src/model/config.js";
import { createModel } from "../../src/model/create-model.js";
import { change, lossAfter, smallModel } from "./small-model.js";

const V = 30;

function madeText(tokens: number, starts = [0]): LookText {
  const random = new Random(3);
  const ids = Int32Array.from({ length: tokens }, () => Math.floor(random.next() * V));
  return { ids, pieces: Array.from(ids, String), starts, beginning: undefined };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("gates", () => {
  // With weights of zero every gate is σ of its bias.
  const BIAS = [-3, 0.5, 1.2, 2.5] as const;
  test.each<[Cell, Record<string, number>, number]>([
    ["lstm", { input: BIAS[0], forget: BIAS[1], output: BIAS[3] }, sigmoid(BIAS[1])],
    ["mogrifier", { input: BIAS[0], forget: BIAS[1], output: BIAS[3] }, sigmoid(BIAS[1])],
    ["gru", { reset: BIAS[0], update: BIAS[1] }, sigmoid(BIAS[1])],
    [
      "minlstm",
      { forget: BIAS[0], input: BIAS[1] },
      sigmoid(BIAS[0]) / (sigmoid(BIAS[0]) + sigmoid(BIAS[1])),
    ],
    ["mingru", { update: BIAS[0] }, 1 - sigmoid(BIAS[0])],
  ])("of %s, whose biases are known", async (cell, wanted, kept) => {
    const model = smallModel(V, { cell });
    change(model, /^rnn\./, () => 0);
    change(model, /^rnn\.bias_ih/, (_, i, count) => BIAS[Math.floor((i * CELL_BLOCKS[cell]!) / count)]!);
    const found = await gates(model, madeText(300));
    for (const layer of found.layers) {
      expect(Object.fromEntries(layer.gates.map(({ name }) => [name, true]))).toEqual(
        Object.fromEntries(Object.keys(wanted).map((name) => [name, true])),
      );
      for (const { name, mean, histogram, shut, open, alwaysShut, alwaysOpen } of layer.gates) {
        const value = sigmoid(wanted[name]!);
        expect(mean).toBeCloseTo(value, 9);
        expect(histogram[Math.floor(value * 20)]).toBeCloseTo(1, 12);
        expect([shut, open]).toEqual([value < 0.1 ? 1 : 0, value > 0.9 ? 1 : 0]);
        expect([alwaysShut.length, alwaysOpen.length]).toEqual([value < 0.1 ? 6 : 0, value > 0.9 ? 6 : 0]);
      }
      for (const time of layer.timeConstants) expect(time).toBeCloseTo(-1 / Math.log(kept), 7);
    }
  });

  test("every cell is there; one without gates is told to have none", async () => {
    expect(Object.keys(CELL_GATES).toSorted()).toEqual([...CELLS].toSorted());
    await expect(gates(smallModel(V, { cell: "rnn" }), madeText(50))).rejects.toThrow(
      /rnn has no gates to look at/,
    );
  });

  test("a unit that nothing moves is dead", async () => {
    const model = smallModel(V, { layers: 1 });
    const H = 6;
    // Unit 2 of each gate: its rows of weights and biases.
    const own = (i: number, count: number): boolean => Math.floor((i * 4 * H) / count) % H === 2;
    change(model, /^rnn\./, (x, i, count) => (own(i, count) ? 0 : x));
    expect((await gates(model, madeText(200))).layers[0]!.dead).toEqual([2]);
  });
});

/** Each token is with a probability of 0.9 that which stood three before it. */
function copying(count: number, S: number, random: Random): Int32Array {
  const ids = new Int32Array(count);
  for (let t = 0; t < count; t++)
    ids[t] = t < 3 || random.next() < 0.1 ? Math.floor(random.next() * S) : ids[t - 3]!;
  return ids;
}

const CELL_BLOCKS: Partial<Record<Cell, number>> = { lstm: 4, mogrifier: 4, gru: 3, minlstm: 3, mingru: 2 };

describe("memory", () => {
  test.each(["lstm", "mingru"] as const)("every figure as token by token: %s", async (cell) => {
    const model = smallModel(V, { cell });
    const text = madeText(90);
    const found = await memory(model, text);
    const { places, contexts } = drawPlaces(text, 128, 1);
    expect(contexts).toEqual([1, 2, 3, 5, 8, 13, 21, 34, 55]);
    const loss = (place: number, context: number) =>
      lossAfter(model, text.ids.subarray(place - context, place + 1));
    const mean = (of: (place: number) => number): number =>
      places.reduce((sum, place) => sum + of(place), 0) / places.length;
    expect(found.full.mean).toBeCloseTo(
      mean((place) => loss(place, 55)),
      9,
    );
    for (const { context, mean: lost } of found.truncated)
      expect(lost).toBeCloseTo(
        mean((place) => loss(place, context) - loss(place, 55)),
        9,
      );
    for (const { layer, forgotten } of found.layers)
      for (const { context, mean: lost } of forgotten)
        expect(lost).toBeCloseTo(
          mean((place) => {
            const state = model.zeroState(1);
            for (const id of text.ids.subarray(place - 55, place - context))
              model.logits(Int32Array.of(id), state);
            const { h, c } = state.layers[layer]!;
            for (const part of c ? [h, c] : [h]) model.engine.fill(part, 0);
            return lossAfter(model, text.ids.subarray(place - context, place + 1), state) - loss(place, 55);
          }),
          9,
        );
    const rows = places.map((place) => text.ids.subarray(place - 55, place + 1));
    const meanOf = (changed: readonly Int32Array[]): number =>
      changed.reduce((sum, row, n) => sum + lossAfter(model, row) - lossAfter(model, rows[n]!), 0) /
      rows.length;
    const random = new Random(2);
    for (const { context, mean: lost } of found.shuffled)
      expect(lost).toBeCloseTo(meanOf(rows.map((row) => shuffledBefore(row, context, random))), 9);
    const others = passages(text.ids, 55, rows.length, new Random(3));
    for (const { context, mean: lost } of found.replaced)
      expect(lost).toBeCloseTo(
        meanOf(
          rows.map((row, n) => {
            const changed = row.slice();
            changed.set(others[n]!.subarray(0, 55 - context));
            return changed;
          }),
        ),
        9,
      );
    expect(await memory(model, text)).toEqual(found);
    expect((await memory(model, text, { seed: 2 })).shuffled).not.toEqual(found.shuffled);
  });

  test("shuffling leaves the last tokens and the target, and loses none of the others", () => {
    const row = Int32Array.from({ length: 41 }, (_, i) => i);
    const changed = shuffledBefore(row, 10, new Random(1));
    expect(changed.subarray(30)).toEqual(row.subarray(30));
    expect(changed.toSorted()).toEqual(row);
    expect(changed.subarray(0, 30)).not.toEqual(row.subarray(0, 30));
  });

  test("progress never falls and ends with all of it; a signal ends the work in each of its parts", async () => {
    const model = smallModel(V);
    const text = madeText(90);
    const seen: number[] = [];
    await memory(model, text, { onProgress: (done, of) => seen.push(done / of) });
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
    expect(seen.at(-1)).toBe(1);
    for (const part of [0.1, 0.5, 0.95]) {
      const ending = new AbortController();
      const work = memory(model, text, {
        signal: ending.signal,
        onProgress: (done, of) => {
          if (done / of > part) ending.abort(new Error("enough"));
        },
      });
      await expect(work).rejects.toThrow("enough");
    }
  });

  // The block of the bias that shuts what is kept: f of i f g o, z of r z n (n reads h by r), f of f i h̃, z of z h̃.
  test.each<[Cell, number, number]>([
    ["lstm", 1, -1e4],
    ["gru", 1, -1e4],
    ["minlstm", 0, -1e4],
    ["mingru", 0, 1e4],
  ])(
    "a %s that keeps nothing remembers one token: nothing further back changes anything",
    async (...given) => {
      const [cell, shut, bias] = given;
      const model = smallModel(V, { cell });
      change(model, /bias_ih/, (x, i, count) =>
        Math.floor((i * CELL_BLOCKS[cell]!) / count) === shut ? bias : x,
      );
      change(model, /weight_hh/, () => 0);
      const found = await memory(model, madeText(200));
      for (const { mean } of [
        ...found.truncated,
        ...found.shuffled,
        ...found.replaced,
        ...found.layers.flatMap(({ forgotten }) => forgotten),
      ])
        expect(Math.abs(mean)).toBeLessThan(1e-9);
      expect(found.gradients![0]!.mean).toBeGreaterThan(1e-3);
      for (const { mean } of found.gradients!.slice(1)) expect(mean).toBeLessThan(1e-9);
    },
  );

  test("a model that copies what stood three tokens before loses it with fewer: the half-life says so", async () => {
    // The hidden state of an Elman network as a shift register of one-hot tokens, by hand: h = [x_t, x_{t−1}, x_{t−2}].
    const S = 4;
    const model = smallModel(S, {
      cell: "rnn",
      nonlinearity: "relu",
      layers: 1,
      embedding: S,
      hidden: 3 * S,
    });
    const H = 3 * S;
    change(model, /embedding/, (_, i) => (i % (S + 1) === 0 ? 1 : 0));
    change(model, /weight_ih/, (_, i) => (Math.floor(i / S) === i % S ? 1 : 0));
    change(model, /weight_hh/, (_, i) => (Math.floor(i / H) === (i % H) + S ? 1 : 0));
    change(model, /bias/, () => 0);
    change(model, /decoder\.weight/, (_, i) => (Math.floor(i / H) + 2 * S === i % H ? 30 : 0));
    const random = new Random(5);
    const ids = new Int32Array(300);
    for (let t = 0; t < 300; t++) ids[t] = t < 3 ? Math.floor(random.next() * S) : ids[t - 3]!;
    const found = await memory(model, {
      ids,
      pieces: Array.from(ids, String),
      starts: [0],
      beginning: undefined,
    });
    expect(
      found.truncated.map(({ context, mean }) => [context, Math.round(mean * 100) / 100]).slice(0, 4),
    ).toEqual([
      [1, 1.39],
      [2, 1.39],
      [3, 0],
      [5, 0],
    ]);
    expect(found.halfLife).toBeGreaterThan(2);
    expect(found.halfLife).toBeLessThan(3);
    const lost = (context: number) => found.shuffled.find((one) => one.context === context)!.mean;
    expect(lost(2)).toBeGreaterThan(1);
    expect(lost(3)).toBeLessThan(1e-9);
  });

  test.each(["lstm", "gru"] as const)(
    "a %s learned to copy what stood three tokens before: so far it remembers",
    async (cell) => {
      const S = 4;
      const model = createModel(
        new ReferenceEngine("f64"),
        modelConfig({ cell, vocabulary: S, embedding: 8, hidden: 12, layers: 1 }),
        1,
      );
      const adam = new Adam(model.engine, model.parameters, { name: "adam", momentum: 0, weightDecay: 0 });
      const random = new Random(4);
      const [T, B] = [12, 16];
      for (let step = 0; step < 150; step++) {
        const rows = Array.from({ length: B }, () => copying(T + 1, S, random));
        const inputs = new Int32Array(T * B);
        const targets = new Int32Array(T * B);
        for (let t = 0; t < T; t++)
          for (let b = 0; b < B; b++) {
            inputs[t * B + b] = rows[b]![t]!;
            targets[t * B + b] = rows[b]![t + 1]!;
          }
        model.train({ T, B, inputs, targets }, model.zeroState(B), {}, model.engine.sums());
        adam.step(0.02, 1);
        model.weightsChanged();
      }
      const ids = copying(400, S, random);
      const found = await memory(model, {
        ids,
        pieces: Array.from(ids, String),
        starts: [0],
        beginning: undefined,
      });
      const lost = (context: number): number =>
        found.truncated.find((one) => one.context === context)?.mean ?? 0;
      expect(lost(1)).toBeGreaterThan(0.5);
      expect(lost(2)).toBeGreaterThan(0.5);
      expect(Math.abs(lost(3))).toBeLessThan(0.2 * lost(2));
      expect(found.halfLife).toBeGreaterThan(2);
      expect(found.halfLife).toBeLessThan(3);
    },
  );

  test.each(CELLS)("the gradient by what was read, against central differences: %s", async (cell) => {
    const model = smallModel(V, { cell, tie: false });
    const rows = [Int32Array.of(3, 7, 11, 2, 9, 4), Int32Array.of(8, 1, 5, 6, 0, 10)];
    const found = await inputGradients(model, rows);
    const E = model.config.embedding;
    const step = 1e-5;
    for (const [i, { mean }] of found.entries()) {
      const norms = rows.map((row) => {
        const token = row[row.length - 2 - i]!;
        let squares = 0;
        for (let e = 0; e < E; e++) {
          const at = (by: number): number => {
            change(model, /embedding/, (x, j) => (j === token * E + e ? x + by : x));
            const loss = lossAfter(model, row);
            change(model, /embedding/, (x, j) => (j === token * E + e ? x - by : x));
            return loss;
          };
          squares += ((at(step) - at(-step)) / (2 * step)) ** 2;
        }
        return Math.sqrt(squares);
      });
      expect(mean).toBeCloseTo((norms[0]! + norms[1]!) / 2, 6);
    }
  });

  test("places are within their line, and a text without enough of them is refused", () => {
    const starts = Array.from({ length: 40 }, (_, n) => n * 4);
    const { places, contexts } = drawPlaces(madeText(160, starts), 192, 1);
    expect(contexts).toEqual([1, 2, 3]);
    expect(places.every((place) => place % 4 === 3)).toBe(true);
    expect(() => drawPlaces(madeText(20), 192, 1)).toThrow(/at least 24 places with 2 tokens before them/);
  });
});
