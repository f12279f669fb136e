/** What may be set of initial weights, and that all else is drawn as without it. */
import { describe, expect, test } from "vitest";
import { train } from "../../src/apps/train.js";
import { CELL_TABLE, CELLS, cellsWithForgetGate } from "../../src/cells.js";
import { ReferenceEngine } from "../../src/engine/reference.js";
import { type ModelConfigInput, modelConfig } from "../../src/model/config.js";
import { emptyModel } from "../../src/model/create-model.js";
import { type Initial, initialise } from "../../src/model/initialise.js";
import type { TrainEvent } from "../../src/train/events.js";
import { dataOf } from "../engine/tensor-data.js";
import { toyText } from "../train/toy-text.js";

const H = 3;
const COUNTS = [9, 0, 4, 3, 1, 0];
const V = COUNTS.length;

/** The weights by name. */
function weights(input: Partial<ModelConfigInput>, initial?: Initial): Map<string, readonly number[]> {
  const config = modelConfig({ vocabulary: V, hidden: H, layers: 2, ...input });
  const model = emptyModel(new ReferenceEngine("f64"), config);
  initialise(model, 3, initial);
  return new Map(model.parameters.map(({ name, value }) => [name, [...dataOf(value)]]));
}

describe.each(CELLS)("%s", (cell) => {
  const { forgetGate, readsState } = CELL_TABLE[cell];

  test("a forget bias is that of its forget gate, and nothing else", () => {
    const [usual, changed] = [weights({ cell }), weights({ cell }, { forgetBias: 2.5 })];
    const isForget = (i: number): boolean => Math.floor(i / H) === forgetGate;
    for (const [name, values] of usual)
      for (const [i, value] of values.entries()) {
        const forgets = /bias_[ih]h_l/.test(name) && isForget(i);
        const expected = !forgets ? value : name.includes("bias_ih") ? 2.5 : 0;
        expect(changed.get(name)![i], `${name}[${i}]`).toBe(expected);
      }
    if (forgetGate !== undefined)
      expect(usual.get("rnn.bias_ih_l1")).not.toEqual(changed.get("rnn.bias_ih_l1"));
    expect(usual.has("rnn.bias_hh_l0")).toBe(readsState);
  });
});

test("only cells with a forget gate take one", async () => {
  const without = CELLS.find((cell) => !cellsWithForgetGate().includes(cell))!;
  await expect(train({ text: toyText(20), cell: without, forgetBias: 2 })).rejects.toThrow(
    /forgetBias belongs to cell: lstm.*; leave it out or choose/,
  );
});

describe("biases of the tokens by how often they occur", () => {
  test.each([
    [{}, "decoder.bias", [10, 1, 5, 4, 2, 1]],
    [{ tie: true, embedding: 2 }, "decoder.bias", [10, 1, 5, 4, 2, 1]],
    [{ mixture: { components: 2 } }, "decoder.bias", [10, 1, 5, 4, 2, 1]],
    // The head's tokens, then both clusters.
    [{ adaptive: { cutoffs: [2, 5], divisor: 2 } }, "decoder.head.bias", [10, 1, 11, 1]],
  ] as const)("%j", (input, name, expected) => {
    const usual = weights(input as Partial<ModelConfigInput>);
    const changed = weights(input as Partial<ModelConfigInput>, { unigram: COUNTS });
    expect(usual.get(name)!.every((bias) => bias === 0)).toBe(true);
    const total = expected.reduce<number>((a, b) => a + b, 0);
    for (const [i, bias] of changed.get(name)!.entries())
      expect(Math.exp(bias) * total).toBeCloseTo(expected[i]!, 10);
    for (const other of [usual, changed]) other.delete(name);
    expect(changed).toEqual(usual);
  });

  test.each(["full", "sampled", "adaptive"] as const)(
    "%s: a run begins at the unigram's loss",
    async (softmax) => {
      const first = async (unigramBias: boolean): Promise<number> => {
        let loss = Number.NaN;
        const onEvent = (event: TrainEvent): void => {
          if (event.type === "step") loss = event.loss;
        };
        const sizes = { hidden: 4, batchSize: 4, seqLen: 40, steps: 1, samples: 8 };
        const { samples, ...plain } = sizes;
        const options = softmax === "sampled" ? { ...plain, samples } : plain;
        await train({ text: toyText(200), tokenizer: "word", softmax, unigramBias, ...options, onEvent });
        return loss;
      };
      const [zero, unigram] = [await first(false), await first(true)];
      expect(unigram).toBeLessThan(zero - 0.1);
    },
  );
});
